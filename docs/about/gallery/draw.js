// A curve to draw with the pointer, or by keys, and its moving average.
export const parts = ["curve", "numeric-statistics"];
export default function (root, record, kit) {
  const steps = Array.from({ length: 60 }, (_, index) => index);
  const state = kit.state({ signal: kit.numbers(steps.map((t) => (t > 20 && t < 25 ? 2 : 0.4 * Math.sin(t / 4))), { min: -2, max: 3, step: 0.01 }) });
  const plot = kit.plot({ alt: "A gradient signal over sixty steps", x: { min: 0, max: 59, label: "step" }, y: { min: -2, max: 3, label: "gradient" }, aspect: 0.4 });
  const mean = plot.line({ color: "momentum", label: "mean" });
  kit.curve(plot, { state: "signal", x: steps, label: "Gradient", color: "ink", width: 1.5 });
  kit.draw(() => mean.set(kit.numeric.exponentialAverage(state.signal, 0.9).map((value, t) => [t, value])));
}
