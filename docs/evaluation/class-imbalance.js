// Copies of the positives and a lower threshold move one decision line alike; only other points turn it and change the ROC curve.
export const parts = ["field"];

const RANGE = [-3.4, 4.4];
const MOST = 60;
const NEW = 10;
const TICKS = [{ value: 0, text: "0" }, { value: 0.5, text: "0.5" }, { value: 1, text: "1" }];

export default function (root, record, kit) {
  const { touch, weight } = record;
  const state = kit.state({
    pos: kit.cloud(touch.positives.map(([x, y]) => [x, y, 0]), { x: RANGE, y: RANGE, classes: 1, least: 3, most: MOST }),
    copies: kit.number(weight, { min: 1, max: 400, log: true }),
    threshold: kit.number(0.5, { min: 0.002, max: 0.9, log: true }),
  });

  const plane = kit.plot({
    alt: "Many negatives, a few positives, and the decision lines of two models",
    x: { min: RANGE[0], max: RANGE[1], label: "first feature" },
    y: { min: RANGE[0], max: RANGE[1], label: "second feature" },
    square: true,
    maxHeight: 380,
  });
  plane.points({ color: "negative", radius: 2, opacity: 0.45 }).set(touch.negatives);
  const copied = plane.line({ color: "purple", width: 2.5 });
  const moved = plane.line({ color: "green", width: 2.5, dash: "7 4" });
  kit.points(plane, "pos", { label: "Positive", classes: ["positive"], names: ["positive"] });

  const roc = kit.plot({
    alt: "ROC curves of both models on new data, with the point at which each decides",
    x: { min: 0, max: 1, label: "false positive rate", ticks: TICKS },
    y: { min: 0, max: 1, label: "recall", ticks: TICKS },
    square: true,
    maxHeight: 380,
  });
  const best = roc.line({ color: "muted", width: 1.5, dash: "2 4" });
  const curves = { copied: roc.line({ color: "purple", width: 2 }), moved: roc.line({ color: "green", width: 2, dash: "7 4" }) };
  const points = { copied: roc.points({ color: "purple", radius: 7 }), moved: roc.points({ color: "green", radius: 7, hollow: true }) };
  const names = {
    copied: roc.text({ color: "purple", anchor: "start", bold: true, dx: 12, dy: 20 }),
    moved: roc.text({ color: "green", anchor: "start", bold: true, dx: 12, dy: 2 }),
  };

  const readouts = {
    copied: kit.readout({ label: "With copies: recall", color: "purple", format: "percent" }),
    moved: kit.readout({ label: "With threshold: recall", color: "green", format: "percent" }),
    copiedAuc: kit.readout({ label: "With copies: AUC", color: "purple", format: ".3f" }),
    movedAuc: kit.readout({ label: "With threshold: AUC", color: "green", format: ".3f" }),
    copiedMean: kit.readout({ label: "With copies: mean probability", color: "purple", format: "percent" }),
    movedMean: kit.readout({ label: "With threshold: mean probability", color: "green", format: "percent" }),
  };
  kit.slider("threshold", { label: "Threshold of the plain model", format: (value) => kit.format(value, 2) });
  kit.slider("copies", { label: "Positives count, times", format: (value) => kit.format(value, 2) });
  kit.button("Match the threshold to the copies", () => { state.threshold = 1 / (1 + state.copies); });
  kit.button(`Draw ${NEW} new positives`, () => {
    const random = kit.numeric.generator(1000 + state.pos.length);
    const fresh = Array.from({ length: Math.min(NEW, MOST - state.pos.length) }, () => [...touch.mean.map((mean) => clamp(random.normal(mean, 1))), 0]);
    state.pos = [...state.pos, ...fresh];
  });
  kit.reset();

  const { normalCdf } = kit.numeric;
  const levels = Array.from({ length: 121 }, (_, i) => i / 15 - 4);
  const binormal = (d) => [[1, 1], ...levels.map((z) => [normalCdf(-z), normalCdf(d - z)]), [0, 0]];
  best.set(binormal(Math.hypot(...touch.mean)));
  const prevalence = touch.positives.length / (touch.positives.length + touch.negatives.length);

  kit.draw(() => {
    const share = touch.positives.length / state.pos.length; // more positives say more, but the prevalence stays
    const fits = {
      copied: [fit(touch.negatives, state.pos, share * state.copies, touch.penalty), 0],
      moved: [fit(touch.negatives, state.pos, share, touch.penalty), Math.log(state.threshold / (1 - state.threshold))],
    };
    for (const [name, [w, logit]] of Object.entries(fits)) {
      (name === "copied" ? copied : moved).set(lineOf(w, logit));
      const length = Math.hypot(w[1], w[2]) || 1e-9;
      const center = w[0] + w[1] * touch.mean[0] + w[2] * touch.mean[1];
      const d = (center - w[0]) / length;
      const recall = normalCdf((center - logit) / length);
      curves[name].set(binormal(d));
      const alarms = normalCdf((w[0] - logit) / length);
      points[name].set([[alarms, recall]]);
      names[name].set(Math.min(alarms, 0.7), recall, { copied: "copies", moved: "threshold" }[name]);
      readouts[name].set(recall);
      readouts[`${name}Auc`].set(normalCdf(d / Math.SQRT2));
      readouts[`${name}Mean`].set(prevalence * meanSigmoid(center, length) + (1 - prevalence) * meanSigmoid(w[0], length));
    }
  });
}

const clamp = (value) => Math.max(RANGE[0], Math.min(RANGE[1], value));
const sigmoid = (z) => 0.5 * Math.tanh(0.5 * z) + 0.5;

/** Intercept and slopes of logistic regression with positives that count `weight` times, by Newton's method with step halving. */
function fit(negatives, positives, weight, penalty) {
  let w = [0, 0, 0];
  let value = Infinity;
  for (let round = 0; round < 40; round += 1) {
    const at = pieces(negatives, positives, weight, penalty, w);
    value = at.loss;
    const step = solve(at.hessian, at.gradient);
    let share = 1;
    let next = w;
    for (; share > 1e-4; share /= 2) {
      next = w.map((entry, i) => entry + share * step[i]);
      if (pieces(negatives, positives, weight, penalty, next).loss <= value) break;
    }
    w = next;
    if (Math.max(...step.map(Math.abs)) < 1e-7) break;
  }
  return w;
}

function pieces(negatives, positives, weight, penalty, [b, u, v]) {
  const hessian = [0, 0, 0, 0, penalty, 0, 0, 0, penalty];
  const gradient = [0, -penalty * u, -penalty * v];
  let loss = 0.5 * penalty * (u * u + v * v);
  const add = (x, y, label, a) => {
    const z = b + u * x + v * y;
    const p = sigmoid(z);
    const curve = a * p * (1 - p);
    const pull = a * (label - p);
    loss += a * (Math.max(z, 0) - label * z + Math.log1p(Math.exp(-Math.abs(z))));
    gradient[0] += pull; gradient[1] += pull * x; gradient[2] += pull * y;
    hessian[0] += curve; hessian[1] += curve * x; hessian[2] += curve * y;
    hessian[4] += curve * x * x; hessian[5] += curve * x * y; hessian[8] += curve * y * y;
  };
  for (const [x, y] of negatives) add(x, y, 0, 1);
  for (const [x, y] of positives) add(x, y, 1, weight);
  hessian[3] = hessian[1]; hessian[6] = hessian[2]; hessian[7] = hessian[5];
  return { loss, gradient, hessian };
}

/** Three equations by Cramer's rule. */
function solve(m, r) {
  const det = (a) => a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) + a[2] * (a[3] * a[7] - a[4] * a[6]);
  const all = det(m);
  return r.map((_, column) => det(m.map((entry, i) => (i % 3 === column ? r[Math.floor(i / 3)] : entry))) / all);
}

/** The two ends, beyond the plot, of the line where the logit is `logit`. */
function lineOf([b, u, v], logit) {
  const length2 = u * u + v * v || 1e-12;
  const foot = [(u * (logit - b)) / length2, (v * (logit - b)) / length2];
  const along = [-v, u].map((entry) => (20 * entry) / Math.sqrt(length2));
  return [[foot[0] - along[0], foot[1] - along[1]], [foot[0] + along[0], foot[1] + along[1]]];
}

/** The mean of sigmoid over a normal logit. */
function meanSigmoid(center, sd) {
  let [sum, total] = [0, 0];
  for (let i = -40; i <= 40; i += 1) {
    const density = Math.exp(-0.5 * (i / 8) ** 2);
    sum += density * sigmoid(center + (sd * i) / 8);
    total += density;
  }
  return sum / total;
}
