// Labelled bars: a distribution or counts, to read or to drag, with a reference beside each.
import { color, element } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("bars.css", import.meta.url);
export const install = (kit, place) => { kit.bars = place(bars, "kit-plots"); };

/** kit.bars: see README.md. With `state`, the name of a kit.numbers, each bar is a slider. */
export function bars(kit, parent, {
  alt, names, state, min = 0, max = 1, vertical = false, color: role = "blue", colors = [], format: how = "percent", reference, height = 150, label,
}) {
  if (!alt) throw new Error("bars need alt: what they show, for readers who cannot see them");
  const targets = state ? names.map((_, index) => kit.one(`${state}.${index}`)) : [];
  const [low, high] = state ? [targets[0].spec.min, targets[0].spec.max] : [min, max];
  const share = (value) => Math.min(Math.max((value - low) / (high - low), 0), 1);
  const zero = share(0);
  // As wide as the widest value, so that a track does not move while its bar is dragged.
  const widest = Math.max(...[low, high, low + (high - low) / 3].map((value) => format(value, how).length));
  const box = element("div", {
    class: `kit-bars ${vertical ? "kit-vertical" : "kit-horizontal"}`, role: state ? "group" : "list", "aria-label": alt, style: `--count:${names.length};--height:${height}px;--zero:${zero};--widest:${widest}ch`,
  });
  const rows = names.map((name, index) => {
    const input = state ? element("input", { type: "range", min: low, max: high, step: targets[index].spec.step, "aria-label": name, "aria-orientation": vertical ? "vertical" : "horizontal" }) : null;
    const fill = element("span", { class: "kit-bar-fill", style: `background:${color(colors[index] ?? role)}` });
    const mark = reference ? element("span", { class: "kit-bar-mark", hidden: true }) : null;
    const value = element("span", { class: "kit-bar-value" });
    const track = element("span", { class: "kit-bar-track" }, input, fill, mark);
    const row = element("div", { class: "kit-bar", role: state ? null : "listitem" }, element("span", { class: "kit-bar-name" }, name), track, value);
    box.append(row);
    if (input) listen(input, targets[index]);
    return { input, fill, mark, value, row, name };
  });
  const caption = label || reference ? element("p", { class: "kit-bars-label" }, label, label && reference ? " · " : null,
    reference ? element("span", { class: "kit-bar-key" }, reference) : null) : null;
  parent.append(element("div", { class: "kit-bars-box" }, caption, box));

  function listen(input, target) {
    kit.listen(input, "input", () => target.set(Number(input.value)));
    kit.listen(input, "keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      target.set(target.spec.move(target.get(), steps * (event.shiftKey ? 10 : 1)));
    });
  }

  function draw(values, { reference: beside, highlight } = {}) {
    if (values.length !== names.length) throw new Error(`${names.length} bars need as many values, not ${values.length}`);
    rows.forEach(({ input, fill, mark, value, row, name }, index) => {
      if (!Number.isFinite(values[index])) throw new Error(`the bar "${name}" of "${alt}" cannot be ${values[index]}`);
      const at = share(values[index]);
      fill.style.setProperty("--from", Math.min(at, zero));
      fill.style.setProperty("--to", Math.max(at, zero));
      fill.classList.toggle("kit-below", at < zero);
      const text = format(values[index], how);
      if (value.textContent !== text) value.textContent = text;
      if (input) {
        if (Math.abs(Number(input.value) - values[index]) > 1e-9) input.value = values[index];
        input.setAttribute("aria-valuetext", text);
      }
      row.classList.toggle("kit-highlight", index === highlight);
      if (!mark) return;
      mark.hidden = !Number.isFinite(beside?.[index]);
      if (mark.hidden) return;
      mark.style.setProperty("--at", share(beside[index]));
      mark.title = `${reference}: ${format(beside[index], how)}`;
    });
  }

  const made = { set: (values, options) => draw(values, options) };
  if (state) {
    let options;
    made.set = (next) => { options = next; };
    kit.decorations.push(() => draw(kit.one(state).get(), options));
  }
  return made;
}
