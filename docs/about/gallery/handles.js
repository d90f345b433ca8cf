// A point to drag in the plane over a heat map with contours, and a threshold.
export default function (root, record, kit) {
  const state = kit.state({
    px: kit.number(0.6, { min: -2, max: 2, step: 0.1 }), py: kit.number(0.4, { min: -2, max: 2, step: 0.1 }),
    cut: kit.number(-1.2, { min: -2, max: 2, step: 0.1 }),
  });
  const plot = kit.plot({ alt: "A bump over the plane", x: { min: -2, max: 2, label: "first" }, y: { min: -2, max: 2, label: "second" }, square: true, maxHeight: 280 });
  const heat = plot.heat({ colors: ["paper", "blue"], columns: 36, rows: 36 });
  const levels = plot.contours({ color: "ink" });
  plot.handle({ x: "px", y: "py", label: "Center" });
  plot.threshold({ x: "cut", label: "Threshold", color: "green" });
  kit.draw(() => {
    const height = (x, y) => Math.exp(-((x - state.px) ** 2) - (y - state.py) ** 2);
    heat.set(height);
    levels.set(height, [0.25, 0.5, 0.75]);
  });
}
