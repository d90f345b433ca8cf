// One threshold sorts real images into four piles; precision, recall and F are three ratios of them, and one pile is in none.
export const parts = ["image"];

const PILE = 20; // images shown of a pile: those nearest to the threshold
const EMPTY = new Array(64).fill(0);
const COPIES = 10; // of the easier half of the other digits
const TICKS = [0.01, 0.05, 0.2, 0.5, 0.8].map((p) => ({ value: Math.log(p / (1 - p)), text: `${100 * p}%` }));

export default function (root, record, kit) {
  const { logits, true: isEight, images } = record["held-out"];
  const state = kit.state({
    threshold: kit.number(0, { min: -5, max: 2.9, step: 0.05 }),
    beta: kit.number(1, { min: 0.25, max: 4, step: 0.05, log: true }),
    positive: kit.choice("eights", ["eights", "others"]),
    digits: kit.choice("all", ["all", "third", "easy"]),
  });
  const pictures = images.map((text) => Array.from(text, (digit) => parseInt(digit, 16) / 15));

  const plot = kit.plot({
    alt: "Eights above and other digits below, each at its predicted probability; between them precision, recall and F for every threshold",
    x: { min: -5, max: 2.9, label: "threshold on the predicted probability of an 8", ticks: TICKS },
    y: { min: -0.4, max: 1.32, ticks: [0, 0.5, 1].map((value) => ({ value, text: String(value) })) },
    aspect: 0.55, minHeight: 280,
  });
  const dots = { eights: plot.points({ color: "positive", radius: 2.5 }), others: plot.points({ color: "negative", radius: 2 }) };
  const names = { eights: plot.text({ color: "positive", anchor: "start", bold: true }), others: plot.text({ color: "negative", anchor: "start", bold: true }) };
  const lines = {
    precision: plot.line({ color: "purple", width: 2 }),
    recall: plot.line({ color: "green", width: 2 }),
    f: plot.line({ color: "ink", width: 2.5 }),
  };
  const labels = {
    precision: [plot.text({ color: "purple", anchor: "start", bold: true, dy: 16 }), -2.9, "precision"],
    recall: [plot.text({ color: "green", anchor: "start", bold: true, dy: -9 }), -2.7, "recall"],
    f: [plot.text({ color: "ink", anchor: "middle", bold: true, dy: -9 }), -3.2, "F"],
  };
  const here = { precision: plot.points({ color: "purple", radius: 5 }), recall: plot.points({ color: "green", radius: 5 }), f: plot.points({ color: "ink", radius: 5 }) };
  const peak = plot.points({ color: "ink", radius: 6, hollow: true });
  plot.threshold({ x: "threshold", label: "Threshold", color: "ink", describe: () => kit.format(probability(state.threshold), "percent") });

  const read = {
    precision: kit.readout({ label: "Precision", color: "purple", format: String }),
    recall: kit.readout({ label: "Recall", color: "green", format: String }),
    f: kit.readout({ label: "F with this β", color: "ink", format: ".3f" }),
    accuracy: kit.readout({ label: "Accuracy", format: "percent" }),
  };

  const table = kit.element("div", { style: "display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,max(210px,45%)),1fr));gap:0.4rem 1rem;margin:0.6rem 0" });
  root.append(table);
  const piles = [[true, true], [true, false], [false, true], [false, false]].map(([called, eight]) => {
    const title = kit.element("div", { class: "kit-title", "data-pile": `${called ? "called" : "left"}-${eight ? "eights" : "others"}` });
    const box = kit.element("div", { style: "min-width:0" }, title);
    table.append(box);
    const what = `${eight ? "eights" : "other digits"}, ${called ? "called 8" : "not called 8"}`;
    let shown = [];
    const grid = kit.images({ label: `Images of ${what}`, title: "", rows: 8, size: 24, gap: 4, colors: ["paper", "ink"], into: box,
      describe: (cell) => (shown[cell] === undefined ? "empty" : `${eight ? "an 8" : "another digit"}, ${kit.format(probability(logits[shown[cell]]), "percent")}`) });
    return { called, eight, what, title, show(members) {
      if (members.length === shown.length && members.every((member, i) => member === shown[i])) return;
      shown = members;
      const frames = Array.from({ length: PILE }, (_, i) => (i < members.length ? null : "paper"));
      grid.set(Array.from({ length: PILE }, (_, i) => (i < members.length ? pictures[members[i]] : EMPTY)), { frames });
    } };
  });

  kit.slider("beta", { label: "β: how much recall counts" });
  kit.choices("positive", { label: "Positive class", names: { eights: "the eights", others: "the others" } });
  kit.choices("digits", { label: "Other digits", names: { all: "as tested", third: "one in three", easy: `easier half ×${COPIES}` } });
  kit.reset();

  let key;
  let curves;
  kit.draw(() => {
    const flipped = state.positive === "others";
    const now = `${state.beta} ${state.positive} ${state.digits}`;
    if (now !== key) {
      key = now;
      curves = sweep(logits, isEight, weights(isEight, state.digits), state.beta, flipped);
      for (const name of Object.keys(lines)) lines[name].set(curves[name]);
      for (const [name, [text, x, label]] of Object.entries(labels)) text.set(x, curves[name].find((point) => point[0] <= x)?.[1] ?? 0, label);
      peak.set([curves.best]);
      const shownOthers = weights(isEight, state.digits);
      for (const [name, wanted, base] of [["eights", 1, 1.1], ["others", 0, -0.36]]) {
        dots[name].set(logits.flatMap((x, i) => (isEight[i] === wanted && shownOthers[i] ? [[x, base + 0.14 * ((i * 0.618) % 1)]] : [])));
      }
      names.eights.set(-4.9, 1.19, flipped ? "eights (negatives)" : "eights");
      names.others.set(-4.9, -0.1, flipped ? "other digits (positives)" : "other digits");
    }

    const cells = count(logits, isEight, weights(isEight, state.digits), state.threshold);
    const { tp, fp, fn, tn } = flipped ? { tp: cells.tn, fp: cells.fn, fn: cells.fp, tn: cells.tp } : cells;
    const f = score(tp, fp, fn, state.beta);
    read.precision.set(ratio(kit, tp, tp + fp));
    read.recall.set(ratio(kit, tp, tp + fn));
    read.f.set(f);
    read.accuracy.set((tp + tn) / (tp + fp + fn + tn));
    const at = (value) => (value === null ? [] : [[state.threshold, value]]);
    here.precision.set(at(tp + fp ? tp / (tp + fp) : null));
    here.recall.set(at(tp / (tp + fn)));
    here.f.set(at(f));

    const counts = { "true-true": cells.tp, "true-false": cells.fp, "false-true": cells.fn, "false-false": cells.tn };
    for (const pile of piles) {
      const size = counts[`${pile.called}-${pile.eight}`];
      const kind = pile.called !== flipped ? (pile.eight !== flipped ? "true positives" : "false positives") : pile.eight !== flipped ? "false negatives" : "true negatives";
      pile.title.textContent = `${size.toLocaleString("en-US")} ${kind}: ${pile.what}`;
      pile.title.style.color = kit.color(kind.startsWith("false") ? "bad" : kind === "true positives" ? "good" : "muted");
      pile.show(nearest(logits, isEight, pile, state.threshold));
    }
  });
}

const probability = (logit) => 1 / (1 + Math.exp(-logit));
const score = (tp, fp, fn, beta) => (tp ? ((1 + beta ** 2) * tp) / ((1 + beta ** 2) * tp + beta ** 2 * fn + fp) : 0);
const ratio = (kit, part, all) => (all ? `${kit.format(part / all, "percent")} (${part.toLocaleString("en-US")}/${all.toLocaleString("en-US")})` : "0/0");

/** How often each image counts: the eights once, the others as chosen. They come with the most certain eights first. */
function weights(isEight, digits) {
  const others = isEight.length - isEight.reduce((sum, one) => sum + one, 0);
  let rank = 0;
  return isEight.map((eight) => {
    if (eight) return 1;
    rank += 1;
    if (digits === "third") return rank % 3 === 2 ? 1 : 0;
    return digits === "easy" && rank > others / 2 ? COPIES : 1;
  });
}

function count(logits, isEight, weight, threshold) {
  const cells = { tp: 0, fp: 0, fn: 0, tn: 0 };
  logits.forEach((logit, i) => {
    cells[logit >= threshold - 1e-9 ? (isEight[i] ? "tp" : "fp") : isEight[i] ? "fn" : "tn"] += weight[i];
  });
  return cells;
}

/** Precision, recall and F for every threshold, as steps from the highest down, and the place of the largest F. */
function sweep(logits, isEight, weight, beta, flipped) {
  const found = { precision: [], recall: [], f: [], best: [0, -1] };
  const { fn: eights, tn: others } = count(logits, isEight, weight, Infinity);
  let [tp, fp] = [0, 0];
  logits.forEach((logit, i) => {
    if (isEight[i]) tp += weight[i];
    else fp += weight[i];
    const next = logits[i + 1] ?? -9;
    if (next === logit) return;
    const [hit, alarm, missed] = flipped ? [others - fp, eights - tp, fp] : [tp, fp, eights - tp];
    const values = { precision: hit + alarm ? hit / (hit + alarm) : null, recall: hit / (hit + missed), f: score(hit, alarm, missed, beta) };
    for (const [name, value] of Object.entries(values)) found[name].push([logit, value], [next, value]);
    if (values.f > found.best[1]) found.best = [logit, values.f];
  });
  return found;
}

/** The members of a pile that stand closest to the threshold, closest first. */
function nearest(logits, isEight, { called, eight }, threshold) {
  const members = [];
  logits.forEach((logit, i) => { if (logit >= threshold - 1e-9 === called && Boolean(isEight[i]) === eight) members.push(i); });
  return called ? members.slice(-PILE).reverse() : members.slice(0, PILE);
}
