// One point, one velocity, three next steps: what SGD, momentum and Nesterov momentum do with the same state.
const METHODS = ["sgd", "momentum", "nesterov"];
const NAMES = { sgd: "SGD", momentum: "Momentum", nesterov: "Nesterov" };
const MOST = 2000;
const SHOWN = 30;

export default function (root, record, kit) {
  const { race } = record;
  const state = kit.state({
    x: kit.number(race.point[0], { min: -9, max: 4, step: 0.1 }),
    y: kit.number(race.point[1], { min: -2.5, max: 2.5, step: 0.1 }),
    toX: kit.number(race.point[0] + race.coast[0], { min: -9, max: 4, step: 0.1 }),
    toY: kit.number(race.point[1] + race.coast[1], { min: -2.5, max: 2.5, step: 0.1 }),
    kappa: kit.number(race.kappa, { min: 1, max: 100, log: true }),
    rate: kit.number(race.rate, { min: 0.05, max: 2, step: 0.05 }),
    momentum: kit.number(race.momentum, { min: 0, max: 0.98, step: 0.01 }),
  });

  const plot = kit.plot({
    alt: "A valley seen from above, with the paths of the three methods from one point",
    x: { min: -9, max: 4, label: "weight along the valley" },
    y: { min: -3.4, max: 2.6, label: "weight across" },
    aspect: 0.6,
  });
  const valley = plot.contours({ color: "rule" });
  const bottom = plot.points({ color: "ink", radius: 3.5 });
  const paths = Object.fromEntries(METHODS.map((name) => [name, plot.line({ color: name, width: 1.6, opacity: 0.75 })]));
  const dots = Object.fromEntries(METHODS.map((name) => [name, plot.points({ color: name, radius: 2.6, opacity: 0.75 })]));
  const coast = plot.line({ color: "ink", width: 1.5, dash: "4 3" });
  const pulls = Object.fromEntries(METHODS.map((name) => [name, plot.line({ color: name, width: 4 })]));
  const landings = Object.fromEntries(METHODS.map((name) => [name, plot.points({ color: name, radius: 5.5 })]));
  const names = Object.fromEntries(METHODS.map((name) => [name, plot.text({ color: name, bold: true, anchor: "start", dx: 10 })]));

  plot.handle({
    x: "x", y: "y", label: "Point", color: "ink",
    describe: () => `weight ${kit.format(state.x)} along, ${kit.format(state.y)} across`,
  });
  plot.handle({
    x: "toX", y: "toY", label: "Tip of the velocity", color: "ink", radius: 6,
    describe: () => `velocity ${kit.format(state.toX - state.x)} along, ${kit.format(state.toY - state.y)} across`,
  });

  const counts = Object.fromEntries(METHODS.map((name) => [
    name,
    kit.readout({ label: NAMES[name], color: name, format: (steps) => (steps > MOST ? "never" : `${steps} steps`) }),
  ]));
  kit.slider("momentum", { label: "Momentum μ", format: ".2f" });
  kit.slider("rate", { label: "Learning rate ηL", format: ".2f" });
  kit.slider("kappa", { label: "Condition number κ" });
  kit.reset();

  let drawnKappa;
  kit.draw(() => {
    const slope = ([x, y]) => [x / state.kappa, y];
    const height = ([x, y]) => 0.5 * (x * x / state.kappa + y * y);
    if (drawnKappa !== state.kappa) {
      valley.set((x, y) => height([x, y]), [0.02, 0.05, 0.11, 0.26, 0.62, 1.5, 3.5]);
      bottom.set([[0, 0]]);
      drawnKappa = state.kappa;
    }
    const start = [state.x, state.y];
    const tip = [state.toX, state.toY];
    coast.set([start, tip]);
    for (const name of METHODS) {
      const run = descend(name, start, tip, slope, height, state);
      paths[name].set(run.path);
      dots[name].set(run.path.slice(2));
      pulls[name].set([name === "sgd" ? start : tip, run.path[1]]);
      landings[name].set([run.path[1]]);
      names[name].set(...run.path[1], NAMES[name]);
      counts[name].set(run.steps);
    }
  });
}

/** The path's first points, and the number of steps after which the loss stays below a hundredth of what it was. */
function descend(name, start, tip, slope, height, { rate, momentum }) {
  const path = [start];
  const goal = 0.01 * height(start);
  let w = start;
  let coast = [tip[0] - start[0], tip[1] - start[1]];
  let last = 0;
  for (let step = 1; step <= MOST; step += 1) {
    const carried = name === "sgd" ? w : [w[0] + coast[0], w[1] + coast[1]];
    const g = slope(name === "nesterov" ? carried : w);
    const next = [carried[0] - rate * g[0], carried[1] - rate * g[1]];
    coast = [momentum * (next[0] - w[0]), momentum * (next[1] - w[1])];
    w = next;
    if (step <= SHOWN) path.push(w);
    if (!(height(w) < 1e6)) return { path, steps: MOST + 1 };
    if (height(w) > goal) last = step;
  }
  return { path, steps: last === MOST ? MOST + 1 : last + 1 };
}
