// Stop or go: a validation curve appears epoch by epoch; after the stop the test curve and the patience rule appear beside it.
const FIRST = 5; // epochs shown of a new network

const percent = (share) => `${(100 * share).toFixed(1)}%`;

export default function (root, record, kit) {
  const { game } = record;
  const networks = game.test.length;
  const state = kit.state({
    network: kit.number(game.network, { min: 1, max: networks, step: 1 }),
    epoch: kit.number(game.epoch, { min: 1, max: game.epochs, step: 1 }),
    stops: kit.numbers(Array(networks).fill(0), { min: 0, max: game.epochs, step: 1 }), // 0: still in training
    patience: kit.number(game.patience, { min: 1, max: 30, step: 1 }),
    images: kit.choice(String(game.images), Object.keys(game.validation)),
  });
  let seen = 0; // training cannot be undone: the curtain moves on only

  const plot = kit.plot({
    alt: "Validation accuracy of a network in training, up to the epoch reached; after the stop also its test accuracy",
    x: { min: 0, max: game.epochs, label: "epoch" },
    y: { min: 0, max: 1, label: "accuracy" },
    aspect: 0.56,
  });
  const ruleStop = plot.rule({ axis: "x", color: "purple", dash: "4 3" });
  const test = plot.line({ color: "test" });
  const rest = plot.line({ color: "validation", width: 1.5, opacity: 0.45 });
  const validation = plot.line({ color: "validation", width: 2.5 });
  const best = plot.points({ color: "validation", radius: 5 });
  const ruleKept = plot.points({ color: "purple", radius: 8 });
  const yourKept = plot.points({ color: "ink", radius: 5 });
  const testName = plot.text({ color: "test", bold: true, anchor: "end", dx: -2, dy: -12 });
  const validationName = plot.text({ color: "validation", bold: true, anchor: "end", dx: -2, dy: 18 });
  const runningName = plot.text({ color: "validation", bold: true, anchor: "start", dx: 10 });
  plot.threshold({ x: "epoch", label: "Epochs trained", color: "ink", describe: () => spoken() });

  const texts = {};
  const readout = (name, label, color) => {
    const shown = kit.readout({ label, color, format: () => texts[name] });
    return (text) => { texts[name] = text; shown.set(text.length); };
  };
  const note = kit.note();
  const you = readout("you", "You", "ink");
  const rule = readout("rule", "The patience rule", "purple");
  const oracle = readout("oracle", "Best epoch of all", "test");
  const stop = kit.button("Stop here", () => {
    state.stops = state.stops.map((value, i) => (i === state.network - 1 ? state.epoch : value));
    next.hidden = false;
    next.focus({ preventScroll: true });
  });
  const on = kit.button("One more epoch", () => { state.epoch += 1; });
  const next = kit.button("Next network", () => {
    seen = 0;
    state.network = (state.network % networks) + 1;
    state.epoch = state.stops[state.network - 1] || FIRST;
  });
  const settings = kit.element("div", { class: "kit-controls" });
  root.append(settings);
  kit.slider("patience", { label: "Patience of the rule", into: settings });
  kit.choices("images", { label: "Validation images", into: settings });
  kit.listen(kit.reset(), "click", () => { seen = 0; });

  const spoken = () => {
    const { score, kept } = keptBy(curve(), state.epoch);
    return `epoch ${state.epoch}, validation accuracy ${percent(curve()[state.epoch - 1])}, best ${percent(score)} at epoch ${kept}`;
  };
  const curve = (network = state.network) => game.validation[state.images][network - 1];

  kit.draw(() => {
    const stopped = state.stops[state.network - 1];
    if (stopped) seen = stopped;
    else seen = Math.max(seen, state.epoch);
    state.epoch = seen;

    const values = curve();
    const tests = game.test[state.network - 1];
    const points = values.map((value, i) => [i + 1, value]);
    const yours = keptBy(values, seen);
    const its = patienceRule(values, state.patience);
    const top = tests.indexOf(Math.max(...tests)) + 1;
    const result = (kept, paid) => `${percent(tests[kept - 1])}, ${paid} epochs`;

    validation.set(points.slice(0, seen));
    rest.set(stopped ? points.slice(seen - 1) : []);
    test.set(stopped ? tests.map((value, i) => [i + 1, value]) : []);
    best.set([[yours.kept, yours.score]]);
    yourKept.set(stopped ? [[yours.kept, tests[yours.kept - 1]]] : []);
    ruleKept.set(stopped ? [[its.kept, tests[its.kept - 1]]] : []);
    ruleStop.set(stopped ? its.stop : null);
    testName.set(game.epochs, stopped ? tests.at(-1) : 0, stopped ? "test" : "");
    validationName.set(game.epochs, values.at(-1), stopped ? "validation" : "");
    runningName.set(seen, values[seen - 1], stopped || seen > 0.7 * game.epochs ? "" : "validation");

    you(stopped ? result(yours.kept, stopped) : `epoch ${seen}`);
    rule(stopped ? result(its.kept, its.stop) : "hidden");
    oracle(stopped ? `${percent(tests[top - 1])}, epoch ${top}` : "hidden");
    stop.hidden = on.hidden = Boolean(stopped);
    on.disabled = seen >= game.epochs;
    next.hidden = !stopped;
    note.set(stopped ? tally() : question(yours, seen));
  });

  function question({ kept, score }, epoch) {
    const waited = epoch - kept;
    const ago = waited === 0 ? "now" : `${waited} epoch${waited > 1 ? "s" : ""} ago`;
    return `Network ${state.network} of ${networks}. Best validation accuracy so far: ${percent(score)}, ${ago}. Train on, or stop and keep those weights?`;
  }

  /** Both players' means over the networks that the reader has stopped. */
  function tally() {
    const played = state.stops.flatMap((stopped, i) => (stopped ? [i] : []));
    const mean = (of) => played.reduce((sum, i) => sum + of(i), 0) / played.length;
    const yours = (i) => keptBy(curve(i + 1), state.stops[i]).kept;
    const its = (i) => patienceRule(curve(i + 1), state.patience);
    const score = (kept) => percent(mean((i) => game.test[i][kept(i) - 1]));
    const paid = (epochs) => Math.round(mean(epochs));
    return `${played.length} of ${networks} networks, mean on the test images: you reach ${score(yours)} in ${paid((i) => state.stops[i])} epochs, `
      + `patience ${state.patience} reaches ${score((i) => its(i).kept)} in ${paid((i) => its(i).stop)}.`;
  }
}

/** The first best epoch up to this one, and its score. */
function keptBy(values, last) {
  const score = Math.max(...values.slice(0, last));
  return { kept: values.indexOf(score) + 1, score };
}

function patienceRule(values, patience) {
  let kept = 1;
  for (let epoch = 2; epoch <= values.length; epoch += 1) {
    if (values[epoch - 1] > values[kept - 1]) kept = epoch;
    else if (epoch - kept >= patience) return { kept, stop: epoch };
  }
  return { kept, stop: values.length };
}
