// Images in a grid, one of them picked, frames for right and wrong.
export const parts = ["image"];
export default function (root, record, kit) {
  const state = kit.state({ picked: kit.number(2, { min: 0, max: 11, step: 1 }) });
  const grid = kit.images({ label: "Rings", select: "picked" });
  const size = kit.readout({ label: "Radius of the picked ring", format: ".1f" });
  const ring = (radius) => Array.from({ length: 64 }, (_, at) => Math.exp(-((Math.hypot((at % 8) - 3.5, Math.floor(at / 8) - 3.5) - radius) ** 2)));
  const radii = Array.from({ length: 12 }, (_, index) => 0.5 + index / 4);
  kit.draw(() => {
    grid.set(radii.map(ring), { captions: radii.map((radius) => kit.format(radius, ".1f")), frames: radii.map((radius) => (radius < 2.5 ? "good" : "bad")) });
    size.set(radii[state.picked]);
  });
}
