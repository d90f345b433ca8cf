// Guess first, then see: the reader commits to a value, a choice or a drawn curve, and only then is the result shown.
import { button, choices, slider } from "./controls.js";
import { element } from "./dom.js";
import { format } from "./format.js";
import { choice } from "./state.js";

export const styles = new URL("guess.css", import.meta.url);
export function install(kit, place) {
  /** The state of a guess: kit.state({shown: kit.commitment(), …}). */
  kit.commitment = () => choice("open", ["open", "guessed", "skipped"]);
  kit.guess = place(guess, "kit-guesses");
}

/** kit.guess: see README.md. `of` names the guessed state; the draw function asks `guess.revealed` before it shows the result. */
export function guess(kit, parent, name, { question, of, answer, label = "Your guess", names = {}, format: how, onPlot = false, unit = "" }) {
  const shown = kit.one(name);
  const target = kit.one(of);
  const { kind } = target.spec;
  if (!question) throw new Error("a guess needs a question");
  const fields = element("fieldset", { class: "kit-guess-fields" });
  const commit = button(kit, element("div"), "Commit", () => settle("guessed"));
  const skip = button(kit, element("div"), "Show without a guess", () => settle("skipped"), { className: "kit-skip" });
  const verdict = element("p", { class: "kit-verdict", tabindex: -1 });
  const box = element("div", { class: "kit-guess", role: "group", "aria-label": question },
    element("p", { class: "kit-question" }, question), fields, element("div", { class: "kit-guess-buttons" }, commit, skip), verdict);
  parent.append(box);
  if (kind === "number" && !onPlot) slider(kit, fields, of, { label, format: (value) => write(value) });
  else if (kind === "choice") choices(kit, fields, of, { label, names });

  function settle(how) {
    shown.set(how);
    kit.guard(judge)();
    verdict.focus({ preventScroll: true });
  }

  const write = (value) => `${format(value, how ?? target.spec.format)}${unit}`;
  /** How far the guess is off, in words, and a score: 100 is exact, 0 the worst that the range allows. */
  function compare(guessed, truth) {
    const verdict = guessed === truth ? "right" : `it is ${names[truth] ?? truth}`;
    if (kind === "choice") return { text: `${names[guessed] ?? guessed}: ${verdict}.`, score: guessed === truth ? 100 : 0 };
    const { min, max } = target.spec;
    const [all, truths] = [[guessed].flat(), [truth].flat()];
    if (truths.length !== all.length || truths.some((value) => !Number.isFinite(value))) throw new Error(`the answer to "${question}" is ${truth}: it needs ${all.length} number${all.length > 1 ? "s" : ""}`);
    const off = all.reduce((sum, value, index) => sum + Math.abs(value - truths[index]), 0) / all.length;
    const worst = truths.reduce((sum, value) => sum + Math.max(value - min, max - value), 0) / all.length;
    const text = kind === "numbers" ? `Off by ${format(off, how ?? 3)}${unit} on average.` : off === 0 ? `${write(guessed)}: exact.` : `${write(guessed)}; it is ${write(truth)}, off by ${format(off, how ?? 3)}${unit}.`;
    return { text, score: Math.max(0, Math.round(100 * (1 - off / worst))), off };
  }

  const made = {
    get revealed() { return shown.get() !== "open"; },
    get score() { return shown.get() === "guessed" ? compare(target.get(), answer()).score : undefined; },
    locked: () => made.revealed,
  };
  function judge() {
    const state = shown.get();
    fields.disabled = made.revealed;
    commit.hidden = skip.hidden = made.revealed;
    if (state === "open") verdict.textContent = "";
    else if (state === "skipped") verdict.textContent = kind === "numbers" ? "Shown without a guess." : `Shown without a guess: ${kind === "choice" ? names[answer()] ?? answer() : write(answer())}.`;
    else {
      const { text, score } = compare(target.get(), answer());
      verdict.textContent = `${text} Score ${score} of 100.`;
    }
    verdict.classList.toggle("kit-empty", state === "open");
  }
  let said = shown.get();
  kit.decorations.push(() => {
    judge();
    if (said !== shown.get() && verdict.textContent) kit.announce(verdict.textContent, name);
    said = shown.get();
  });
  return made;
}
