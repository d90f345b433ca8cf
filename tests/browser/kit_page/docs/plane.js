// A network's regions with points to move, a flow with a path, and two curves with one place.
export const parts = ["field", "compare", "matrix"];

const CLASSES = ["blue", "orange", "green"];

export default function (root, record, kit) {
  const { forward, generator, mlp, softmax } = kit.numeric;
  const random = generator(5);
  const cluster = (kind) => Array.from({ length: 6 }, () => [[-1.2, 1.1, 0][kind] + 0.4 * random.normal(), [0.7, 0.8, -1.1][kind] + 0.4 * random.normal(), kind]);
  const state = kit.state({
    data: kit.cloud([0, 1, 2].flatMap(cluster), { x: [-2.5, 2.5], y: [-2.5, 2.5], classes: 3 }),
    brush: kit.choice("0", ["0", "1", "2", "remove"]),
    gain: kit.number(1.6, { min: 0.2, max: 4, step: 0.1 }),
    x: kit.number(1.8, { min: -2, max: 2, step: 0.05 }),
    y: kit.number(1.2, { min: -2, max: 2, step: 0.05 }),
    epoch: kit.number(20, { min: 0, max: 60, step: 1 }),
  });
  const map = kit.plot({ alt: "Regions of three classes", x: { min: -2.5, max: 2.5, label: "first feature" }, y: { min: -2.5, max: 2.5, label: "second feature" }, square: true });
  const regions = kit.decisions(map, { classes: CLASSES });
  kit.points(map, "data", { label: "Point", brush: "brush" });
  const flow = kit.plot({ alt: "Arrows of a gradient field and a path along them", x: { min: -2, max: 2, label: "w₁" }, y: { min: -2, max: 2, label: "w₂" }, square: true });
  const levels = flow.contours({ color: "rule" });
  const arrows = kit.arrows(flow);
  const path = kit.trajectory(flow, { x: "x", y: "y", label: "Start weight", anywhere: true });
  kit.choices("brush", { label: "A click adds", names: { 0: "● blue", 1: "■ orange", 2: "▲ green", remove: "removes" }, colors: { 0: "blue", 1: "orange", 2: "green" } });
  kit.slider("gain", { label: "Gain" });
  const pair = kit.compare({ names: ["Without noise", "With noise"], colors: ["blue", "orange"] });
  const curves = pair.plots({ alt: "loss by epoch", x: { min: 0, max: 60, label: "epoch" }, y: { min: 0, max: 1, label: "loss" }, aspect: 0.55 }).map((plot) => plot.line({ color: "ink" }));
  pair.hover("epoch", { label: "Epoch" });
  const tables = pair.each((name, _, into) => kit.matrix({ into, label: `Confusion, ${name.toLowerCase()}`, high: 1, title: "" }));
  kit.link("ij,ij", ...tables);
  const values = [0, 1].map((index) => kit.readout({ label: ["Without", "With"][index], format: ".3f" }));
  const count = kit.readout({ label: "Points" });
  const last = kit.readout({ label: "Height at the end", format: ".3f" });
  kit.reset();
  const slope = (x, y) => [-x, -4 * y];
  const loss = (epoch, index) => Math.exp(-epoch / 15) + (index ? 0.1 * (1 + Math.sin(epoch)) : 0);
  levels.set((x, y) => x * x / 2 + 2 * y * y, [0.1, 0.5, 1, 2, 4, 6]);
  arrows.set(slope);
  kit.draw(() => {
    const network = mlp([2, 16, 3], { activation: "tanh", seed: 4, gain: state.gain });
    regions.setAll((points) => softmax(forward(network, points).output));
    const steps = path.follow(([x, y]) => { const [u, v] = slope(x, y); return [x + 0.1 * u, y + 0.1 * v]; }, 30);
    curves.forEach((curve, index) => curve.set(Array.from({ length: 61 }, (_, epoch) => [epoch, loss(epoch, index)])));
    values.forEach((value, index) => value.set(loss(state.epoch, index)));
    tables.forEach((table, index) => table.set([0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 - loss(state.epoch, index) / 2 : loss(state.epoch, index) / 4)))));
    count.set(state.data.length);
    last.set(steps.at(-1)[0] ** 2 / 2 + 2 * steps.at(-1)[1] ** 2);
  });
}
