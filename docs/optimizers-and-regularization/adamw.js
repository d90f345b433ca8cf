// Two weights under Adam with L2 and under AdamW: the size of the gradients decides how fast the first shrinks, not the second.
const METHODS = { l2: "adam", adamw: "adamw" }; // and their colors
const NAMES = { l2: "Adam + L2", adamw: "AdamW" };
const WEIGHTS = ["A", "B"];
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];
const SIZE = { min: 0.001, max: 30, log: true };

export default function (root, record, kit) {
  const { start } = record;
  const state = kit.state({
    sizeA: kit.number(start.quiet, SIZE),
    sizeB: kit.number(start.loud, SIZE),
    decay: kit.number(start.strength, { min: 0.03, max: 3, log: true }),
  });

  const above = kit.element("div", {});
  const below = kit.element("div", {});
  root.append(above, below);
  const rates = kit.plot({
    into: above, aspect: 0.4, minHeight: 210, right: 12,
    alt: "Rate of decay against the size of a weight's gradients: a level line for AdamW, a falling one for Adam with L2",
    x: { min: 0.001, max: 30, log: true, label: "size of the gradients (root mean square)" },
    y: { min: 0.001, max: 10, log: true, label: "share of the weight lost per step, in learning rates η" },
  });
  const curves = { adamw: rates.line({ color: "adamw", width: 3 }), l2: rates.line({ color: "adam", width: 3 }) };
  const gaps = WEIGHTS.map(() => rates.line({ color: "muted", width: 1.2, dash: "3 3" }));
  const twins = rates.points({ color: "adamw", radius: 5.5 });
  const letters = WEIGHTS.map(() => rates.text({ color: "ink", bold: true, anchor: "middle", dy: 24 }));
  const curveNames = { adamw: rates.text({ color: "adamw", bold: true, anchor: "start" }), l2: rates.text({ color: "adam", bold: true, anchor: "start" }) };
  WEIGHTS.forEach((weight) => {
    const size = `size${weight}`;
    rates.handle({
      x: size, label: `Gradient size of weight ${weight}`, color: "adam",
      at: () => [null, l2Rate(state[size], state.decay)],
      describe: () => `gradients of size ${kit.format(state[size])}: Adam with L2 takes ${kit.format(l2Rate(state[size], state.decay))} learning rates a step`,
    });
  });

  const traces = kit.plot({
    into: below, aspect: 0.4, minHeight: 210, right: 84,
    alt: "The two weights over two thousand steps, under both methods",
    x: { min: 0, max: start.steps, label: "step" },
    y: { min: -0.08, max: 1.05, label: "weight", ticks: [{ value: 0, text: "0" }, { value: 0.5, text: "0.5" }, { value: 1, text: "1" }] },
  });
  const zero = traces.rule({ axis: "y", color: "rule" });
  const lines = {};
  const ends = {};
  for (const method of ["adamw", "l2"]) {
    lines[method] = WEIGHTS.map(() => traces.line({ color: METHODS[method], width: method === "adamw" ? 3.4 : 2.2 }));
    ends[method] = WEIGHTS.map(() => traces.text({ color: METHODS[method], bold: true, anchor: "start", dx: 6 }));
  }

  const left = {};
  for (const method of ["l2", "adamw"]) {
    left[method] = WEIGHTS.map((weight) => kit.readout({
      label: `${NAMES[method]}, ${weight}`, color: METHODS[method], format: (share) => `${Math.round(100 * Math.max(0, share))}% left`,
    }));
  }
  kit.slider("decay", { label: "Weight decay α of both" });
  kit.reset();

  const places = Array.from({ length: 81 }, (_, i) => 0.001 * 30000 ** (i / 80));
  kit.draw(() => {
    const { decay } = state;
    curves.l2.set(places.map((size) => [size, l2Rate(size, decay)]));
    curves.adamw.set([[SIZE.min, decay], [SIZE.max, decay]]);
    const [upper, lower] = [2.2, 0.56]; // above and below a line
    curveNames.adamw.set(0.00115, decay * (decay < 1 ? lower : upper), NAMES.adamw);
    curveNames.l2.set(0.00115, l2Rate(0.001, decay) * (decay < 1 ? upper : lower), NAMES.l2);
    zero.set(0);
    const sizes = WEIGHTS.map((weight) => state[`size${weight}`]);
    twins.set(sizes.map((size) => [size, decay]));
    sizes.forEach((size, i) => {
      gaps[i].set([[size, decay], [size, l2Rate(size, decay)]]);
      letters[i].set(size, Math.min(decay, l2Rate(size, decay)), WEIGHTS[i]);
    });
    const marks = [];
    for (const method of ["adamw", "l2"]) {
      sizes.forEach((size, i) => {
        const path = run(method, size, decay, start);
        lines[method][i].set(path.filter((_, t) => t % 10 === 0).map((w, k) => [10 * k, w]));
        left[method][i].set(path.at(-1));
        marks.push({ method, i, at: path.at(-1) });
      });
    }
    const [a, b] = marks.filter(({ method }) => method === "adamw");
    const adamw = Math.abs(a.at - b.at) < 0.1;
    const shown = marks.filter((mark) => mark.method === "l2").map((mark) => ({ ...mark, text: `L2, ${WEIGHTS[mark.i]}` }));
    if (adamw) shown.push({ ...a, text: "AdamW" });
    else shown.push({ ...a, text: "AdamW, A" }, { ...b, text: "AdamW, B" });
    for (const method of ["adamw", "l2"]) for (const label of ends[method]) label.set(start.steps, 0, "");
    for (const { method, i, text, at } of apart(shown)) ends[method][i].set(start.steps, at, text);
  });
}

const l2Rate = (size, decay) => decay / Math.hypot(size, decay);

/** Labels far enough from one another to be read. */
function apart(labels, least = 0.11) {
  const sorted = [...labels].sort((one, other) => one.at - other.at);
  for (let i = 1; i < sorted.length; i += 1) {
    sorted[i] = { ...sorted[i], at: Math.max(sorted[i].at, sorted[i - 1].at + least) };
  }
  return sorted;
}

/** A weight that starts at 1 while its gradient alternates between +size and -size. */
function run(method, size, decay, { rate, steps }) {
  let [w, m, s] = [1, 0, 0];
  const path = [w];
  for (let t = 1; t <= steps; t += 1) {
    let g = t % 2 === 1 ? size : -size;
    if (method === "l2") g += decay * w;
    else w *= 1 - rate * decay;
    m = BETA1 * m + (1 - BETA1) * g;
    s = BETA2 * s + (1 - BETA2) * g * g;
    w -= rate * (m / (1 - BETA1 ** t)) / (Math.sqrt(s / (1 - BETA2 ** t)) + EPSILON);
    path.push(w);
  }
  return path;
}
