// Where gradient descent on a parabola goes, for a learning rate you move and a start you drag.
export default function (root, record, kit) {
  const state = kit.state({
    rate: kit.number(0.3, { min: 0.01, max: 2.2, step: 0.01 }),
    start: kit.number(-1.6, { min: -2, max: 2, step: 0.1 }),
    method: kit.choice("gd", ["gd", "momentum"]),
  });
  const plot = kit.plot({
    alt: "A parabola with the steps of gradient descent on it",
    x: { min: -2.2, max: 2.2, label: "weight w" },
    y: { min: 0, max: 4, label: "loss" },
  });
  const curve = plot.line({ color: "rule", width: 3 });
  const path = plot.line({ color: "momentum" });
  const dots = plot.points({ color: "momentum" });
  plot.handle({ x: "start", at: () => [null, state.start ** 2], label: "Start weight" });
  const final = kit.readout({ label: "Loss after 20 steps", color: "momentum" });
  kit.slider("rate", { label: "Learning rate η" });
  kit.choices("method", { label: "Method", names: { gd: "Gradient descent", momentum: "Momentum" } });
  kit.reset();

  kit.draw(() => {
    const steps = descend(state, kit.numeric);
    curve.set(Array.from({ length: 89 }, (_, i) => [i / 20 - 2.2, (i / 20 - 2.2) ** 2]));
    path.set(steps);
    dots.set(steps);
    final.set(steps.at(-1)[1]);
  });
}

function descend({ rate, start, method }, { sgd }) {
  const w = Float64Array.of(start);
  const step = sgd([w], { learningRate: rate, momentum: method === "momentum" ? 0.8 : 0 });
  return Array.from({ length: 21 }, (_, i) => {
    if (i > 0) step([[2 * w[0]]]);
    return [w[0], w[0] ** 2];
  });
}
