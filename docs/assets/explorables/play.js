// Steps to play and scrub, a time line, and recorded runs that follow it.
import { button, slider } from "./controls.js";
import { element } from "./dom.js";
import { number } from "./state.js";

export const styles = new URL("play.css", import.meta.url);
const SUBSTEPS = 20; // positions between two frames of a run that is interpolated

export function install(kit, place) {
  kit.recording = recording;
  kit.stepper = place(stepper, "kit-controls");
  kit.timeline = place(timeline, "kit-controls");
}

/** The frames of a run by position: at(position), index(position), time(position); position() is the state's spec. */
export function recording(frames, { times, interpolate = true } = {}) {
  const last = frames.length - 1;
  if (last < 1) throw new Error(`a recording needs at least two frames, not ${frames.length}`);
  if (times && times.length !== frames.length) throw new Error(`${frames.length} frames need as many times, not ${times.length}`);
  const split = (position) => {
    const inside = Math.min(Math.max(position, 0), last);
    if (!Number.isFinite(inside)) throw new Error(`a position in a recording cannot be ${position}`);
    const index = Math.min(Math.floor(inside), last - 1);
    return [index, inside - index];
  };
  const index = (position) => Math.round(Math.min(Math.max(position, 0), last));
  return {
    frames, index, length: frames.length,
    at: (position) => {
      if (!interpolate) return frames[index(position)];
      const [from, share] = split(position);
      return share === 0 ? frames[from] : share === 1 ? frames[from + 1] : blend(frames[from], frames[from + 1], share);
    },
    time: (position) => {
      const [from, share] = interpolate ? split(position) : split(index(position));
      return times ? times[from] + share * (times[from + 1] - times[from]) : from + share;
    },
    position: (initial = 0) => number(initial, { min: 0, max: last, step: interpolate ? 1 / SUBSTEPS : 1 }),
  };
}

/** Numbers are blended, also in arrays and objects of one shape; anything else is the nearer one's. */
function blend(a, b, share) {
  if (typeof a === "number" && typeof b === "number") return a + share * (b - a);
  const nearer = share < 0.5 ? a : b;
  if (!a || !b || typeof a !== "object" || typeof b !== "object" || a.length !== b.length) return nearer;
  if (ArrayBuffer.isView(a) || Array.isArray(a)) return a.map((value, index) => blend(value, b[index], share));
  return Object.fromEntries(Object.keys(nearer).map((key) => [key, key in a && key in b ? blend(a[key], b[key], share) : nearer[key]]));
}

/** Plays only on screen, never under reduced motion. `stride`: the state's steps in one of the reader's. */
export function stepper(kit, parent, name, { label, perSecond = 4, format: how, stride = 1, rate = () => perSecond } = {}) {
  const target = kit.one(name);
  const { min, max } = target.spec;
  const box = element("div", { class: "kit-stepper", role: "group", "aria-label": label ?? name });
  parent.append(box);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = false;
  let previous;
  let onScreen = true;

  const move = (steps) => target.set(target.spec.move(target.get(), steps));
  const back = button(kit, box, "‹", () => { stop(); move(-stride); }, { name: "One step back" });
  const play = button(kit, box, "▶", () => (playing ? stop() : begin()), { className: "kit-play", name: "Play" });
  const next = button(kit, box, "›", () => { stop(); move(stride); }, { name: "One step on" });
  const range = slider(kit, box, name, { label, format: how, stride });
  kit.listen(range, "input", () => stop());

  function begin() {
    if (target.get() >= max) target.set(min);
    playing = true;
    previous = undefined;
    show();
    requestAnimationFrame(tick);
  }
  function stop() {
    playing = false;
    show();
  }
  function show() {
    play.textContent = playing ? "❚❚" : "▶";
    play.title = play.ariaLabel = playing ? "Pause" : "Play";
    play.hidden = still.matches;
    back.disabled = target.get() <= min;
    next.disabled = target.get() >= max;
  }
  const tick = kit.guard((now) => {
    if (!playing || kit.signal.aborted) return;
    previous ??= now;
    const pace = rate() * stride;
    const steps = Math.floor(((now - previous) / 1000) * pace);
    if (steps > 0 && onScreen && !document.hidden) move(steps);
    if (steps > 0) previous += (steps / pace) * 1000;
    if (target.get() >= max) stop();
    else requestAnimationFrame(tick);
  });
  const watcher = new IntersectionObserver((entries) => { onScreen = entries.at(-1).isIntersecting; });
  watcher.observe(box);
  kit.signal.addEventListener("abort", () => watcher.disconnect());
  kit.listen(still, "change", () => { stop(); });
  kit.decorations.push(show);
  kit.resets.push(stop);
  return { play: begin, stop, box, range };
}

/** kit.timeline: a stepper whose steps are frames, with a speed and marks at events. */
export function timeline(kit, parent, name, { label, format: how, perSecond = 4, speeds = [0.5, 1, 2, 4], speed, marks = [] } = {}) {
  const { spec } = kit.one(name);
  const usual = speeds.includes(1) ? 1 : speeds[0];
  let own = usual;
  const chosen = speed ? kit.one(speed) : { get: () => own, set: (value) => { own = value; show(); } };
  const made = stepper(kit, parent, name, { label, format: how, stride: Math.max(1, Math.round(1 / spec.step)), rate: () => perSecond * chosen.get() });
  made.box.classList.add("kit-timeline");
  const cycle = button(kit, made.box, "", () => chosen.set(speeds[(speeds.indexOf(chosen.get()) + 1) % speeds.length]), { className: "kit-speed" });
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const shares = marks.map(({ at }) => (at - spec.min) / (spec.max - spec.min));
  const ticks = marks.map((mark, index) => element("button", {
    type: "button", class: "kit-mark", style: `--share:${shares[index]}`, "data-side": shares[index] > 0.5 ? "end" : "start", title: `Go to ${mark.label}`,
  }, mark.label));
  ticks.forEach((tick, index) => kit.listen(tick, "click", () => {
    made.stop();
    kit.one(name).set(marks[index].at);
  }));
  if (ticks.length) made.range.parentElement.append(element("div", { class: "kit-marks" }, ...ticks));

  function show() {
    const text = `${chosen.get()}×`;
    if (cycle.textContent === text) return;
    cycle.textContent = text;
    cycle.setAttribute("aria-label", `Speed: ${chosen.get()} times`);
    cycle.title = cycle.ariaLabel;
  }
  if (!speed) kit.resets.push(() => chosen.set(usual));
  kit.decorations.push(() => {
    show();
    cycle.hidden = still.matches;
    ticks.forEach((tick, index) => tick.classList.toggle("kit-passed", kit.one(name).get() >= marks[index].at));
  });
  return made;
}
