// A predicted sequence, right and wrong by token.
export const parts = ["tokens"];
export default function (root, record, kit) {
  const said = kit.tokens({ label: "Predicted", tokens: [] });
  const truth = ["the", "cat", "sat", "on", "the", "mat"];
  const predicted = ["the", "cat", "sat", "in", "a", "mat"];
  kit.draw(() => said.set({ tokens: predicted, right: predicted.map((word, index) => word === truth[index]) }));
}
