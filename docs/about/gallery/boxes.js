// Two boxes over an image, and how much they overlap.
export const parts = ["boxes", "numeric-boxes"];
export default function (root, record, kit) {
  const range = { min: 0, max: 64, step: 0.5 };
  const state = kit.state({ truth: kit.numbers([10, 12, 40, 44], range), predicted: kit.numbers([18, 8, 52, 38], range) });
  const scene = kit.boxes({
    label: "A scene with two boxes", width: 64, height: 48,
    boxes: [{ state: "truth", label: "Truth", color: "good" }, { state: "predicted", label: "Prediction", color: "orange", dash: "6 3" }],
  });
  const overlap = kit.readout({ label: "IoU", format: ".3f" });
  scene.set(Array.from({ length: 48 }, (_, y) => Array.from({ length: 64 }, (_, x) => (Math.hypot(x - 26, y - 27) < 14 ? 0.75 : 0.1))));
  kit.draw(() => overlap.set(kit.numeric.iou(state.truth, state.predicted)));
}
