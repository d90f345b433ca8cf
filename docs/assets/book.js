// What every page needs: the explorables' loader, the quizzes, and the mark "understood", kept in this browser only.
import "./explorables/loader.js";
import "./quiz.js";
import { readStore, writeStore } from "./store.js";

const STORE = "book.understood.v1";

const read = () => {
  const numbers = readStore(STORE, []);
  return new Set(Array.isArray(numbers) ? numbers.filter(Number.isInteger) : []);
};
const write = (numbers) => writeStore(STORE, [...numbers].sort((a, b) => a - b));

function mountUnderstood() {
  const button = document.querySelector("button.understood");
  if (!button || button.dataset.mounted) return;
  button.dataset.mounted = "true";
  const number = Number(button.dataset.question);
  const show = (understood) => {
    button.setAttribute("aria-pressed", String(understood));
    button.textContent = understood ? "Understood" : "Mark as understood";
  };
  show(read().has(number));
  button.addEventListener("click", () => {
    const numbers = read();
    const understood = !numbers.delete(number);
    if (understood) numbers.add(number);
    write(numbers);
    show(understood);
  });
}

if (window.document$) window.document$.subscribe(mountUnderstood);
else mountUnderstood();
