// What a reader has understood: marks on lists, paths and the map, progress by chapter, where to go next, and a file to take it all along.
import { keepUnderstood, readStore, understood, writeStore } from "./store.js";

export const ANSWERS = "book.answers.v1";
const SCHEMA = 1;

/** The question to read next: not understood yet, written, with the fewest gaps before it; the earliest of these. */
export function nextFor(questions, known) {
  const gaps = (q) => q.before.filter((n) => !known.has(n)).length;
  return questions
    .filter((q) => q.address && !known.has(q.number))
    .sort((a, b) => gaps(a) - gaps(b) || a.number - b.number)[0] ?? null;
}

/** What a progress file holds. Throws an Error that says what is wrong with one that cannot be used; then nothing is changed. */
export function parseProgress(text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Error("That file is not a progress file of this book: it is not JSON.");
  }
  if (!data || typeof data !== "object" || data.book !== "deep-learning-primer") throw new Error("That file is not a progress file of this book.");
  if (data.schema !== SCHEMA) throw new Error(`That file has version ${data.schema}; this book reads version ${SCHEMA}.`);
  const isNumber = (n) => Number.isInteger(n) && n >= 1 && n <= 100;
  if (!Array.isArray(data.understood) || !data.understood.every(isNumber)) throw new Error("The file's list of understood questions is damaged.");
  const { answers } = data;
  const isAnswer = (a) => typeof a === "string" || (Array.isArray(a) && a.every((value) => typeof value === "string"));
  if (!answers || typeof answers !== "object" || Array.isArray(answers) || !Object.values(answers).every(isAnswer)) {
    throw new Error("The file's answers are damaged.");
  }
  return { understood: data.understood, answers };
}

export function progressFile() {
  const data = { book: "deep-learning-primer", schema: SCHEMA, understood: [...understood()].sort((a, b) => a - b), answers: readStore(ANSWERS, {}) };
  return JSON.stringify(data, null, 1);
}

function mountPanel(panel) {
  const { questions } = JSON.parse(panel.querySelector("script").textContent);
  const root = panel.dataset.root;
  const written = questions.filter((q) => q.address);
  const next = panel.querySelector(".reader-next");
  const load = panel.querySelector(".reader-load input");
  const note = panel.querySelector(".reader-note");
  const [random, save, clear] = ["random", "save", "clear"].map((action) => panel.querySelector(`[data-reader=${action}]`));
  const say = (text) => { note.textContent = text; };

  const show = () => {
    const known = understood();
    for (const row of panel.querySelectorAll(".reader-chapter")) {
      const all = written.filter((q) => q.chapter === row.dataset.chapter);
      const done = all.filter((q) => known.has(q.number)).length;
      const [title, meter, count] = row.children;
      meter.value = done;
      meter.setAttribute("aria-label", `${title.textContent}: ${done} of ${all.length} understood`);
      count.textContent = `${done} / ${all.length}`;
    }
    const following = nextFor(written, known);
    next.hidden = !following;
    if (following) {
      next.href = root + following.address;
      next.textContent = `Next for you: ${following.number} · ${following.name}`;
    }
  };
  random.addEventListener("click", () => {
    const known = understood();
    const fresh = written.filter((q) => !known.has(q.number));
    const pool = fresh.length ? fresh : written;
    if (pool.length) location.assign(root + pool[Math.floor(Math.random() * pool.length)].address);
  });
  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([progressFile()], { type: "application/json" }));
    link.download = "deep-learning-primer-progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  load.addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    try {
      if (file.size > 1e6) throw new Error("That file is too large to be a progress file.");
      const { understood: numbers, answers } = parseProgress(await file.text());
      writeStore(ANSWERS, { ...readStore(ANSWERS, {}), ...answers });
      const all = new Set([...understood(), ...numbers]);
      say(keepUnderstood(all) ? `Loaded: ${all.size} questions understood.` : "This browser does not keep anything, so the progress lasts as long as this page.");
    } catch (error) {
      say(error.message);
    }
  });
  clear.addEventListener("click", () => {
    if (!window.confirm("Forget which questions you have understood, and your answers?")) return;
    writeStore(ANSWERS, {});
    keepUnderstood(new Set());
    say("Forgotten.");
  });
  show();
  document.addEventListener("book:progress", () => panel.isConnected && show());
}

/** Mark what is understood wherever questions are listed. */
function markLists() {
  const known = understood();
  for (const item of document.querySelectorAll("li[data-question]")) {
    item.classList.toggle("is-understood", known.has(Number(item.dataset.question)));
  }
  for (const path of document.querySelectorAll(".path")) {
    const items = [...path.querySelectorAll("li[data-question]")];
    const done = items.filter((item) => item.classList.contains("is-understood")).length;
    path.querySelector(".path-progress").textContent = done ? `You have understood ${done}.` : "";
  }
}

export function mountReader() {
  for (const panel of document.querySelectorAll(".reader:not([data-mounted])")) {
    panel.dataset.mounted = "true";
    mountPanel(panel);
  }
  markLists();
}

document.addEventListener("book:progress", markLists);
