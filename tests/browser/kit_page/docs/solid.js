// Two boxes with their overlap, and the cells that a normalization averages over.
export const parts = ["boxes", "block", "numeric-boxes"];

const OVER = { batch: ["N", "S"], layer: ["C", "S"], instance: ["S"], group: ["S"] };

export default function (root, record, kit) {
  const range = { min: 0, max: 64, step: 0.5 };
  const state = kit.state({
    truth: kit.numbers([10, 12, 40, 44], range),
    guess: kit.numbers([18, 8, 52, 38], range),
    n: kit.number(0, { min: 0, max: 3, step: 1 }),
    c: kit.number(3, { min: 0, max: 5, step: 1 }),
    s: kit.number(0, { min: 0, max: 8, step: 1 }),
    layer: kit.choice("batch", Object.keys(OVER)),
    groups: kit.number(2, { min: 1, max: 6, step: 1 }),
  });
  const scene = kit.boxes({
    label: "A scene with two boxes", width: 64, height: 48,
    boxes: [{ state: "truth", label: "Truth", color: "good" }, { state: "guess", label: "Prediction", color: "orange", dash: "6 3" }],
  });
  const overlap = kit.readout({ label: "IoU", format: ".3f" });
  const block = kit.block({
    label: "Activations", select: ["n", "c", "s"],
    axes: [{ key: "N", name: "example", size: 4 }, { key: "C", name: "channel", size: 6 }, { key: "S", name: "pixel", size: 9 }],
  });
  const four = kit.block({ label: "Four axes", axes: [{ name: "image", size: 3 }, { name: "channel", size: 3 }, { name: "column", size: 4 }, { name: "row", size: 4 }] });
  const lit = kit.readout({ label: "Cells in the average" });
  kit.choices("layer", { label: "Normalization" });
  kit.reset();
  scene.set(Array.from({ length: 48 }, (_, y) => Array.from({ length: 64 }, (_, x) => (Math.hypot(x - 26, y - 27) < 14 ? 0.75 : 0.08 + 0.04 * Math.sin(x / 3)))));
  scene.show([{ box: [4, 30, 16, 44], color: "muted", dash: "2 3", text: "0.31" }]);
  kit.draw(() => {
    overlap.set(kit.numeric.iou(state.truth, state.guess));
    lit.set(block.over(OVER[state.layer], { groups: state.layer === "group" ? { C: state.groups } : {} }));
    four.set((image, channel) => (channel === 1 ? "blue" : null));
  });
}
