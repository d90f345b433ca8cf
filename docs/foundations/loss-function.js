// Five targets on a line and the average loss of every prediction: each loss rests somewhere else, and the third loss is yours to bend.
const TOP = 16;
const KNOTS = [-12, -6, 0, 6, 12]; // prediction minus target, where your loss has its handles
const SHAPES = { "9 : 1": [9, 4.5, 0, 0.5, 1], "1 : 1": [5, 2.5, 0, 2.5, 5], "1 : 9": [1, 0.5, 0, 4.5, 9], "Capped": [5, 5, 0, 5, 5] };
const SHOWN = ["squared", "absolute", "own"];
const COLORS = { squared: "blue", absolute: "orange", own: "green" };
const RADII = { squared: 12, absolute: 9, own: 6 }; // balls at the same place stay visible
const SIZE = 0.055; // height at which the balls lie

export default function (root, record, kit) {
  const { near } = record.five;
  const state = kit.state({
    y: kit.numbers(near.targets, { min: 0, max: TOP, step: 0.5 }),
    own: kit.numbers(SHAPES["9 : 1"], { min: 0, max: 10, step: 0.1 }),
  });

  const plot = kit.plot({
    alt: "Five targets on a line, above them the average loss of every prediction under three losses, with a ball in each minimum",
    x: { min: -0.5, max: TOP + 0.5, label: "prediction, and the five targets", ticks: [0, 4, 8, 12, 16] },
    y: { min: -0.17, max: 1.02, label: "average loss, each to its own scale", ticks: [] },
    aspect: 0.52, minHeight: 240,
  });
  plot.rule({ axis: "y", color: "rule", dash: "none" }).set(0);
  const curves = each((name) => plot.line({ color: COLORS[name], width: 2.5 }));
  const flats = each((name) => plot.line({ color: COLORS[name], width: 7, opacity: 0.45 }));
  const balls = each((name) => plot.points({ color: COLORS[name], radius: RADII[name] }));
  for (const i of near.targets.keys()) {
    plot.handle({ x: `y.${i}`, at: () => [null, -0.09], label: `Target ${i + 1}`, color: "ink", radius: 6, describe: () => kit.format(state.y[i]) });
  }

  const shape = kit.plot({
    alt: "What one miss costs under the three losses; the five handles of the third can be moved",
    x: { min: -13, max: 13, label: "prediction − target", ticks: KNOTS },
    y: { min: 0, max: 10, label: "your price of one miss (green)", ticks: [0, 5, 10] },
    aspect: 0.52, minHeight: 200,
  });
  const prices = each((name) => shape.line({ color: COLORS[name], width: name === "own" ? 3 : 1.6, opacity: name === "own" ? 1 : 0.7 }));
  shape.text({ color: "blue", anchor: "end" }).set(9.8, 8.6, "squared");
  shape.text({ color: "orange", anchor: "start" }).set(-12.6, 2.95, "absolute");
  const yours = shape.text({ color: "green", anchor: "end", bold: true });
  KNOTS.forEach((knot, i) => shape.handle({
    y: `own.${i}`, at: () => [knot, null], color: "green", radius: 6, label: side(knot), describe: () => `price ${kit.format(state.own[i])}`,
  }));

  const shown = {
    squared: kit.readout({ label: "Squared: the mean", color: "blue", format: (value) => kit.format(value, ".1f") }),
    absolute: kit.readout({ label: "Absolute: the median", color: "orange", format: (value) => kit.format(value, ".1f") }),
    own: kit.readout({ label: "Your loss", color: "green", format: () => best.own.map(place).join(" and ") }),
  };
  for (const [label, heights] of Object.entries(SHAPES)) kit.button(label, () => { state.own = [...heights]; });
  kit.reset();
  const meaning = kit.note();

  let best = {};
  const errors = Array.from({ length: 53 }, (_, i) => i / 2 - 13);
  prices.squared.set(errors.map((e) => [e, e * e / 14.4]));
  prices.absolute.set(errors.map((e) => [e, Math.abs(e) * 5 / 12]));

  kit.draw(() => {
    const { y } = state;
    const own = (error) => along(error, state.own);
    const sorted = [...y].sort((a, b) => a - b);
    const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
    best = { squared: [[mean, mean]], absolute: [[sorted[2], sorted[2]]], own: lowest(own, y) };
    for (const [name, loss] of Object.entries({ squared: (e) => e * e, absolute: Math.abs, own })) {
      const risk = (c) => y.reduce((sum, target) => sum + loss(c - target), 0) / y.length;
      const at = [...Array.from({ length: 129 }, (_, i) => i * TOP / 128), ...y, ...best[name].flat()].sort((a, b) => a - b);
      const values = at.map(risk);
      const floor = risk(best[name][0][0]);
      const range = Math.max(...values) - floor || 1;
      curves[name].set(at.map((c, i) => [c, (values[i] - floor) / range]));
      const gap = [Infinity, Infinity];
      flats[name].set(best[name].flatMap(([from, to]) => (from < to ? [[from, 0], [to, 0], gap] : [])));
      balls[name].set([...new Set(best[name].flat())].map((c) => [c, SIZE]));
      shown[name].set(best[name][0][0]);
    }
    prices.own.set(errors.map((e) => [e, own(e)]));
    const end = state.own[4];
    yours.set(12.6, end > 7 ? end - 2.6 : Math.max(end, 1) + 1.1, "yours");
    meaning.set(named(state.own, best.own));
  });
}

const each = (make) => Object.fromEntries(SHOWN.map((name) => [name, make(name)]));

const side = (knot) => (knot === 0 ? "Price of a hit" : `Price ${Math.abs(knot)} too ${knot < 0 ? "low" : "high"}`);

/** Your loss: straight between the handles, on as before beyond them, but never downhill. */
function along(error, heights) {
  const i = error < -6 ? 0 : error < 0 ? 1 : error < 6 ? 2 : 3;
  const slope = (heights[i + 1] - heights[i]) / 6;
  if (error < -12) return heights[0] + Math.min(0, slope) * (error + 12);
  if (error > 12) return heights[4] + Math.max(0, slope) * (error - 12);
  return heights[i] + slope * (error - KNOTS[i]);
}

/** Where the average is smallest, as [from, to]: for a sum of straight pieces that is at corners or ends, or all the way between two. */
function lowest(loss, y) {
  const corners = y.flatMap((target) => KNOTS.map((knot) => target + knot)).filter((c) => c >= 0 && c <= TOP);
  const at = [...new Set([0, TOP, ...corners])].sort((a, b) => a - b);
  const risks = at.map((c) => y.reduce((sum, target) => sum + loss(c - target), 0));
  const floor = Math.min(...risks);
  const found = [];
  at.forEach((c, i) => {
    if (risks[i] - floor >= 1e-9) return;
    if (i > 0 && found.at(-1)?.[1] === at[i - 1]) found.at(-1)[1] = c; // straight in between
    else found.push([c, c]);
  });
  return found;
}

const place = ([from, to]) => (from < to ? `${from.toFixed(1)} … ${to.toFixed(1)}` : from.toFixed(1));

/** What your loss asks for, if it has a name. */
function named([a, b, c, d, e], best) {
  const close = (one, other) => Math.abs(one - other) < 0.06;
  if (c > 0 || !close(a, 2 * b) || !close(e, 2 * d) || a + e === 0) {
    const many = best.length > 1 || best[0][0] < best[0][1];
    return `Bent arms have no textbook name. ${many ? "The green balls are" : "The green ball is"} where their average is lowest.`;
  }
  const tied = best[0][0] < best[0][1];
  if (close(a, e)) return "Two equal arms: the absolute error, and so the median.";
  const share = Math.round(100 * a / (a + e));
  const between = tied ? " Anything from there to the next target costs the same." : "";
  return `Straight arms, ${Number(a.toFixed(1))} : ${Number(e.toFixed(1))}. Best is the smallest prediction that reaches ${share}% of the targets.${between}`;
}
