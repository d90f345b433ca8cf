// Two pulls on the gap between logits: the label's, which fades but never ends, and the smoothing's, which stays; where they meet, training stops.
export const parts = ["play"];

const FRAMES = 80; // twenty to a factor of ten
const WIDEST = 18;
const FAINTEST = 1e-6;
const POWERS = [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6].map((value, i) => ({ value, text: i ? `10${["⁻¹", "⁻²", "⁻³", "⁻⁴", "⁻⁵", "⁻⁶"][i - 1]}` : "1" }));
const STEPS = [1, 10, 100, 1000, 10000].map((value) => ({ value, text: value.toLocaleString("en-US") }));

export default function (root, record, kit) {
  const state = kit.state({
    start: kit.number(0, { min: 0, max: 13, step: 0.1 }),
    frame: kit.number(40, { min: 0, max: FRAMES, step: 1 }),
    eps: kit.number(0.1, { min: 0, max: 0.4, step: 0.01 }),
    classes: kit.choice("10", ["2", "10", "1000"]),
  });

  const tug = kit.plot({
    alt: "The label's pull on the gap falls with the gap; the smoothing's is constant; the two cross where training stops",
    x: { min: 0, max: WIDEST, label: "gap: logit of the true class − each other" },
    y: { min: FAINTEST, max: 2, log: true, label: "pull on the gap", ticks: POWERS },
    aspect: 0.62,
  });
  const back = tug.line({ color: "orange", width: 2.5 });
  const out = tug.line({ color: "blue", width: 2.5 });
  const networks = tug.points({ color: "ink", radius: 4, hollow: true });
  const networksName = tug.text({ color: "ink", anchor: "start", size: 12 });
  const outName = tug.text({ color: "blue", anchor: "end", dx: -10, bold: true });
  const backName = tug.text({ color: "orange", anchor: "end", dy: -14, bold: true });
  const net = tug.line({ color: "orange", width: 3.5 });
  const netHard = tug.line({ color: "grey", width: 3.5 });
  const ballHard = tug.points({ color: "grey", radius: 8 });
  const ball = tug.points({ color: "orange", radius: 8 });
  tug.handle({
    x: "start", at: () => [null, pull(state.start, Number(state.classes))], label: "Gap at the start", color: "ink", radius: 7,
    describe: () => `${kit.format(state.start, ".1f")}`,
  });

  const course = kit.plot({
    alt: "The gap against the number of training steps, with hard and with smoothed labels",
    x: { min: 1, max: 10000, log: true, label: "training steps", ticks: STEPS },
    y: { min: 0, max: WIDEST, label: "gap" },
    aspect: 0.62,
    right: 12,
  });
  const limit = course.rule({ axis: "y", color: "orange", dash: "5 4" });
  const hardCourse = course.line({ color: "grey", width: 2.5 });
  const smoothCourse = course.line({ color: "orange", width: 2.5 });
  const hardName = course.text({ color: "grey", anchor: "end", dx: -4, dy: -10, bold: true });
  const limitName = course.text({ color: "orange", anchor: "end", dx: -4, dy: 4, bold: true });
  const now = course.points({ color: "orange", radius: 7 });
  const nowHard = course.points({ color: "grey", radius: 7 });

  const shown = {
    hard: kit.readout({ label: "Gap, hard labels", color: "grey", format: ".2f" }),
    smooth: kit.readout({ label: "Gap, smoothed", color: "orange", format: ".2f" }),
    stop: kit.readout({ label: "Stops at", color: "orange", format: (gap) => (Number.isFinite(gap) && gap >= 0 ? kit.format(gap, ".2f") : "never") }),
    sure: kit.readout({ label: "Probability, smoothed", color: "orange", format: (p) => kit.format(100 * p, ".1f") + "%" }),
  };
  kit.slider("eps", { label: "Smoothing ε", format: ".2f" });
  kit.choices("classes", { label: "Classes", names: { 2: "2", 10: "10", 1000: "1,000" } });
  kit.stepper("frame", { label: "Train", perSecond: 20, format: (frame) => `${stepsAt(frame).toLocaleString("en-US")} steps` });
  kit.reset();

  kit.draw(() => {
    const classes = Number(state.classes);
    const { eps } = state;
    const shut = eps * (1 - 1 / classes);
    const stop = eps ? Math.log(1 + classes * (1 - eps) / eps) : Infinity;

    const curve = Array.from({ length: 181 }, (_, i) => [i / 10, pull(i / 10, classes)]);
    out.set(curve);
    back.set(shut ? [[0, shut], [WIDEST, shut]] : []);
    const at = Math.log(classes) + 8.5;
    outName.set(at, pull(at, classes), "label: open");
    backName.set(WIDEST, shut || 1, shut ? "smoothing: shut" : "no smoothing");
    const trained = classes === 10 ? Object.entries(record.theory.back).filter(([, height]) => height) : [];
    networks.set(trained.map(([name, height]) => [record.tasks.clean[name].gap.mean, height]));
    networksName.set(3.3, 0.9, trained.length ? "○ networks we trained" : "");

    const smooth = run(state.start, eps, classes);
    const hard = run(state.start, 0, classes);
    const [gap, gapHard] = [smooth[state.frame], hard[state.frame]];
    ball.set([[gap, pull(gap, classes)]]);
    ballHard.set([[gapHard, pull(gapHard, classes)]]);
    net.set(arrow(gap, pull(gap, classes), shut));
    netHard.set(arrow(gapHard, pull(gapHard, classes), 0));

    const line = (gaps) => gaps.flatMap((value, i) => (stepsAt(i) ? [[stepsAt(i), value]] : []));
    hardCourse.set(line(hard));
    smoothCourse.set(line(smooth));
    limit.set(Number.isFinite(stop) ? stop : null);
    hardName.set(10000, hard[FRAMES], "hard labels");
    limitName.set(10000, Number.isFinite(stop) ? stop + (stop < 3 ? 1.4 : -1.4) : 0, Number.isFinite(stop) ? `ε = ${kit.format(eps, ".2f")}` : "");
    const step = Math.max(1, stepsAt(state.frame));
    now.set([[step, gap]]);
    nowHard.set([[step, gapHard]]);

    shown.hard.set(gapHard);
    shown.smooth.set(gap);
    shown.stop.set(Number.isFinite(stop) ? stop : -1);
    shown.sure.set(1 - pull(gap, classes));
  });
}

const stepsAt = (frame) => Math.round(10 ** (frame / 20)) - (frame === 0 ? 1 : 0);

/** How strongly the label pulls the gap open: one minus the probability of the true class. */
const pull = (gap, classes) => (classes - 1) / (classes - 1 + Math.exp(gap));

/** Which pull is stronger and by how many powers of ten, at most two; one unit of the axis for each. */
function arrow(gap, open, shut) {
  const length = shut ? Math.max(-2, Math.min(2, Math.log10(open / shut))) : 2;
  if (Math.abs(length) < 0.02) return [];
  const tip = gap + length;
  const barb = tip - 0.4 * Math.sign(length);
  return [[gap, open], [tip, open], [Infinity, Infinity], [barb, open * 1.6], [tip, open], [barb, open / 1.6]];
}

/** The gap at each frame: gradient descent at rate 1 on the logits of one example. */
function run(start, eps, classes) {
  const shut = eps * (1 - 1 / classes);
  const gaps = [start];
  let gap = start;
  for (let frame = 1, step = 0; frame <= FRAMES; frame += 1) {
    for (; step < stepsAt(frame); step += 1) gap += (classes / (classes - 1)) * (pull(gap, classes) - shut);
    gaps.push(gap);
  }
  return gaps;
}
