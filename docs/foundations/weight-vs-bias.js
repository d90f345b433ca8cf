// Along a ray from the origin the weights say how steeply the score rises, the bias where it starts: without biases no ray changes class.
export const parts = ["field"];
const END = 3.6;
const SAMPLES = 181;
const STEEPEST = 6; // scores of the single unit that the right plot shows

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
  const along = (distance) => [distance * Math.cos((state.angle * Math.PI) / 180), distance * Math.sin((state.angle * Math.PI) / 180)];

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
    x: { min: 0, max: END, label: "distance from the origin along the ray" }, y: { min: -STEEPEST, max: STEEPEST, label: "score" },
    aspect: 0.8, minHeight: 230, maxHeight: 290,
  });
  const above = profile.area({ color: "blue", opacity: 0.25, to: 0 });
  const below = profile.area({ color: "orange", opacity: 0.25, to: 0 });
  const zero = profile.rule({ axis: "y", color: "muted", dash: "4 3" });
  const curve = profile.line({ color: "ink", width: 2.5 });
  const start = profile.points({ color: "purple", radius: 6 });
  const changes = profile.points({ color: "ink", radius: 4 });

  // A point that moves in the plane, written as an angle and a distance.
  const spec = kit.one("wx").spec;
  const here = (get, put) => {
    let left;
    const axis = (index, set) => ({ spec, initial: 0, get: () => get()[index], set });
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
    }),
    label: "Point", color: "ink", radius: 7, describe: () => `angle ${state.angle} degrees, distance ${kit.format(state.radius)}`,
  });
  const tip = plane.handle({ x: "wx", y: "wy", label: "Tip of the weight arrow", color: "green", radius: 7, locked: () => !single() });
  const gripAt = () => {
    const length = norm() || 1;
    const [ux, uy] = [state.wx / length, state.wy / length];
    return [(-bias() / length) * ux - 1.5 * uy, (-bias() / length) * uy + 1.5 * ux];
  };
  const grip = plane.handle({
    ...here(gripAt, (x, y) => { state.b = -(x * state.wx + y * state.wy); }),
    label: "Cut, to shift", color: "purple", radius: 7, locked: () => !single() || state.biases === "none",
    describe: () => `bias ${kit.format(state.b)}`,
  });
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

  let limit = STEEPEST;
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
    slider.parentElement.hidden = !single() || state.biases === "none";
    for (const { node } of [tip, grip]) node.style.display = single() ? "" : "none";
    origin.set([[0, 0]]);
    if (single()) {
      limit = STEEPEST;
      const b = bias();
      const length = norm();
      regions.set((x, y) => 1 / (1 + Math.exp(-(state.wx * x + state.wy * y + b))));
      for (const cloud of clouds) cloud.set([]);
      shaft.set([[0, 0], [state.wx, state.wy]]);
      name.set(state.wx, state.wy, "w");
      gap.set(length > 0 ? [[0, 0], [(-b * state.wx) / length ** 2, (-b * state.wy) / length ** 2]] : []);
      const [x, y] = gripAt();
      if (Math.max(Math.abs(x), Math.abs(y)) > END || length === 0 || state.biases === "none") grip.node.style.display = "none";
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
