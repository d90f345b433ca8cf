// Two views beside each other, one above the other on a phone, with the same axes and a place that both show.
import { color, element } from "./dom.js";

export const styles = new URL("compare.css", import.meta.url);

export function install(kit, place) {
  kit.compare = place(createCompare, "kit-pairs");
}

function createCompare(kit, row, { names, colors = [] }) {
  if (names?.length !== 2) throw new Error("a comparison has two names");
  const parent = element("div", { class: "kit-compare" });
  row.append(parent);
  const sides = names.map((name, index) => {
    const body = element("div", { class: "kit-side-body" });
    const title = element("div", { class: "kit-title", style: colors[index] ? `color:${color(colors[index])}` : null }, name);
    parent.append(element("section", { class: "kit-side", "aria-label": name }, title, body));
    return body;
  });
  let plots = [];
  const pair = {
    sides,
    /** make(name, index, side) for both; what it puts `into: side` stands under that name. */
    each: (make) => sides.map((side, index) => make(names[index], index, side)),
    /** Two plots with the same axes; each is called by its name and alt. */
    plots({ alt, x, y, ...rest }) {
      const make = (name, _, side) => kit.plot({ ...rest, alt: `${name}: ${alt}`, x: { ...x }, y: { ...y }, into: side });
      plots = pair.each(make);
      return plots;
    },
    /** Change the ends of both. */
    domain(ends) {
      for (const plot of plots) plot.domain(ends);
    },
    /** The state `name` is a place on the x axis of both plots: a line in each, which follows the mouse, a drag and the keys. */
    hover(name, { label = "Place", describe, color: role = "ink" } = {}) {
      const target = kit.one(name);
      plots.forEach((plot, index) => {
        plot.threshold({ x: name, label: `${label}, ${names[index]}`, color: role, describe });
        const follow = (event) => {
          const across = event.clientX - plot.svg.getBoundingClientRect().left - plot.size.left;
          if (across >= 0 && across <= plot.size.width) target.set(plot.invert(across, 0).x);
        };
        kit.listen(plot.svg, "pointermove", (event) => {
          if (event.pointerType === "mouse" && !event.buttons) follow(event);
        });
        kit.listen(plot.svg, "click", (event) => {
          if (!event.target.closest(".kit-handle")) follow(event);
        });
      });
    },
  };
  return pair;
}
