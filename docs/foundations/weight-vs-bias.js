// Along a ray from the origin the weights say how steeply the score rises, the bias where it starts: without biases no ray changes class.
export const parts = ["field"];
const END = 3.6;
const SAMPLES = 181;
const LIMITS = [6, 12, 24]; // scores of the single unit that its plot shows; 24 holds the largest

export default function (root, record, kit) {
  const { unit, networks } = record.play;
  const state = kit.state({
    model: kit.choice("unit", ["unit", "two", "three"]),
    biases: kit.choice("output", ["none", "output", "all"]),
    wx: kit.number(unit.w[0], { min: -3, max: 3, step: 0.1 }),
    wy: kit.number(unit.w[1], { min: -3, max: 3, step: 0.1 }),
    b: kit.number(unit.b, { min: -8, max: 8, step: 0.1 }),
    angle: kit.number(15, { min: -180, max: 180, step: 1 }),
    radius: kit.number(1.2, { min: 0.1, max: END, step: 0.05 }),
  });
  const single = () => state.model === "unit";
  const bias = () => (state.biases === "none" ? 0 : state.b);
  const norm = () => Math.hypot(state.wx, state.wy);
  const polar = (angle, distance) => [distance * Math.cos((angle * Math.PI) / 180), distance * Math.sin((angle * Math.PI) / 180)];
  const along = (distance) => polar(state.angle, distance);

  const plane = kit.plot({
    alt: "The plane of two inputs, shaded by class, with a point on a ray from the origin",
    x: { min: -END, max: END, label: "input 1" }, y: { min: -END, max: END, label: "input 2" }, square: true, maxHeight: 330,
  });
  const regions = kit.decisions(plane, { classes: ["orange", "blue"], columns: 73, rows: 73, opacity: 0.42 });
  const clouds = ["orange", "blue"].map((color) => plane.points({ color, radius: 2.6 }));
  const ray = plane.line({ color: "ink", width: 1.2, dash: "3 4" });
  const gap = plane.line({ color: "purple", width: 2, dash: "4 3" });
  const shaft = plane.line({ color: "green", width: 3.5 });
  const origin = plane.points({ color: "ink", radius: 3 });
  const name = plane.text({ color: "green", bold: true, dx: 12, dy: 16 });
  const there = plane.points({ color: "ink", radius: 4 });

  const profile = kit.plot({
    alt: "The score along the ray through the point, from the origin outward",
    x: { min: -0.1, max: END, label: "distance from the origin along the ray" },
    y: { min: -LIMITS[0], max: LIMITS[0], label: "score", format: (value) => kit.format(value, Number.isInteger(value) ? "integer" : ".1f").padStart(4) }, // always as wide as "−0.5"
    aspect: 0.8, minHeight: 230, maxHeight: 290,
  });
  const above = profile.area({ color: "blue", opacity: 0.25, to: 0 });
  const below = profile.area({ color: "orange", opacity: 0.25, to: 0 });
  const zero = profile.rule({ axis: "y", color: "muted", dash: "4 3" });
  const curve = profile.line({ color: "ink", width: 2.5 });
  const start = profile.points({ color: "purple", radius: 6 });
  const changes = profile.points({ color: "ink", radius: 4 });

  // A point that moves in the plane, written as an angle and a distance.
  const spec = kit.number(0, { min: -END, max: END, step: 0.1 });
  const here = (get, put, initial = get()) => {
    let left;
    const axis = (index, set) => ({ spec, initial: initial[index], get: () => get()[index], set });
    return {
      x: axis(0, (value) => {
        left = value;
        queueMicrotask(() => { left = undefined; });
        put(value, get()[1]);
      }),
      y: axis(1, (value) => put(left ?? get()[0], value)),
    };
  };
  plane.handle({
    ...here(() => along(state.radius), (x, y) => {
      state.angle = (Math.atan2(y, x) * 180) / Math.PI;
      state.radius = Math.hypot(x, y);
    }, polar(kit.one("angle").initial, kit.one("radius").initial)),
    label: "Point", color: "ink", radius: 7, describe: () => `angle ${state.angle} degrees, distance ${kit.format(state.radius)}`,
  });
  const tip = plane.handle({ x: "wx", y: "wy", label: "Tip of the weight arrow", color: "green", radius: 7, locked: () => !single() });
  const gripAt = (b = bias()) => {
    const length = norm() || 1;
    const [ux, uy] = [state.wx / length, state.wy / length];
    return [(-b / length) * ux - 1.5 * uy, (-b / length) * uy + 1.5 * ux];
  };
  const inView = (b) => Math.max(...gripAt(b).map(Math.abs)) <= END;
  const unmoved = () => !single() || state.biases === "none";
  const grip = plane.handle({
    ...here(gripAt, (x, y) => { state.b = -(x * state.wx + y * state.wy); }),
    label: "Cut, to shift", color: "purple", radius: 7, locked: unmoved,
    describe: () => `bias ${kit.format(state.b)}`,
  });
  // Before the handle's own keys, whose steps in the plane may be too short for a step of b: the cut goes the arrow's way.
  grip.node.addEventListener("keydown", kit.guard((event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || unmoved()) return;
    const [x, y, steps] = { ArrowLeft: [-1, 0, 1], ArrowRight: [1, 0, 1], ArrowDown: [0, -1, 1], ArrowUp: [0, 1, 1], PageDown: [0, -1, 10], PageUp: [0, 1, 10] }[event.key] ?? [];
    const home = event.key === "Home" || event.key === "End";
    if (!steps && !home) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { spec: own, initial } = kit.one("b");
    const way = Math.sign(x * state.wx + y * state.wy) || x + y; // an arrow along the cut: right and up lower b, too
    const aim = home ? initial : own.move(state.b, -way * steps * (event.shiftKey ? 10 : 1));
    let { b } = state;
    const next = () => own.move(b, Math.sign(aim - b));
    while (b !== aim && inView(next())) b = next(); // out of view the dot would be gone, and the focus with it
    state.b = b;
    grip.node.classList.add("kit-keyed");
  }), { capture: true, signal: kit.signal });
  profile.handle({
    x: "radius", at: () => [null, Math.max(-limit, Math.min(limit, scoreAt(state.radius)))], label: "Distance of the point", color: "ink", radius: 7,
  });

  const first = kit.readout({ label: "Score at the origin", format: ".2f", color: "purple" });
  const score = kit.readout({ label: "Score at the point", format: ".2f" });
  const count = kit.readout({ label: "Changes of class on this ray", format: "integer" });
  const note = kit.note();
  kit.choices("model", { label: "Model", names: { unit: "One unit", two: "Network, two rings", three: "Network, three rings" } });
  kit.choices("biases", { label: "Biases", names: { none: "None", output: "Output only", all: "All" } });
  const slider = kit.slider("b", { label: "Bias b of the unit", format: ".1f" });
  kit.reset();

  const built = {};
  for (const [task, variants] of Object.entries(networks)) {
    for (const variant of ["none", "output", "all"]) {
      const layers = variants[variant].layers.map(({ weight, bias: b }) => ({ weight: kit.numeric.fromRows(weight), bias: Float64Array.from(b) }));
      built[`${task} ${variant}`] = { network: { activation: "relu", layers }, accuracy: variants[variant].accuracy };
    }
  }
  const logits = (chosen, points) => kit.numeric.forward(chosen.network, points).output;
  const scores = (chosen, rows) => {
    const { data } = logits(chosen, kit.numeric.fromRows(rows));
    return rows.map((_, index) => data[2 * index + 1] - data[2 * index]);
  };
  const current = () => built[`${state.model} ${state.biases}`];
  const scoreAt = (distance) => {
    const [x, y] = along(distance);
    return single() ? state.wx * x + state.wy * y + bias() : scores(current(), [[x, y]])[0];
  };

  let limit = LIMITS[0];
  let drawn;
  kit.draw(() => {
    const key = single() ? [state.wx, state.wy, bias(), state.biases].join() : `${state.model} ${state.biases}`;
    if (drawn !== key) {
      show();
      drawn = key;
    }
    const distances = Array.from({ length: SAMPLES }, (_, index) => (END * index) / (SAMPLES - 1));
    const rows = distances.map(along);
    const values = single() ? rows.map(([x, y]) => state.wx * x + state.wy * y + bias()) : scores(current(), rows);
    const crossed = distances.slice(1).flatMap((distance, index) => {
      const [before, after] = [values[index], values[index + 1]];
      if (index === 0 && before === 0) return []; // a ray that starts on the cut
      return before > 0 === after > 0 ? [] : [distances[index] + ((distance - distances[index]) * before) / (before - after)];
    });
    ray.set([[0, 0], along(1.5 * END)]);
    there.set(crossed.map(along));
    curve.set(distances.map((distance, index) => [distance, values[index]]));
    above.set(distances.map((distance, index) => [distance, Math.max(0, Math.min(values[index], limit))]));
    below.set(distances.map((distance, index) => [distance, Math.min(0, Math.max(values[index], -limit))]));
    start.set(Math.abs(values[0]) <= limit ? [[0, values[0]]] : []);
    changes.set(crossed.map((distance) => [distance, 0]));
    zero.set(0);
    first.set(values[0]);
    score.set(scoreAt(state.radius));
    count.set(crossed.length);
  });

  /** What changes with the model only. */
  function show() {
    slider.parentElement.style.visibility = unmoved() ? "hidden" : ""; // its place stays
    for (const { node } of [tip, grip]) node.style.display = single() ? "" : "none";
    origin.set([[0, 0]]);
    if (single()) {
      const b = bias();
      const length = norm();
      limit = LIMITS.find((one) => one >= 1.05 * (Math.abs(b) + length * END)) ?? LIMITS.at(-1);
      regions.set((x, y) => 1 / (1 + Math.exp(-(state.wx * x + state.wy * y + b))));
      for (const cloud of clouds) cloud.set([]);
      shaft.set([[0, 0], [state.wx, state.wy]]);
      name.set(state.wx, state.wy, "w");
      gap.set(length > 0 ? [[0, 0], [(-b * state.wx) / length ** 2, (-b * state.wy) / length ** 2]] : []);
      if (!inView(b) || length === 0 || state.biases === "none") grip.node.style.display = "none";
      note.set(length > 0
        ? `The cut is at −b/‖w‖ = ${kit.format(0 - b, ".1f")}/${kit.format(length, ".2f")} = ${kit.format((0 - b) / length, ".2f")} along w, from the origin.`
        : "All weights are 0: the score is b everywhere, and there is no cut.");
    } else {
      const chosen = current();
      const { points, labels } = networks[state.model];
      const edge = Array.from({ length: 72 }, (_, index) => [END * Math.cos((index * Math.PI) / 36), END * Math.sin((index * Math.PI) / 36)]);
      limit = 1.05 * Math.max(...scores(chosen, edge).map(Math.abs), ...scores(chosen, points).map(Math.abs));
      regions.setAll((all) => kit.numeric.softmax(logits(chosen, all)));
      clouds.forEach((cloud, kind) => cloud.set(points.filter((_, index) => labels[index] === kind)));
      shaft.set([]);
      gap.set([]);
      name.set(0, 0, "");
      note.set(`Right on ${kit.format(chosen.accuracy, "percent")} of new points.`);
    }
    profile.domain({ y: [-limit, limit] });
  }
}
