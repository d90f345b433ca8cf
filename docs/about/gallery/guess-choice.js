// A choice to make before the answer.
export const parts = ["guess"];
export default function (root, record, kit) {
  kit.state({ winner: kit.choice("sgd", ["sgd", "momentum", "adam"]), winnerShown: kit.commitment() });
  kit.guess("winnerShown", {
    of: "winner", question: "Which reaches the goal in the fewest steps?", answer: () => "momentum", label: "Method",
    names: { sgd: "SGD", momentum: "Momentum", adam: "Adam" },
  });
  kit.reset();
}
