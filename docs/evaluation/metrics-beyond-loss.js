// Nine metrics of twenty dots: each change moves some of them and leaves the others where they are.
export const parts = ["bars"];

const STEP = 0.005;
const GROUPS = [
  { title: "Decisions", role: "green", names: ["accuracy", "balanced accuracy", "F1", "MCC"] },
  { title: "Ranking", role: "green", names: ["AUC", "average precision"] },
  { title: "Probabilities (less is better)", role: "red", names: ["log-loss", "Brier score", "calibration error"] },
];
const NAMES = GROUPS.flatMap((group) => group.names);

export default function (root, record, kit) {
  const { toy } = record;
  const range = { min: STEP, max: 1 - STEP, step: STEP };
  const state = kit.state({
    threshold: kit.number(toy.threshold, range),
    pos: kit.numbers(toy.positives, range),
    neg: kit.numbers(toy.negatives, range),
  });

  const strip = kit.plot({
    alt: "Twenty items at their predicted probabilities, positives above, negatives below, and the threshold",
    x: { min: 0, max: 1, label: "predicted probability of the positive class", ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, text: String(value) })) },
    y: { min: -0.2, max: 1.45, ticks: [] },
    aspect: 0.3,
    minHeight: 190,
    maxHeight: 230,
  });
  const titles = [strip.text({ color: "positive", anchor: "start", bold: true }), strip.text({ color: "negative", anchor: "start", bold: true })];
  strip.threshold({ x: "threshold", label: "Threshold", color: "ink", describe: () => kit.format(state.threshold, ".3f") });
  const handles = (name, count, label, color, top, lanes, gap) => {
    for (let i = 0; i < count; i += 1) {
      strip.handle({ x: `${name}.${i}`, at: () => [null, top - gap * (i % lanes)], label: `${label} ${i + 1}`, color, radius: 7 });
    }
  };
  handles("pos", toy.positives.length, "Positive", "positive", 1.02, 1, 0);
  handles("neg", toy.negatives.length, "Negative", "negative", 0.42, 3, 0.22);

  const note = kit.note();
  const boxes = GROUPS.map(({ title, role, names }) => kit.bars({
    alt: title, label: title, names, color: role, format: ".3f", reference: "constant prediction",
  }));
  kit.button("Sharpen (logits × 2)", () => apply(state, (logit) => 2 * logit));
  kit.button("Shift (logits + 1)", () => apply(state, (logit) => logit + 1));
  kit.button("Swap two neighbors", () => swap(state));
  kit.reset();

  // What an action is compared with: the values as they stood when it began.
  let shown = null;
  let before = null;
  const begin = () => { before = shown; };
  kit.listen(root, "pointerdown", begin);
  kit.listen(root, "keydown", begin);
  const rows = () => [...root.querySelectorAll(".kit-bar")];

  kit.draw(() => {
    titles[0].set(0.01, 1.27, `${state.pos.length} positives`);
    titles[1].set(0.01, 0.66, `${state.neg.length} negatives`);
    const labels = [...state.pos.map(() => 1), ...state.neg.map(() => 0)];
    const scores = [...state.pos, ...state.neg];
    const share = state.pos.length / labels.length;
    shown = metrics(labels, scores, state.threshold, toy.bins, kit);
    const constant = metrics(labels, scores.map(() => share), state.threshold, toy.bins, kit);
    let from = 0;
    GROUPS.forEach(({ names }, i) => {
      boxes[i].set(shown.slice(from, from + names.length), { reference: constant.slice(from, from + names.length) });
      from += names.length;
    });
    const moved = NAMES.map((_, i) => before !== null && Math.abs(shown[i] - before[i]) > 1e-9);
    rows().forEach((row, i) => row.classList.toggle("kit-highlight", moved[i]));
    const changed = NAMES.filter((_, i) => moved[i]);
    note.set(before === null ? "Move a dot, or press a button: here stands which of the nine noticed."
      : changed.length === 0 ? "No metric noticed."
        : changed.length === NAMES.length ? "All nine moved."
          : `Moved: ${changed.join(", ")}. The other ${NAMES.length - changed.length} did not notice.`);
  });
}

function metrics(labels, scores, threshold, bins, kit) {
  let [tp, fp, fn, tn] = [0, 0, 0, 0];
  let [loss, brier] = [0, 0];
  const gaps = new Array(bins).fill(0);
  labels.forEach((label, i) => {
    const p = scores[i];
    if (p >= threshold - 1e-9) label ? (tp += 1) : (fp += 1);
    else label ? (fn += 1) : (tn += 1);
    loss -= Math.log(label ? p : 1 - p) / labels.length;
    brier += (p - label) ** 2 / labels.length;
    gaps[Math.max(Math.ceil(p * bins - 1e-9) - 1, 0)] += label - p;
  });
  const scale = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return [
    (tp + tn) / labels.length,
    (tp / (tp + fn) + tn / (tn + fp)) / 2,
    (2 * tp) / (2 * tp + fp + fn),
    scale ? (tp * tn - fp * fn) / scale : 0,
    kit.numeric.rocAuc(labels, scores),
    averagePrecision(labels, scores),
    loss,
    brier,
    gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length,
  ];
}

/** Sum over falling distinct scores of precision times the recall gained there. */
function averagePrecision(labels, scores) {
  const positives = labels.reduce((sum, label) => sum + label, 0);
  let sum = 0;
  for (const score of new Set(scores)) {
    const hits = labels.filter((label, i) => label && scores[i] >= score).length;
    const called = scores.filter((other) => other >= score).length;
    const gained = labels.filter((label, i) => label && scores[i] === score).length;
    sum += ((hits / called) * gained) / positives;
  }
  return sum;
}

/** Change all logits; on the grid different scores stay different, so that the order is kept. */
function apply(state, change) {
  const all = [...new Set([...state.pos, ...state.neg])].sort((a, b) => a - b);
  const units = all.map((p) => Math.round(1 / (1 + Math.exp(-change(Math.log(p / (1 - p))))) / STEP));
  for (let i = 0; i < units.length; i += 1) units[i] = Math.max(units[i], i + 1, i ? units[i - 1] + 1 : 1);
  const top = Math.round(1 / STEP) - 1;
  for (let i = units.length - 1; i >= 0; i -= 1) units[i] = Math.min(units[i], i < units.length - 1 ? units[i + 1] - 1 : top);
  const moved = new Map(all.map((score, i) => [score, units[i] * STEP]));
  state.pos = state.pos.map((score) => moved.get(score));
  state.neg = state.neg.map((score) => moved.get(score));
}

/** Exchange the scores of the highest negative that stands directly above a positive on its side of the threshold; if there is none, back. */
function swap(state) {
  const items = [
    ...state.pos.map((score, i) => ({ score, i, positive: true })),
    ...state.neg.map((score, i) => ({ score, i, positive: false })),
  ].sort((a, b) => b.score - a.score);
  const side = ({ score }) => score >= state.threshold - 1e-9;
  const pair = (upper) => items.findIndex((item, k) => k + 1 < items.length && item.positive === upper
    && items[k + 1].positive !== upper && items[k + 1].score < item.score && side(item) === side(items[k + 1]));
  let at = pair(false);
  if (at < 0) at = pair(true);
  if (at < 0) return;
  const [a, b] = [items[at], items[at + 1]];
  const [pos, neg] = [[...state.pos], [...state.neg]];
  (a.positive ? pos : neg)[a.i] = b.score;
  (b.positive ? pos : neg)[b.i] = a.score;
  state.pos = pos;
  state.neg = neg;
}
