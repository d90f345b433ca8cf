// What the parts draw on: a box with a canvas that is painted again when its data, its size or the scheme change.
import { element, rgb } from "./dom.js";

/**
 * A surface in `parent`. `width(available)` and `height(width)` give its size in CSS pixels (without `width` it fills its box);
 * what is available is the width of `within`, for a box that shrinks to its content;
 * `layout(surface)` runs when the size or the scheme changed, `draw(surface)` then and after `surface.change()`.
 * `surface.context` draws in CSS pixels, whatever the screen's resolution; `canvas: false` leaves the canvas out.
 */
export function createSurface(kit, parent, options) {
  const { className = "", attributes = {}, within = parent, width, height, layout, draw, canvas: painted = true } = options;
  const canvas = painted ? element("canvas", { "aria-hidden": "true" }) : null;
  const box = element("div", { class: `kit-surface ${className}`, ...attributes }, canvas);
  parent.append(box);
  let stale = true;
  let fresh = false;
  let family = "sans-serif";
  const surface = {
    box, canvas, context: canvas?.getContext("2d"), size: undefined,
    /** Draw again in the next frame. */
    change() {
      fresh = false;
      kit.schedule();
    },
    touch() {
      stale = true;
    },
    layout() {
      family = getComputedStyle(box).fontFamily;
      const across = width ? width(Math.max(within.clientWidth, 200)) : Math.max(box.clientWidth, 200);
      surface.size = { width: across, height: height(across) };
      if (width) box.style.width = `${across}px`;
      box.style.height = `${surface.size.height}px`;
      if (canvas) {
        const ratio = Math.min(window.devicePixelRatio || 1, 2);
        Object.assign(canvas, { width: Math.round(across * ratio), height: Math.round(surface.size.height * ratio) });
        Object.assign(canvas.style, { width: `${across}px`, height: `${surface.size.height}px` });
        surface.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      }
      layout?.(surface);
      stale = false;
      fresh = false;
    },
    render() {
      if (stale) surface.layout();
      if (fresh) return;
      surface.context?.clearRect(0, 0, surface.size.width, surface.size.height);
      draw?.(surface);
      fresh = true;
    },
    /** Where a pointer is, in pixels of the surface. */
    at(event) {
      const frame = box.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    },
    color: (name) => `rgb(${rgb(name)})`,
    font: (size, weight = 400) => `${weight} ${size}px ${family}`,
    /** Width of the widest of these texts. */
    measure(texts, font) {
      surface.context.font = font;
      return texts.reduce((widest, text) => Math.max(widest, surface.context.measureText(text).width), 0);
    },
  };
  kit.plots.push(surface);
  return surface;
}
