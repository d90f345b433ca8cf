// Two curves of one model: is the curve of the averaged parameters the average of the curves?
const NAMES = {
  network: "Network", frozen: "Network, hidden layer frozen", polynomial: "Polynomial, degree 9",
  exponential: "a·eᵇˣ", logistic: "Logistic curve", twolayer: "Line from two layers, uvx + c",
};
const LEFT = -0.6;
const RIGHT = 0.6;
const X = Array.from({ length: 161 }, (_, i) => i / 80 - 1);

export default function (root, record, kit) {
  const { starts } = record.blend;
  const height = (value) => kit.number(value, { min: 0.05, max: 0.95, step: 0.01 });
  const state = kit.state({
    model: kit.choice("network", Object.keys(NAMES)),
    a1: height(starts.heights.a[0]), a2: height(starts.heights.a[1]),
    b1: height(starts.heights.b[0]), b2: height(starts.heights.b[1]),
    t: kit.number(0.5, { min: 0, max: 1, step: 0.01 }),
  });

  const plot = kit.plot({
    alt: "Two curves A and B of one model, the average of the two, and the model whose parameters are averaged",
    x: { min: -1, max: 1, label: "input x" }, y: { min: -0.2, max: 1.2, label: "prediction" }, aspect: 0.58, minHeight: 230,
  });
  const gap = plot.area({ color: "red", opacity: 0.22 });
  const lines = { a: plot.line({ color: "blue", width: 1.6 }), b: plot.line({ color: "orange", width: 1.6 }) };
  const model = plot.line({ color: "ink", width: 4 });
  const mean = plot.line({ color: "green", width: 2.4, dash: "7 5" });
  const names = { a: plot.text({ color: "blue", bold: true, dx: 12, dy: -8 }), b: plot.text({ color: "orange", bold: true, dx: 12, dy: -8 }) };
  for (const [curve, color] of [["a", "blue"], ["b", "orange"]]) {
    [LEFT, RIGHT].forEach((x, i) => {
      const y = `${curve}${i + 1}`;
      plot.handle({
        y, at: () => [x, null], color, label: `Curve ${curve.toUpperCase()}, ${i ? "right" : "left"} end`,
        describe: () => `prediction ${kit.format(state[y], ".2f")} at x = ${kit.format(x, ".1f")}`,
      });
    });
  }
  const keys = [["– – averaged curves", "green", 0], ["━━ averaged parameters", "ink", -0.1]]
    .map(([text, color, y]) => [plot.text({ color, anchor: "end", dx: -4, bold: true }), y, text]);
  const largest = kit.readout({ label: "Largest gap", color: "red", format: ".3f" });
  const verdict = kit.readout({ label: "In its parameters", color: "ink", format: (same) => (same ? "linear" : "not linear") });
  kit.slider("t", { label: "Blend t, from A to B", format: ".2f" });
  kit.choices("model", { label: "Model", names: NAMES });
  const note = kit.note();
  kit.reset();

  kit.draw(() => {
    const heights = { a: [state.a1, state.a2], b: [state.b1, state.b2] };
    const [from, to] = ["a", "b"].map((k) => parameters(state.model, starts, k, heights[k]));
    const curve = (w) => X.map((x) => predict(state.model, w, x));
    const mix = (p, q) => p.map((value, i) => (1 - state.t) * value + state.t * q[i]);
    const [a, b, blended] = [curve(from), curve(to), curve(mix(from, to))];
    const average = mix(a, b);
    const points = (values) => values.map((y, i) => [X[i], y]);
    lines.a.set(points(a));
    lines.b.set(points(b));
    mean.set(points(average));
    model.set(points(blended));
    gap.set(X.map((x, i) => [x, Math.min(average[i], blended[i]), Math.max(average[i], blended[i])]));
    names.a.set(LEFT, state.a1, "A");
    names.b.set(LEFT, state.b1, "B");
    for (const [mark, y, text] of keys) mark.set(1, y, text);
    largest.set(Math.max(...average.map((value, i) => Math.abs(value - blended[i]))));
    // The verdict is of the model, not of this pair: at t = 0 or between equal curves no model has a gap.
    verdict.set(state.model === "polynomial" || state.model === "frozen" ? 1 : 0);
    note.set(describe(state.model, from, to, mix(from, to), (value) => kit.format(value, ".2f")));
  });
}

function describe(model, a, b, both, format) {
  const numbers = { exponential: ["a", "b"], logistic: ["offset", "slope"], twolayer: ["u", "v", "c"] }[model];
  if (!numbers) return a.length + " parameters a curve, all averaged" + (model === "frozen" ? "; the 12 hidden ones are the same in A and B." : ".");
  return numbers.map((name, i) => name + ": " + [a[i], b[i]].map(format).join(" and ") + " → " + format(both[i])).join(" · ");
}

/** The parameters of a curve through two heights; of all such, those nearest to the record's where there is a choice. */
function parameters(model, starts, curve, heights) {
  if (model === "polynomial") return through((x) => chebyshev(x), starts.polynomial[curve], heights);
  if (model === "network" || model === "frozen") {
    const hidden = model === "frozen" ? "a" : curve;
    const [slopes, shifts] = [starts.slopes[hidden], starts.shifts[hidden]];
    return [...slopes, ...shifts, ...through((x) => units(slopes, shifts, x), starts.readout[curve], heights)];
  }
  const [left, right] = heights.map({ exponential: Math.log, logistic: (p) => Math.log(p / (1 - p)), twolayer: (y) => y }[model]);
  const slope = (right - left) / (RIGHT - LEFT);
  const offset = left - slope * LEFT;
  if (model === "twolayer") return [starts.first[curve], slope / starts.first[curve], offset];
  return [model === "exponential" ? Math.exp(offset) : offset, slope];
}

function predict(model, w, x) {
  if (model === "polynomial") return dot(chebyshev(x), w);
  if (model === "exponential") return w[0] * Math.exp(w[1] * x);
  if (model === "logistic") return 1 / (1 + Math.exp(-w[0] - w[1] * x));
  if (model === "twolayer") return w[0] * w[1] * x + w[2];
  const width = (w.length - 1) / 3;
  return dot(units(w.slice(0, width), w.slice(width, 2 * width), x), w.slice(2 * width));
}

const dot = (p, q) => p.reduce((sum, value, i) => sum + value * q[i], 0);
const chebyshev = (x) => Array.from({ length: 10 }, (_, k) => Math.cos(k * Math.acos(Math.max(-1, Math.min(1, x)))));
const units = (slopes, shifts, x) => [...slopes.map((slope, j) => Math.tanh(slope * x + shifts[j])), 1];

/** The smallest change of `base` that brings dot(features, base) to the heights: two equations, solved by hand. */
function through(features, base, heights) {
  const [p, q] = [features(LEFT), features(RIGHT)];
  const [pp, pq, qq] = [dot(p, p), dot(p, q), dot(q, q)];
  const [left, right] = [heights[0] - dot(p, base), heights[1] - dot(q, base)];
  const determinant = pp * qq - pq * pq;
  const u = (left * qq - right * pq) / determinant;
  const v = (right * pp - left * pq) / determinant;
  return base.map((value, k) => value + u * p[k] + v * q[k]);
}
