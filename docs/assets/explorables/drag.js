// What the reader moves inside a plot: a point along one axis or two, or a threshold across the plot.
import { color, element, setAttributes } from "./dom.js";
import { format } from "./format.js";

const TARGET = 44;

/** plot.handle / plot.threshold: see README.md for the options. */
export function makeHandle(kit, plot, layer, { x, y, at, label, color: name = "orange", describe, radius = 8, through = false, anywhere = false, locked }) {
  if (!label) throw new Error("a handle needs a label, which screen readers say");
  if (!x && !y) throw new Error(`the handle "${label}" needs x or y: the name of a state`);
  const targetOf = (name) => (typeof name === "string" ? kit.one(name) : name); // parts give targets of their own
  const bound = { x: targetOf(x), y: targetOf(y) };
  const main = bound.x ?? bound.y;
  const node = element("g", { class: `kit-handle ${bound.x && bound.y ? "kit-both" : bound.x ? "kit-x" : "kit-y"}`, role: "slider", tabindex: 0, "aria-label": label });
  if (bound.x && bound.y) node.setAttribute("aria-roledescription", "point");
  else setAttributes(node, { "aria-valuemin": main.spec.min, "aria-valuemax": main.spec.max, "aria-orientation": bound.x ? "horizontal" : "vertical" });
  const bar = through ? element("line", { class: "kit-threshold", stroke: color(name) }) : null;
  const hit = through ? element("rect", { class: "kit-hit" }) : element("circle", { class: "kit-hit", r: TARGET / 2 });
  const ring = element("circle", { class: "kit-ring", r: radius + 5 });
  const dot = element("circle", { class: "kit-dot", r: radius, fill: color(name) });
  node.append(...[bar, hit, ring, dot].filter(Boolean));
  layer.append(node);

  const position = () => {
    const fixed = at?.() ?? [];
    return { x: bound.x ? bound.x.get() : fixed[0], y: bound.y ? bound.y.get() : fixed[1] };
  };
  const axesBound = ["x", "y"].filter((axis) => bound[axis]);
  const written = (axis) => format(bound[axis].get(), bound[axis].spec.format);
  const say = () => describe?.() ?? axesBound.map((axis) => (axesBound.length > 1 ? `${plot.axes[axis].label ?? axis} ` : "") + written(axis)).join(", ");

  function draw() {
    const now = position();
    const { width, height } = plot.size;
    const left = now.x === undefined ? width : plot.X(now.x);
    const top = now.y === undefined ? (through ? 0 : height) : plot.Y(now.y);
    for (const circle of [ring, dot, through ? null : hit]) if (circle) setAttributes(circle, { cx: left, cy: top });
    if (through) {
      setAttributes(bar, bound.x ? { x1: left, x2: left, y1: 0, y2: height } : { x1: 0, x2: width, y1: top, y2: top });
      setAttributes(hit, bound.x
        ? { x: left - TARGET / 2, y: -TARGET / 2, width: TARGET, height: height + TARGET / 2 }
        : { x: 0, y: top - TARGET / 2, width: width + TARGET / 2, height: TARGET });
    }
    setAttributes(node, { "aria-valuenow": main.get(), "aria-valuetext": say(), "aria-disabled": locked?.() ? "true" : null });
  }
  kit.decorations.push(draw);

  const moveTo = (left, top) => {
    const value = plot.invert(left, top);
    bound.x?.set(value.x);
    bound.y?.set(value.y);
  };
  const within = (event) => {
    const frame = plot.svg.getBoundingClientRect();
    return [event.clientX - frame.left - plot.size.left, event.clientY - frame.top - plot.size.top];
  };

  let grabbed;
  const offset = (event) => {
    const [left, top] = within(event);
    const now = position();
    return [now.x === undefined ? 0 : plot.X(now.x) - left, now.y === undefined ? 0 : plot.Y(now.y) - top];
  };
  const mine = { node, through, locked, offset, grab };
  (plot.handles ??= []).push(mine);
  /** Where the targets of several points lie on one another, the press is for the nearest. */
  const nearest = (event) => {
    const away = (handle) => Math.hypot(...handle.offset(event));
    const others = plot.handles.filter((handle) => handle.node.isConnected && !handle.through && !handle.locked?.());
    return through ? mine : others.reduce((best, handle) => (away(handle) < away(best) ? handle : best), mine);
  };
  kit.listen(node, "pointerdown", (event) => {
    if (event.button === 0 && !locked?.()) nearest(event).grab(event);
  });
  function grab(event) {
    grabbed = offset(event);
    node.setPointerCapture(event.pointerId);
    node.classList.remove("kit-keyed");
    node.classList.add("kit-grabbed");
    node.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
  }
  kit.listen(node, "pointermove", (event) => {
    if (!grabbed) return;
    const [left, top] = within(event);
    moveTo(left + grabbed[0], top + grabbed[1]);
  });
  kit.listen(node, "lostpointercapture", () => {
    grabbed = undefined;
    node.classList.remove("kit-grabbed");
  });
  if (anywhere) {
    plot.svg.classList.add("kit-anywhere");
    kit.listen(plot.svg, "click", (event) => {
      if (!event.target.closest(".kit-handle") && !locked?.()) moveTo(...within(event));
    });
  }

  kit.listen(node, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || locked?.()) return;
    if (!pressed(event.key, event.shiftKey ? 10 : 1)) return;
    event.preventDefault();
    node.classList.add("kit-keyed"); // after a drag the browser itself would not show the focus
  });
  function pressed(key, factor) {
    const horizontal = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const vertical = { ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[key];
    if (horizontal !== undefined) return step(bound.x ?? bound.y, horizontal * factor);
    if (vertical !== undefined) return step(bound.y ?? bound.x, vertical * factor);
    if (key === "Home") return jump("min");
    if (key === "End") return jump("max");
    return false;
  }
  const step = (target, steps) => {
    target.set(target.spec.move(target.get(), steps));
    return true;
  };
  /** Along one axis Home and End go to the ends; a point that moves along two goes home to where it began. */
  const jump = (end) => {
    if (bound.x && bound.y) for (const target of [bound.x, bound.y]) target.set(target.initial);
    else main.set(main.spec[end]);
    return true;
  };
  return { node };
}
