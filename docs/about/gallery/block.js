// A block of numbers, and the cells that a normalization averages over.
export const parts = ["block"];
export default function (root, record, kit) {
  const over = { batch: ["N", "S"], layer: ["C", "S"], instance: ["S"] };
  const state = kit.state({
    example: kit.number(0, { min: 0, max: 3, step: 1 }), channel: kit.number(3, { min: 0, max: 5, step: 1 }), pixel: kit.number(0, { min: 0, max: 8, step: 1 }),
    layer: kit.choice("batch", Object.keys(over)),
  });
  const block = kit.block({
    label: "Activations", select: ["example", "channel", "pixel"],
    axes: [{ key: "N", name: "example", size: 4 }, { key: "C", name: "channel", size: 6 }, { key: "S", name: "pixel", size: 9 }],
  });
  const cells = kit.readout({ label: "Cells in the average" });
  kit.choices("layer", { label: "Normalization" });
  kit.draw(() => cells.set(block.over(over[state.layer])));
}
