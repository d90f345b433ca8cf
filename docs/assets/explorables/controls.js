// Native controls bound to the state, and readouts; README.md has their options.
import { color, element } from "./dom.js";
import { format } from "./format.js";

let serial = 0;

function bind(kit, name, kind) {
  const target = kit.one(name);
  if (target.spec.kind !== kind) throw new Error(`this control needs a ${kind}, and the state "${name}" is a ${target.spec.kind}`);
  return target;
}

export function slider(kit, parent, name, { label, format: how, stride = 1 } = {}) {
  const target = bind(kit, name, "number");
  const { spec } = target;
  const id = `kit-${(serial += 1)}`;
  const forward = spec.log ? Math.log10 : Number;
  const input = element("input", { type: "range", id, min: forward(spec.min), max: forward(spec.max), step: spec.log ? spec.step / 10 : spec.step });
  const output = element("output", { for: id });
  parent.append(element("div", { class: "kit-slider" }, element("label", { for: id }, label ?? name), output, input));
  kit.listen(input, "input", () => {
    const value = Number(input.value);
    target.set(spec.log ? 10 ** value : value);
  });
  // A native range moves by one tiny step of its own; these keys move by the state's step instead.
  kit.listen(input, "keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    target.set(spec.move(target.get(), steps * stride * (event.shiftKey ? 10 : 1)));
  });
  kit.decorations.push(() => {
    const value = target.get();
    if (Math.abs(Number(input.value) - forward(value)) > 1e-9) input.value = forward(value);
    const text = format(value, how ?? spec.format);
    if (output.textContent !== text) output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    input.style.setProperty("--share", (forward(value) - forward(spec.min)) / (forward(spec.max) - forward(spec.min)));
  });
  return input;
}

export function choices(kit, parent, name, { label, names = {}, colors = {} } = {}) {
  const target = bind(kit, name, "choice");
  const group = `kit-${(serial += 1)}`;
  const inputs = target.spec.values.map((value) => {
    const input = element("input", { type: "radio", name: group, value });
    kit.listen(input, "change", () => target.set(value));
    return input;
  });
  const options = inputs.map((input, index) => {
    const value = target.spec.values[index];
    return element("label", { style: colors[value] ? `--chosen:${color(colors[value])}` : null }, input, element("span", {}, names[value] ?? String(value)));
  });
  parent.append(element("fieldset", { class: "kit-choices" }, element("legend", {}, label ?? name), element("div", {}, ...options)));
  kit.decorations.push(() => inputs.forEach((input, index) => { input.checked = target.spec.values[index] === target.get(); }));
  return inputs;
}

export function toggle(kit, parent, name, { label } = {}) {
  const target = bind(kit, name, "flag");
  const input = element("input", { type: "checkbox" });
  parent.append(element("label", { class: "kit-toggle" }, input, element("span", {}, label ?? name)));
  kit.listen(input, "change", () => target.set(input.checked));
  kit.decorations.push(() => { input.checked = target.get(); });
  return input;
}

export function button(kit, parent, label, onPress, { className = "", name } = {}) {
  const node = element("button", { type: "button", class: `kit-button ${className}`, "aria-label": name, title: name }, label);
  kit.listen(node, "click", onPress);
  parent.append(node);
  return node;
}

export function readout(kit, parent, { label, format: how, color: name, unit = "" }) {
  const value = element("dd", { style: name ? `color:${color(name)}` : null }, "–");
  parent.append(element("div", { class: "kit-readout" }, element("dt", {}, label), value));
  return {
    set(number) {
      const text = format(number, how) + unit;
      if (value.textContent === text) return;
      value.textContent = text;
      kit.announce(`${label}: ${text}`, label);
    },
  };
}
