// What an explorable is given: README.md describes it. One kit for each explorable on a page.
import * as controls from "./controls.js";
import { color, colorScale, element, rgb } from "./dom.js";
import { format } from "./format.js";
import * as numeric from "./numeric.js";
import { createPlot } from "./plot.js";
import { choice, createState, flag, number, numbers } from "./state.js";

const QUIET = 500; // milliseconds without a change before screen readers hear the new values

/** The kit of the explorable in `root`; `fail(error)` brings the static figure back. */
export function createKit(root, { signal, fail, families = [] }) {
  let scheduled = false;
  let started = false;
  let drawing = false;
  let stateOf;
  const drawings = [];
  const status = element("p", { class: "kit-status", role: "status" });
  const announcements = new Map();
  let announcing;

  /** Errors in listeners and frames end the explorable, as errors while loading do. */
  const guard = (run) => (...values) => {
    if (signal.aborted) return undefined;
    try {
      return run(...values);
    } catch (error) {
      fail(error);
      return undefined;
    }
  };

  /** The last child of the root when it is of this kind, else a new one: neighbors share a row. */
  const row = (className, tag = "div") => {
    const last = root.lastElementChild;
    if (last?.classList.contains(className)) return last;
    const made = element(tag, { class: className });
    root.append(made);
    return made;
  };
  const inRow = (make, className, tag) => (...values) => {
    const into = values.findLast((value) => value?.into)?.into ?? row(className, tag);
    return make(kit, into, ...values);
  };

  const kit = {
    signal, guard, element, format, color, rgb, colorScale, number, numbers, choice, flag, numeric: { ...numeric },
    plots: [], decorations: [], resets: [],
    /** Declare what the reader can change; once. */
    state(specs) {
      if (stateOf) throw new Error("an explorable has one state: declare everything in one kit.state({...})");
      stateOf = createState(specs, { onChange: kit.schedule, signal });
      return stateOf.state;
    },
    one(name) {
      if (!stateOf) throw new Error("declare kit.state({...}) before the controls");
      return stateOf.one(name);
    },
    /** Run once at the start and in the next frame after any change of the state or the size. */
    draw(run) {
      drawings.push(run);
    },
    schedule() {
      if (scheduled || drawing || !started) return;
      scheduled = true;
      requestAnimationFrame(guard(frame));
    },
    listen: (target, type, run) => target.addEventListener(type, guard(run), { signal }),
    /** Said to screen readers once the values have been quiet for a moment. */
    announce(text, key = text) {
      if (!started) return;
      announcements.set(key, text);
      clearTimeout(announcing);
      announcing = setTimeout(() => {
        status.textContent = [...announcements.values()].join("; ");
        announcements.clear();
      }, QUIET);
    },
    plot: inRow(createPlot, "kit-plots"),
    slider: inRow(controls.slider, "kit-controls"),
    choices: inRow(controls.choices, "kit-controls"),
    toggle: inRow(controls.toggle, "kit-controls"),
    button: inRow(controls.button, "kit-controls"),
    readout: inRow(controls.readout, "kit-readouts", "dl"),
    reset: (label = "Reset") => kit.button(label, () => {
      stateOf.reset();
      for (const run of kit.resets) run(); // what a part has besides the state
      kit.announce("Reset");
    }, { className: "kit-reset" }),
    /** A line of text under the plots: set(text). */
    note() {
      const node = element("p", { class: "kit-note" });
      root.append(node);
      return { set: (text) => { if (node.textContent !== text) node.textContent = text; } };
    },
    start() {
      root.append(status);
      frame();
      started = true;
      observeSize();
      observeScheme();
    },
  };

  function frame() {
    scheduled = false;
    drawing = true; // what the drawings set is drawn in this very frame
    for (const plot of kit.plots) if (!plot.size) plot.layout();
    for (const run of drawings) run();
    for (const plot of kit.plots) plot.render();
    for (const decorate of kit.decorations) decorate();
    drawing = false;
  }

  function observeSize() {
    let width = root.clientWidth;
    const observer = new ResizeObserver(guard(() => {
      if (root.clientWidth === width || root.clientWidth === 0) return;
      width = root.clientWidth;
      for (const plot of kit.plots) plot.touch();
      kit.schedule();
    }));
    observer.observe(root);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Canvases hold colors, so they are painted again when the reader changes the scheme. */
  function observeScheme() {
    const observer = new MutationObserver(() => {
      for (const plot of kit.plots) plot.touch();
      kit.schedule();
    });
    observer.observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
    signal.addEventListener("abort", () => observer.disconnect());
  }

  for (const { install, styles, ...names } of families) {
    if (install) install(kit, inRow);
    else Object.assign(kit.numeric, names);
  }
  signal.addEventListener("abort", () => clearTimeout(announcing));
  return kit;
}
