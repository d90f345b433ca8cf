// Every pair of a positive and a negative is a line on the left and a cell on the right; AUC is the share that is green.
const ROUND = 0.005;
const TICKS = [{ value: 0, text: "0" }, { value: 0.5, text: "0.5" }, { value: 1, text: "1" }];
const GAP = [Infinity, Infinity];

export default function (root, record, kit) {
  const { pairs } = record;
  const range = { min: 0, max: 1, step: ROUND };
  const state = kit.state({
    pos: kit.numbers(pairs.positives, range),
    neg: kit.numbers(pairs.negatives, range),
    threshold: kit.number(pairs.threshold, range),
    easy: kit.number(0, { min: 0, max: 20, step: 1 }),
    copies: kit.choice("1", ["1", "2", "5"]),
  });

  const scores = kit.plot({
    alt: "Positives above, negatives below, each at its score; a line for every pair, green if the positive scores higher",
    x: { min: 0, max: 1, label: "score", ticks: TICKS },
    y: { min: -0.32, max: 1.32, ticks: [] },
    aspect: 0.8,
  });
  const lines = {
    easy: scores.line({ color: "good", width: 1, opacity: 0.25 }),
    right: scores.line({ color: "good", width: 1.5, opacity: 0.5 }),
    tied: scores.line({ color: "gold", width: 1.5, dash: "5 3" }),
    wrong: scores.line({ color: "bad", width: 2.2 }),
  };
  const easyDots = scores.points({ color: "negative", radius: 2.5 });
  const names = [scores.text({ color: "positive", anchor: "start", bold: true }), scores.text({ color: "negative", anchor: "start", bold: true })];
  scores.threshold({
    x: "threshold", label: "Threshold", color: "ink",
    describe: () => `${kit.format(state.threshold, ".3f")}`,
  });
  pairs.positives.forEach((_, i) => scores.handle({ x: `pos.${i}`, at: () => [null, 1], label: `Positive ${i + 1}`, color: "positive" }));
  pairs.negatives.forEach((_, i) => scores.handle({ x: `neg.${i}`, at: () => [null, 0], label: `Negative ${i + 1}`, color: "negative" }));

  const roc = kit.plot({
    alt: "The ROC curve on a grid with a cell for every pair; the cells beneath it are green",
    x: { min: 0, max: 1, label: "false positive rate", ticks: TICKS },
    y: { min: 0, max: 1, label: "true positive rate", ticks: TICKS },
    square: true,
    maxHeight: 250,
  });
  const green = roc.area({ color: "good", opacity: 0.3 });
  const red = roc.area({ color: "bad", opacity: 0.3 });
  const cells = roc.line({ color: "paper", width: 1.5 });
  const start = roc.line({ color: "muted", width: 1.5, dash: "2 4" });
  const curve = roc.line({ color: "ink", width: 2.5 });
  const point = roc.points({ color: "ink", radius: 7 });

  const ordered = kit.readout({ label: "Pairs in order", color: "good", format: String });
  const area = kit.readout({ label: "AUC", color: "good", format: ".3f" });
  const precision = kit.readout({ label: "Precision at threshold", color: "ink", format: (value) => (value < 0 ? "none called" : kit.format(value, "percent")) });
  kit.slider("easy", { label: "Easy negatives added", format: "integer" });
  kit.choices("copies", { label: "Each negative stands there", names: { 1: "once", 2: "twice", 5: "5 times" } });
  kit.button("Stretch the scores", () => stretch(state));
  kit.reset();

  const first = staircase(kit, pairs.positives, pairs.negatives);
  kit.draw(() => {
    const easy = Array.from({ length: state.easy }, (_, i) => 0.01 + 0.0055 * i);
    const once = [...state.neg, ...easy];
    const copies = Number(state.copies);
    const negatives = once.flatMap((score) => Array(copies).fill(score));

    const shown = { easy: [], right: [], tied: [], wrong: [] };
    const outcome = (p, n, right) => (p > n ? right : p < n ? "wrong" : "tied");
    for (const p of state.pos) {
      for (const n of state.neg) shown[outcome(p, n, "right")].push([p, 1], [n, 0], GAP);
      for (const n of easy) shown[outcome(p, n, "easy")].push([p, 1], [n, 0], GAP);
    }
    for (const [name, line] of Object.entries(lines)) line.set(shown[name]);
    easyDots.set(easy.map((x, i) => [x, 0.08 * (((2 * i) % 3) - 1)]));
    names[0].set(0.02, 1.2, "positives");
    names[1].set(0.02, -0.2, copies > 1 ? `negatives, ×${copies}` : "negatives");

    const steps = staircase(kit, state.pos, negatives);
    green.set(steps);
    red.set(steps.map(([x, y]) => [x, y, 1]));
    curve.set(steps);
    start.set(first);
    cells.set(grid(negatives.length > 60 ? 1 : negatives.length, state.pos.length));

    const called = (values) => values.filter((score) => score >= state.threshold).length;
    const [hits, alarms] = [called(state.pos), called(negatives)];
    point.set([[alarms / negatives.length, hits / state.pos.length]]);
    const all = state.pos.length * negatives.length;
    const auc = kit.numeric.rocAuc(...labelled(state.pos, negatives));
    ordered.set(Math.round(2 * auc * all) / 2 + ` of ${all}`);
    area.set(auc);
    precision.set(hits + alarms ? hits / (hits + alarms) : -1);
  });
}

const labelled = (positives, negatives) => [
  [...positives.map(() => 1), ...negatives.map(() => 0)],
  [...positives, ...negatives],
];

/** The ROC curve as points, with every corner; ties give a slope. */
function staircase(kit, positives, negatives) {
  const { falsePositiveRate, truePositiveRate } = kit.numeric.rocCurve(...labelled(positives, negatives));
  return falsePositiveRate.map((x, i) => [x, truePositiveRate[i]]);
}

function grid(columns, rows) {
  const lines = [];
  for (let j = 1; j < columns; j += 1) lines.push([j / columns, 0], [j / columns, 1], GAP);
  for (let i = 1; i < rows; i += 1) lines.push([0, i / rows], [1, i / rows], GAP);
  return lines;
}

/** Square all scores, or take their roots if most are low: the distances change, the order does not. */
function stretch(state) {
  const all = [...state.pos, ...state.neg, state.threshold];
  const high = all.reduce((sum, score) => sum + score, 0) / all.length > 0.45;
  const moved = new Map();
  let last = -ROUND;
  for (const score of [...new Set(all)].sort((a, b) => a - b)) {
    last = Math.max(Math.round((high ? score ** 2 : score ** 0.5) / ROUND) * ROUND, last + ROUND);
    moved.set(score, last);
  }
  state.pos = state.pos.map((score) => moved.get(score));
  state.neg = state.neg.map((score) => moved.get(score));
  state.threshold = moved.get(state.threshold);
}
