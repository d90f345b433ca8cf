// Logits to drag, and the probabilities that follow, beside a reference.
export const parts = ["bars"];
export default function (root, record, kit) {
  const names = ["cat", "dog", "fox"];
  const state = kit.state({ logits: kit.numbers([1, 2.5, -0.5], { min: -4, max: 4, step: 0.1 }) });
  kit.bars({ alt: "Logits", label: "Logits (drag)", names, state: "logits", color: "ink", format: ".1f" });
  const output = kit.bars({ alt: "Probabilities", label: "Probabilities", names, color: "blue", reference: "equal logits" });
  const { softmax, fromRows } = kit.numeric;
  kit.draw(() => output.set([...softmax(fromRows([state.logits])).data], { reference: [1 / 3, 1 / 3, 1 / 3] }));
}
