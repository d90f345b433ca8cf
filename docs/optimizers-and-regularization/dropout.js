// Two trained networks whose hidden units the reader removes: which of them breaks?
const NETS = ["plain", "dropout"];
const NAMES = { plain: "Trained without dropout", dropout: "Trained with dropout" };
const COLORS = { plain: "grey", dropout: "purple" };
const WORST = 1; // bit 0 of the state: the unit that is missed most
const percent = (share) => `${(100 * share).toFixed(1)}%`;

export default function (root, record, kit) {
  const { surgery } = record;
  const units = surgery.plain.v.length;
  const all = 2 ** units - 1;
  const state = kit.state(Object.fromEntries(NETS.map((name) => [name, kit.number(WORST, { min: 0, max: all, step: 1 })])));
  const panels = kit.element("div", { class: "kit-plots" });
  root.append(panels);
  const views = NETS.map((name) => createView(name, panels));

  kit.button("Remove the most missed unit", () => {
    for (const { name, net } of views) {
      const costs = net.costs(state[name]);
      const worst = costs.indexOf(Math.max(...costs));
      if (worst >= 0 && state[name] !== all) state[name] += 2 ** worst;
    }
  });
  kit.button("Drop half at random", () => {
    for (const name of NETS) state[name] = randomHalf(units);
  });
  kit.button("Restore all", () => { for (const name of NETS) state[name] = 0; });
  kit.reset();
  kit.draw(() => views.forEach((view) => view.draw()));

  function createView(name, parent) {
    const net = createNet(surgery[name], surgery.points, surgery.classes);
    const panel = kit.element("div");
    const numbers = kit.element("dl", { class: "kit-readouts", style: "margin:0 0 6px" });
    panel.append(numbers);
    parent.append(panel);
    const accuracy = kit.readout({ label: `${NAMES[name]}: accuracy`, color: COLORS[name], format: percent, into: numbers });
    const plot = kit.plot({ alt: `Two moons and what the network makes of them: ${NAMES[name].toLowerCase()}`, into: panel,
      x: { min: -1.7, max: 2.7 }, y: { min: -1.2, max: 1.7 }, bare: true, aspect: 0.62 });
    const shade = plot.heat({ colors: ["positive", "paper", "negative"], opacity: 0.4, columns: 44, rows: 29 });
    const intact = plot.contours({ color: "muted", width: 1.2 });
    const points = [0, 1].map((k) => plot.points({ color: k ? "negative" : "positive", radius: 2.4 }));
    const boundary = plot.contours({ color: "ink", width: 2.4, columns: 48, rows: 32 });
    const buttons = createButtons(name, panel);
    let drawn;

    function draw() {
      if (drawn === undefined) {
        intact.set(net.logit(0), [0]);
        points.forEach((mark, k) => mark.set(surgery.shown.points.filter((_, i) => surgery.shown.classes[i] === k)));
      }
      if (drawn === state[name]) return;
      drawn = state[name];
      const logit = net.logit(drawn);
      shade.set((x, y) => 1 / (1 + Math.exp(-logit(x, y))));
      boundary.set(logit, [0]);
      accuracy.set(net.accuracy(drawn));
      buttons.show(drawn, net.costs(drawn));
    }
    return { name, net, draw };
  }

  /** One button for each unit; the disc in it shows what removing the unit would cost. */
  function createButtons(name, parent) {
    const box = kit.element("div", { role: "group", "aria-label": `Hidden units, ${NAMES[name].toLowerCase()}`,
      style: "display:grid;grid-template-columns:repeat(12,1fr);margin-top:6px" });
    const made = Array.from({ length: units }, (_, unit) => {
      const ring = kit.element("circle", { r: 11, fill: "none", "stroke-width": 1.5 });
      const disc = kit.element("circle", { fill: kit.color(COLORS[name]) });
      const cross = kit.element("path", { d: "M-5-5L5 5M-5 5L5-5", stroke: kit.color("bad"), "stroke-width": 2.2, "stroke-linecap": "round" });
      const svg = kit.element("svg", { viewBox: "-14 -14 28 28", width: "100%", height: 34, "aria-hidden": "true", style: "display:block;overflow:visible" }, ring, disc, cross);
      const button = kit.element("button", { type: "button", style: "padding:0;border:0;border-radius:8px;background:none;cursor:pointer;min-width:0;touch-action:manipulation" }, svg);
      kit.listen(button, "click", () => { state[name] += has(state[name], unit) ? -(2 ** unit) : 2 ** unit; });
      kit.listen(button, "focus", () => { if (button.matches(":focus-visible")) button.style.outline = `2px solid ${kit.color("orange")}`; });
      kit.listen(button, "blur", () => { button.style.outline = "none"; });
      kit.listen(button, "keydown", (event) => {
        const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 12, ArrowUp: -12 };
        const next = made[unit + (moves[event.key] ?? NaN)];
        if (!next) return;
        event.preventDefault();
        next.button.focus();
      });
      box.append(button);
      return { button, ring, disc, cross };
    });
    parent.append(box);
    return {
      show(cut, costs) {
        made.forEach(({ button, ring, disc, cross }, unit) => {
          const removed = has(cut, unit);
          const cost = Math.max(0, costs[unit]);
          ring.setAttribute("stroke", kit.color(removed ? "bad" : "rule"));
          disc.setAttribute("r", removed ? 0 : Math.min(11, 1 + 24 * Math.sqrt(cost)));
          cross.setAttribute("visibility", removed ? "visible" : "hidden");
          const text = removed ? "removed" : `removing it costs ${(100 * cost).toFixed(1)} points`;
          button.setAttribute("aria-label", `Unit ${unit + 1}: ${text}`);
          button.setAttribute("aria-pressed", removed);
          button.title = `Unit ${unit + 1}: ${text}`;
        });
      },
    };
  }
}

const has = (cut, unit) => Math.floor(cut / 2 ** unit) % 2 === 1;

function randomHalf(units) {
  const order = Array.from({ length: units }, (_, unit) => [Math.random(), unit]).sort(([a], [b]) => a - b);
  return order.slice(0, units / 2).reduce((cut, [, unit]) => cut + 2 ** unit, 0);
}

/** A 2-n-2 ReLU network without the units of `cut`; the others are scaled up, as dropout does in training. */
function createNet({ W, b, v, c }, points, classes) {
  const n = v.length;
  const part = (unit, x, y) => v[unit] * Math.max(0, W[unit][0] * x + W[unit][1] * y + b[unit]);
  const parts = v.map((_, unit) => Float64Array.from(points, ([x, y]) => part(unit, x, y))); // of each unit, for all points
  const order = Array.from({ length: n }, (_, unit) => unit);
  const keptBy = (cut) => order.filter((unit) => !has(cut, unit));
  const scale = (kept) => n / Math.max(kept, 1);

  /** z(x, y): the logit of class 1 against class 0. */
  function logit(cut) {
    const kept = keptBy(cut);
    const factor = scale(kept.length);
    return (x, y) => {
      let total = 0;
      for (const unit of kept) total += part(unit, x, y);
      return total * factor + c;
    };
  }
  function totals(kept) {
    const sums = new Float64Array(points.length);
    for (const unit of kept) for (let i = 0; i < sums.length; i += 1) sums[i] += parts[unit][i];
    return sums;
  }
  function right(sums, factor, without) {
    let hits = 0;
    for (let i = 0; i < sums.length; i += 1) hits += ((sums[i] - (without ? without[i] : 0)) * factor + c > 0) === (classes[i] === 1);
    return hits / sums.length;
  }
  function accuracy(cut) {
    const kept = keptBy(cut);
    return right(totals(kept), scale(kept.length));
  }
  /** What the accuracy loses if a further unit goes; nothing for the units that are gone. */
  function costs(cut) {
    const kept = keptBy(cut);
    const sums = totals(kept);
    const now = right(sums, scale(kept.length));
    const found = Array(n).fill(-Infinity);
    for (const unit of kept) found[unit] = now - right(sums, scale(kept.length - 1), parts[unit]);
    return found;
  }
  return { logit, accuracy, costs };
}
