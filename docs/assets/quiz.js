// Self-check questions: a choice answers at once, a number on Check. Answers are kept in this browser. Without this script the answers
// stand folded beneath the question.
import { ANSWERS as STORE } from "./reader.js";
import { readStore, writeStore } from "./store.js";

const answers = () => {
  const kept = readStore(STORE, {});
  return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
};

function keep(quiz, answer) {
  writeStore(STORE, { ...answers(), [quiz.dataset.quiz]: answer });
}

/** A number as people write it: 1,000 · 1e-3 · 12% · −3. NaN if it is none. */
export function parseNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/\s/g, "").replace(/,(?=\d{3}(?:\D|$))/g, "").replace(",", ".");
  const share = plain.endsWith("%");
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?%?$/i.test(plain) ? Number.parseFloat(plain) : NaN;
  return share ? number / 100 : number;
}

function mountChoices(quiz) {
  const inputs = [...quiz.querySelectorAll(".quiz-item input")];
  const show = () => {
    for (const item of quiz.querySelectorAll(".quiz-item")) {
      const chosen = item.querySelector("input").checked;
      item.querySelector(".quiz-feedback").hidden = !chosen;
      item.classList.toggle("quiz-chosen", chosen);
    }
  };
  const before = answers()[quiz.dataset.quiz];
  if (Array.isArray(before)) for (const input of inputs) input.checked = before.includes(input.value);
  show();
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  if (!before && chosen().length) keep(quiz, chosen()); // chosen before this script had arrived
  quiz.addEventListener("change", () => {
    show();
    keep(quiz, chosen());
  });
}

function mountNumber(quiz) {
  const entry = quiz.querySelector(".quiz-entry");
  const input = entry.querySelector("input");
  const replies = [...quiz.querySelectorAll(".quiz-feedback")];
  const valued = replies.filter((reply) => "value" in reply.dataset);
  const distance = (reply, number) => Math.abs(Number(reply.dataset.value) - number);
  const replyTo = (number) => valued
    .filter((reply) => distance(reply, number) <= Number(reply.dataset.within) * (1 + 1e-9))
    .sort((a, b) => distance(a, number) - distance(b, number))[0] ?? replies.find((reply) => "else" in reply.dataset);
  const show = () => {
    const number = parseNumber(input.value);
    const valid = Number.isFinite(number);
    input.setAttribute("aria-invalid", String(!valid && input.value.trim() !== ""));
    const chosen = valid ? replyTo(number) : null;
    for (const reply of replies) reply.hidden = reply !== chosen;
    return valid;
  };
  entry.hidden = false;
  const before = answers()[quiz.dataset.quiz];
  if (typeof before === "string") {
    input.value = before;
    show();
  }
  const check = () => show() && keep(quiz, input.value);
  entry.querySelector("button").addEventListener("click", check);
  input.addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), check()));
}

function mountQuizzes() {
  for (const quiz of document.querySelectorAll("fieldset.quiz:not([data-mounted])")) {
    quiz.dataset.mounted = "true";
    quiz.querySelector(":scope > details")?.remove();
    for (const feedback of quiz.querySelectorAll(".quiz-feedback")) feedback.setAttribute("role", "status");
    (quiz.classList.contains("quiz-number") ? mountNumber : mountChoices)(quiz);
  }
}

if (window.document$) window.document$.subscribe(mountQuizzes);
else mountQuizzes();
