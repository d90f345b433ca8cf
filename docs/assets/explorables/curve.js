// Curves and lines that the reader shapes in a plot.
import { element } from "./dom.js";
import { format } from "./format.js";

export const styles = new URL("curve.css", import.meta.url);
export function install(kit) {
  kit.curve = (plot, options) => curve(kit, plot, options);
  kit.segment = (plot, options) => segment(kit, plot, options);
}

const MANY = 16; // more control points than this are drawn with one pen instead of a handle each

/** The nearest of the values within the distance, else the value itself. */
const snapped = (value, values = [], within) => {
  const nearest = values.reduce((best, other) => (Math.abs(other - value) < Math.abs(best - value) ? other : best), Infinity);
  return Math.abs(nearest - value) <= within ? nearest : value;
};

/** kit.curve: control points at the places `x`, heights in the kit.numbers `state`; README.md has the options. */
export function curve(kit, plot, { state, x, label, color: name = "orange", width = 2.5, monotone, snap, within, draw = x.length > MANY, locked, line: shape, dash }) {
  if (!label) throw new Error("a curve needs a label, which screen readers say");
  const whole = kit.one(state);
  const { spec } = whole;
  if (spec.kind !== "numbers" || whole.get().length !== x.length) throw new Error(`the curve "${label}" needs ${x.length} numbers in the state "${state}"`);
  const reach = within ?? (spec.max - spec.min) / 40;
  const rising = monotone === "falling" ? -1 : 1;
  const drawn = plot.line({ color: name, width, dash });
  const first = plot.points({ color: name, radius: draw ? 0.01 : 2 });

  /** Set one height; a monotone curve takes the points with it that would be passed. */
  function put(index, wished, values = whole.get()) {
    const value = spec.one.clean(snapped(wished, snap, reach));
    const next = values.with(index, value);
    if (!monotone) return next;
    return next.map((other, at) => {
      const low = rising * (at - index) > 0;
      return at === index ? value : low ? Math.max(other, value) : Math.min(other, value);
    });
  }
  const targetOf = (index) => ({ ...kit.one(`${state}.${index}`), set: (value) => whole.set(put(index, value)) });
  const say = (index) => `${plot.axes.x.label ?? "x"} ${format(x[index])}, ${plot.axes.y.label ?? "y"} ${format(whole.get()[index], spec.one.format)}`;

  if (draw) pen();
  else x.forEach((at, index) => plot.handle({ y: targetOf(index), at: () => [at], label: `${label}, point ${index + 1} of ${x.length}`, color: name, radius: 6, describe: () => say(index), locked }));

  /** One handle that goes along the curve by keys, and drawing anywhere in the plot by pointer. */
  function pen() {
    let index = Math.floor(x.length / 2);
    const here = { ...kit.one(`${state}.0`), get: () => whole.get()[index], set: (value) => whole.set(put(index, value)) };
    const handle = plot.handle({ y: here, at: () => [x[index]], label, color: name, radius: 6, describe: () => say(index), locked });
    handle.node.classList.add("kit-pen");
    const area = element("rect", { class: "kit-draw" });
    handle.node.before(area);
    const place = () => {
      for (const [key, value] of Object.entries({ width: plot.size.width, height: plot.size.height })) area.setAttribute(key, value);
      area.classList.toggle("kit-locked", Boolean(locked?.()));
    };
    kit.decorations.push(place);
    // Before the handle's own keys: left and right go along the curve.
    handle.node.addEventListener("keydown", kit.guard((event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      index = Math.min(Math.max(index + step * (event.shiftKey ? 10 : 1), 0), x.length - 1);
      handle.node.classList.add("kit-keyed");
      kit.schedule();
    }), { capture: true, signal: kit.signal });
    let last;
    const at = (event) => {
      const frame = plot.svg.getBoundingClientRect();
      return plot.invert(event.clientX - frame.left - plot.size.left, event.clientY - frame.top - plot.size.top);
    };
    const nearest = (value) => x.reduce((best, other, position) => (Math.abs(other - value) < Math.abs(x[best] - value) ? position : best), 0);
    const stroke = (point) => {
      let values = whole.get();
      const [from, to] = [nearest(last.x), nearest(point.x)];
      for (let step = 0; step <= Math.abs(to - from); step += 1) {
        const position = from + Math.sign(to - from) * step;
        const share = to === from ? 1 : step / Math.abs(to - from);
        values = put(position, last.y + share * (point.y - last.y), values);
      }
      index = to;
      whole.set(values);
      last = point;
    };
    kit.listen(area, "pointerdown", (event) => {
      if (event.button !== 0 || locked?.()) return;
      area.setPointerCapture(event.pointerId);
      last = at(event);
      stroke(last);
      handle.node.focus({ preventScroll: true, focusVisible: false });
      event.preventDefault();
    });
    kit.listen(area, "pointermove", (event) => { if (last) stroke(at(event)); });
    kit.listen(area, "lostpointercapture", () => { last = undefined; });
  }

  kit.draw(() => {
    const points = whole.get().map((value, index) => [x[index], value]);
    drawn.set(shape ? shape(points) : points);
    if (!draw) first.set(points);
  });
  /** The height between the control points, straight; the ends go on. */
  return {
    value(at) {
      const heights = whole.get();
      const after = x.findIndex((other) => other >= at);
      if (after === -1) return heights.at(-1);
      if (after === 0) return heights[0];
      return heights[after - 1] + ((at - x[after - 1]) / (x[after] - x[after - 1])) * (heights[after] - heights[after - 1]);
    },
  };
}

/** kit.segment: a line through two points, to move by its ends or as a whole; `extend` draws it across the plot. */
export function segment(kit, plot, { from, to, label, color: name = "orange", extend = false, width = 2.5, snap, within = 0.15, locked }) {
  if (!label) throw new Error("a line needs a label, which screen readers say");
  const drawn = plot.line({ color: name, width });
  const [a, b] = [from, to].map(([x, y]) => ({ x: kit.one(x), y: kit.one(y) }));
  const now = () => ({ a: [a.x.get(), a.y.get()], b: [b.x.get(), b.y.get()] });
  const snapTarget = (end, axis) => ({ ...end[axis], set: (value) => end[axis].set(snapped(value, snap, within)) });
  const middle = (axis) => ({
    ...a[axis], get: () => (a[axis].get() + b[axis].get()) / 2, initial: (a[axis].initial + b[axis].initial) / 2,
    /** Both ends by the same way, as far as both can go. */
    set(value) {
      const { min, max, step } = a[axis].spec;
      const [one, two] = [a[axis].get(), b[axis].get()];
      const wished = Math.round((value - (one + two) / 2) / step) * step;
      const way = Math.min(Math.max(wished, min - Math.min(one, two)), max - Math.max(one, two));
      a[axis].set(one + way);
      b[axis].set(two + way);
    },
  });
  const move = { x: middle("x"), y: middle("y") };
  plot.handle({ ...move, label: `${label}, whole`, color: name, radius: 5, locked });
  plot.handle({ x: snapTarget(a, "x"), y: snapTarget(a, "y"), label: `${label}, one end`, color: name, radius: 7, locked });
  plot.handle({ x: snapTarget(b, "x"), y: snapTarget(b, "y"), label: `${label}, other end`, color: name, radius: 7, locked });

  kit.draw(() => {
    const { a: [ax, ay], b: [bx, by] } = now();
    const length = Math.hypot(bx - ax, by - ay);
    const { x, y } = plot.axes;
    const far = extend && length > 0 ? (2 * Math.max(Math.abs(x.max - x.min), Math.abs(y.max - y.min))) / length : 0;
    drawn.set([[ax - far * (bx - ax), ay - far * (by - ay)], [bx + far * (bx - ax), by + far * (by - ay)]]);
  });
  /** Signed distance from the line, positive on the left of the way from the one end to the other. */
  return {
    side(x, y) {
      const { a: [ax, ay], b: [bx, by] } = now();
      const length = Math.hypot(bx - ax, by - ay) || 1;
      return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length;
    },
  };
}
