// A number to guess before a figure is shown. The reader commits or opens the figure without a guess; what was committed is kept in
// this browser. Without this script the figure stands folded beneath its question.
import { parseNumber } from "./quiz.js";
import { ANSWERS as STORE } from "./reader.js";
import { readStore, writeStore } from "./store.js";

const kept = () => {
  const answers = readStore(STORE, {});
  return answers && typeof answers === "object" && !Array.isArray(answers) ? answers : {};
};

/** 100 for an exact guess, 0 for the worst that the range allows. */
export function scoreOf(guess, value, low, high) {
  return Math.round(100 * (1 - Math.abs(guess - value) / Math.max(value - low, high - value)));
}

const shown = (number) => String(Number(number.toPrecision(3))).replace("-", "−");

function mount(figure) {
  figure.dataset.mounted = "true";
  const form = figure.querySelector(".predict-form");
  const range = form.querySelector("input[type=range]");
  const entry = form.querySelector("input[type=text]");
  const result = figure.querySelector(".predict-result");
  const verdict = figure.querySelector(".predict-verdict");
  const unit = form.querySelector(".predict-unit")?.textContent ?? "";
  const [low, high, value] = [range.min, range.max, figure.dataset.value].map(Number);
  const decimals = Math.max(0, Math.ceil(-Math.log10(Number(range.step)) - 1e-9));

  const typed = () => parseNumber(unit.startsWith("%") ? entry.value.replace("%", "") : entry.value);
  verdict.tabIndex = -1;

  const touched = () => {
    entry.value = Number(range.value).toFixed(decimals);
    entry.removeAttribute("aria-invalid");
    form.classList.add("predict-touched");
  };
  for (const type of ["input", "click"]) range.addEventListener(type, touched);
  entry.addEventListener("input", () => {
    const number = typed();
    if (!Number.isFinite(number)) return;
    range.value = number;
    form.classList.add("predict-touched");
  });

  const settle = (text, open) => {
    form.hidden = true;
    verdict.hidden = false;
    verdict.textContent = text;
    result.open = open;
    result.classList.add("predict-settled");
  };
  const judge = (guess) => {
    const off = Math.abs(guess - value);
    const units = unit.startsWith("%") ? unit : unit && ` ${unit}`;
    const miss = off < Number(range.step) / 2 ? "That is what was measured." : `Off by ${shown(off)}${units.replace(/^%/, " percentage points")}.`;
    settle(`You guessed ${shown(guess)}${units}. ${miss} Score ${scoreOf(guess, value, low, high)} of 100.`, true);
  };
  const keep = (answer) => writeStore(STORE, { ...kept(), [figure.dataset.predict]: answer });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const number = typed();
    const valid = Number.isFinite(number) && number >= low && number <= high;
    entry.setAttribute("aria-invalid", String(!valid));
    if (!valid) {
      entry.focus();
      return;
    }
    keep(String(number));
    judge(number);
    verdict.focus({ preventScroll: true });
  });
  result.addEventListener("toggle", () => {
    if (!result.open || form.hidden) return;
    keep("skip");
    settle("Shown without a guess.", true);
  });

  const before = kept()[figure.dataset.predict];
  if (before === "skip") settle("Shown without a guess.", true);
  else if (typeof before === "string" && Number.isFinite(Number(before))) judge(Number(before));
}

function mountPredictions() {
  for (const figure of document.querySelectorAll("figure.predict:not([data-mounted])")) mount(figure);
}

if (window.document$) window.document$.subscribe(mountPredictions);
else mountPredictions();
