// What the parts draw on: a box as wide as its column, with a canvas (painted again when the data, the size or the scheme change) and a layer above it.
import { element } from "./dom.js";

/**
 * A surface in `parent`. `height(width)` gives the height in CSS pixels; `layout(surface)` runs when the size or the scheme changed, `draw(surface)` then and
 * after `surface.change()`. `surface.context` draws in CSS pixels, whatever the screen's resolution; `canvas: false` leaves the canvas out.
 */
export function createSurface(kit, parent, { className = "", height, layout, draw, canvas: painted = true, maxWidth = Infinity }) {
  const canvas = painted ? element("canvas", { "aria-hidden": "true" }) : null;
  const box = element("div", { class: `kit-surface ${className}` }, canvas);
  parent.append(box);
  let stale = true;
  let fresh = false;
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
      const width = Math.min(Math.max(parent.clientWidth && box.clientWidth, 200), maxWidth);
      surface.size = { width, height: height(width) };
      if (canvas) {
        const ratio = Math.min(window.devicePixelRatio || 1, 2);
        Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(surface.size.height * ratio) });
        Object.assign(canvas.style, { width: `${width}px`, height: `${surface.size.height}px` });
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
  };
  kit.plots.push(surface);
  return surface;
}
