// One image through a trained network, product by product: each unit and each logit is a bias and a sum that the reader closes.
export const parts = ["matrix", "image", "play"];
const [SIDE, UNITS, CLASSES] = [8, 32, 10];
const GAP = [Infinity, Infinity];
const names = Array.from({ length: CLASSES }, (_, digit) => String(digit));

export default function (root, record, kit) {
  const net = unpack(record.net, record.settings.unit);
  const originals = record.net.images.map((image) => image.map((ink) => ink / 16));
  const rows = (values, columns) => Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));
  const state = kit.state({
    image: kit.grid(rows(originals[record.net.digit], SIDE)),
    of: kit.choice("unit", ["unit", "logit"]),
    unit: kit.number(record.net.unit, { min: 0, max: UNITS - 1, step: 1 }),
    logit: kit.number(record.net.digit, { min: 0, max: CLASSES - 1, step: 1 }),
    added: kit.number(12, { min: 0, max: SIDE * SIDE, step: 1 }),
    show: kit.choice("values", ["values", "changes"]),
  });

  const top = kit.element("div", { class: "kit-cells", style: "align-items:flex-start" });
  const tools = kit.element("div", { class: "kit-tools", style: "align-items:center" });
  root.append(top, tools);
  kit.paint("image", { label: "Image: paint on it", size: 162, clear: "", into: top });
  const products = kit.matrix({ label: "Products", title: "", scale: "diverging", numbers: false, cell: 20, format: ".3f", into: top });
  const heading = kit.element("div", { class: "kit-title" });
  products.box.prepend(heading);
  const open = (of) => (row, column) => { state.of = of; state[of] = row * SIDE + column; };
  const hidden = kit.matrix({
    label: "32 hidden units: press one", scale: "diverging", format: ".1f", cell: 38, readout: false, press: open("unit"), into: top,
    rowName: "units, row", columnName: "place",
  });
  tools.append(kit.element("span", { class: "kit-title" }, "Digit"));
  originals.forEach((image, digit) => kit.button(names[digit], () => { state.image = image; }, { into: tools }));
  const logits = kit.matrix({
    label: "10 logits: press one", scale: "diverging", format: ".1f", cell: 46, readout: false, press: open("logit"),
    columnLabels: names, rowName: "logits",
  });

  const plot = kit.plot({
    alt: "The running total, from the bias to the value that the layer computes, one product after another, the largest first",
    x: { min: -1.3, max: 65.3, label: "products added, largest first" }, y: { min: -1, max: 5, label: "running total" }, aspect: 0.36, minHeight: 170, maxHeight: 240,
  });
  const end = plot.rule({ axis: "y", color: "ink", dash: "5 4" });
  const later = plot.line({ color: "rule", width: 4 });
  const up = plot.line({ color: "positive", width: 4 });
  const down = plot.line({ color: "negative", width: 4 });
  const at = plot.points({ color: "ink", radius: 5 });
  const endName = plot.text({ color: "ink", anchor: "end", dx: -4, dy: -9, bold: true });

  let after = "";
  const shown = {
    bias: kit.readout({ label: "Bias", format: ".4f" }),
    sum: kit.readout({ label: "Sum of products", format: ".4f" }),
    total: kit.readout({ label: "Bias + sum", format: ".4f" }),
    layer: kit.readout({ label: "The layer gives", format: ".4f" }),
    after: kit.readout({ label: "Passed on", format: () => after }),
  };
  const readouts = root.querySelector(".kit-readouts"); // in equal columns, so that a longer number moves nothing
  readouts.style.cssText = "display:grid;grid-template-columns:repeat(auto-fit,minmax(108px,1fr));column-gap:16px";
  const passedOn = readouts.querySelector(".kit-readout:last-child dt");
  kit.stepper("added", { label: "Products added", perSecond: 12, format: (added) => `${Math.min(added, count())} of ${count()}` });
  kit.choices("show", { label: "Units and logits show", names: { values: "Values", changes: "Changes by painting" } });
  kit.reset();
  const note = kit.note();

  const count = () => (state.of === "unit" ? SIDE * SIDE : UNITS);

  kit.draw(() => {
    const isUnit = state.of === "unit";
    const pass = forward(net, state.image);
    const base = originals[nearest(originals, state.image)];
    const before = forward(net, base);
    const target = isUnit ? state.unit : state.logit;
    const layer = isUnit ? net.first : net.second;
    const input = isUnit ? state.image : pass.h;
    const terms = layer.weights[target].map((weight, i) => weight * input[i]);
    const bias = layer.bias[target];
    const value = (isUnit ? pass.z : pass.logits)[target];
    const order = terms.map((_, i) => i).sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a]) || a - b);
    const added = Math.min(state.added, terms.length);
    const taken = new Set(order.slice(0, added));

    products.set(rows(terms.map((term, i) => (taken.has(i) ? term : null)), SIDE));
    heading.textContent = isUnit ? `Products, unit ${target + 1}` : `Products, logit ${target}`;
    const changes = state.show === "changes";
    hidden.set(rows(changes ? pass.h.map((h, j) => h - before.h[j]) : pass.h, SIDE));
    logits.set([changes ? pass.logits.map((z, k) => z - before.logits[k]) : pass.logits]);
    hidden.light(isUnit ? { row: Math.floor(target / SIDE), column: target % SIDE } : {});
    logits.light(isUnit ? {} : { row: 0, column: target });

    const totals = [bias];
    for (const i of order) totals.push(totals.at(-1) + terms[i]);
    const bars = (keep) => order.flatMap((_, i) => (keep(i) ? [[i + 0.5, totals[i]], [i + 0.5, totals[i + 1]], GAP] : []));
    plot.domain({ x: [-0.02 * terms.length, 1.02 * terms.length], y: widen(Math.min(0, ...totals), Math.max(0, ...totals)) });
    later.set(bars((i) => i >= added));
    up.set(bars((i) => i < added && totals[i + 1] > totals[i]));
    down.set(bars((i) => i < added && totals[i + 1] < totals[i]));
    at.set([[added, totals[added]]]);
    end.set(value);
    endName.set(terms.length, value, isUnit ? "pre-activation" : `logit of ${target}`);

    shown.bias.set(bias);
    shown.sum.set(totals[added] - bias);
    shown.total.set(totals[added]);
    shown.layer.set(value);
    passedOn.textContent = isUnit ? "After ReLU" : "After softmax";
    const share = () => kit.numeric.softmax(kit.numeric.matrix(1, CLASSES, Float64Array.from(pass.logits))).data[target];
    after = isUnit ? kit.format(pass.h[target], ".4f") : `${kit.format(100 * share(), ".1f")}%`;
    shown.after.set(isUnit ? pass.h[target] : value);
    note.set(tell(net, state, base, before, pass, totals[added] === value && added === terms.length, kit));
  });
}

function unpack({ w1, b1, w2, b2 }, unit) {
  const layer = (weights, bias) => ({ weights: weights.map((row) => row.map((w) => w / unit)), bias: bias.map((b) => b / unit) });
  return { first: layer(w1, b1), second: layer(w2, b2) };
}

const affine = ({ weights, bias }, x) => weights.map((row, j) => row.reduce((sum, w, i) => sum + w * x[i], bias[j]));

function forward(net, image) {
  const z = affine(net.first, image);
  const h = z.map((value) => Math.max(value, 0));
  return { z, h, logits: affine(net.second, h) };
}

/** The original that the painted image came from: the one with the fewest changed pixels. */
function nearest(originals, image) {
  const changed = originals.map((one) => one.filter((ink, i) => ink !== image[i]).length);
  return changed.indexOf(Math.min(...changed));
}

function widen(low, high) {
  const room = 0.12 * (high - low || 1);
  return [low - room, high + room];
}

/** What painting did, and what the weights alone foretell as long as no ReLU switches. */
function tell(net, state, base, before, pass, closed, kit) {
  const pixels = base.filter((ink, i) => ink !== state.image[i]).length;
  if (!pixels && state.show === "changes") return "Nothing painted yet: paint a pixel.";
  if (!pixels) return closed ? "The sum is complete: bias + sum is the layer’s value, to the last bit." : "";
  const moved = pass.h.filter((h, j) => h !== before.h[j]).length;
  const flipped = pass.z.filter((z, j) => z > 0 !== before.z[j] > 0).length;
  const foretold = net.second.weights[state.logit].reduce((sum, w, j) => (before.z[j] > 0 ? sum + w * (pass.z[j] - before.z[j]) : sum), 0);
  const signed = (value) => (value > 0 ? "+" : "") + kit.format(value, ".3f");
  const [many, other] = [pixels === 1 ? "1 pixel" : pixels + " pixels", flipped === 1 ? "1 ReLU" : flipped ? flipped + " ReLUs" : "no ReLU"];
  return `You changed ${many}: ${moved} of 32 units moved, ${other} switched. The logit of ${state.logit} moved by ${signed(pass.logits[state.logit] - before.logits[state.logit])}; the weights alone, with every ReLU as it was, say ${signed(foretold)}.`;
}
