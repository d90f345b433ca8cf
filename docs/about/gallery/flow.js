// Arrows of a field, and a path along them from a start to drag.
export const parts = ["field"];
export default function (root, record, kit) {
  kit.state({ startX: kit.number(1.7, { min: -2, max: 2, step: 0.05 }), startY: kit.number(1.2, { min: -2, max: 2, step: 0.05 }) });
  const plot = kit.plot({ alt: "A valley with the path of gradient descent", x: { min: -2, max: 2, label: "w₁" }, y: { min: -2, max: 2, label: "w₂" }, square: true, maxHeight: 300 });
  plot.contours({ color: "rule" }).set((x, y) => x * x / 2 + 2 * y * y, [0.1, 0.5, 1, 2, 4, 6]);
  kit.arrows(plot).set((x, y) => [-x, -4 * y]);
  const path = kit.trajectory(plot, { x: "startX", y: "startY", label: "Start", anywhere: true });
  kit.draw(() => path.follow(([x, y]) => [x - 0.1 * x, y - 0.4 * y], 30));
}
