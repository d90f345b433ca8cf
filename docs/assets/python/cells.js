// The cells of a page: an editor each, Run, Stop and Reset, and one interpreter for all of them, started by the first run.
import { element } from "../explorables/dom.js";
import { createEditor } from "./editor.js";

const FAILED = {
  network: "Python could not be loaded: the network failed. The recorded output stands; Run tries again.",
  damaged: "Python could not be loaded: a file arrived damaged. The recorded output stands; Run tries again.",
  memory: "There was not enough memory for this. The recorded output stands; the next run starts a new interpreter.",
  crashed: "Python ended unexpectedly. The recorded output stands; the next run starts a new interpreter.",
  unsupported: "This browser cannot run Python. The recorded output stands.",
};
const KEYS = "In the code, Ctrl+Enter runs and Escape leaves.";
const STOPPED = "Stopped. The next run starts a new interpreter.";
const here = (path) => new URL(path, import.meta.url).href;
const inMegabytes = (bytes) => (bytes / 1e6).toFixed(1);

let session;
let interpreter; // one for all pages: who reads on without loading the site anew need not wait for Python again

/** Mount the cells of the page that is shown; what a page that was left still runs is ended. */
export function mountCells() {
  leave();
  const nodes = [...document.querySelectorAll(".cell:not([data-mounted])")];
  if (!nodes.length) return;
  session = createSession();
  nodes.forEach((node, index) => session.add(mountCell(node, index, session)));
}

function leave() {
  if (!session || session.isShown()) return;
  session.end();
  session = undefined;
}

if (window.document$) window.document$.subscribe(leave);

/** A worker with Python in it; `hear` gets its messages, and a failure of the worker itself as one of them. */
function createInterpreter() {
  const worker = new Worker(here("./worker.js"), { type: "module" });
  const mine = {
    ready: false,
    hear: undefined,
    post: (message) => worker.postMessage(message),
    end() {
      worker.terminate();
      if (interpreter === mine) interpreter = undefined;
    },
  };
  worker.addEventListener("message", ({ data }) => {
    if (mine !== interpreter) return;
    if (data.type === "ready") mine.ready = true;
    mine.hear?.(data);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    if (mine !== interpreter) return;
    mine.hear?.({ type: "failed", reason: mine.ready ? "crashed" : "network", message: event.message ?? "the worker could not be loaded" });
  });
  return mine;
}

/** The cells of a page, which share a namespace, in reading order. */
function createSession() {
  const cells = [];
  let asked; // the cell whose Run was pressed
  let current; // the cell that runs, with what to call when it has
  let queue = Promise.resolve();
  let fresh = true; // nothing of this page has run yet in the interpreter

  const forget = () => {
    interpreter?.end();
    fresh = true;
    for (const cell of cells) cell.ran = undefined;
  };
  const finish = (outcome) => {
    const { done } = current;
    current = undefined;
    done(outcome);
  };
  const fail = (reason, message) => {
    console.warn(`Python stopped (${reason}): ${message}`);
    forget();
    if (current) finish({ failed: FAILED[reason] ?? FAILED.crashed });
  };

  const on = {
    progress: ({ loaded, total }) => asked?.showProgress(loaded, total),
    starting() {
      asked?.hideProgress();
      asked?.say("Starting Python …");
    },
    ready() {
      showRunning();
      keepForOffline(cells);
    },
    output: ({ kind, text }) => current?.output(kind, text),
    done: ({ outcome, milliseconds }) => finish({ outcome, milliseconds }),
    failed: ({ reason, message }) => fail(reason, message),
  };

  function showRunning() {
    current?.cell.say("Running …");
    if (current && asked !== current.cell) asked.say("Running the cells above …");
  }

  /** Run one piece of code for a cell; resolves with how it ended. */
  function execute(cell, code, name, output) {
    return new Promise((done) => {
      current = { cell, output, done };
      try {
        interpreter ??= createInterpreter();
      } catch (error) {
        fail("unsupported", error.message);
        return;
      }
      interpreter.hear = (data) => on[data.type](data);
      if (interpreter.ready) showRunning();
      else asked.showLoading();
      if (interpreter.ready && fresh) keepForOffline(cells);
      interpreter.post({ code, name, fresh });
      fresh = false;
    });
  }

  async function runOne(cell) {
    const code = cell.code;
    if (cell.ran !== code) for (const later of cells.slice(cells.indexOf(cell) + 1)) later.ran = undefined;
    const run = cell.startRun();
    let ended;
    for (const [index, earlier] of (cell.ran === undefined ? cell.before : []).entries()) {
      ended = await execute(cell, earlier, `before ${cell.name} (${index + 1})`, () => {});
      if (ended.outcome !== "done") break;
    }
    if (!ended || ended.outcome === "done") ended = await execute(cell, code, cell.name, run.output);
    cell.ran = ended.outcome === "done" ? code : undefined;
    run.end(ended);
    return ended.outcome === "done";
  }

  /** Run a cell, and before it those above that have not run as they stand, because it may need what they define. */
  async function runTo(cell) {
    asked = cell;
    const above = cells.slice(0, cells.indexOf(cell));
    const first = above.findIndex((each) => each.ran !== each.code);
    for (const each of first < 0 ? [] : above.slice(first)) {
      if (await runOne(each)) continue;
      cell.say("A cell above did not run to its end, so this one did not run.");
      return;
    }
    await runOne(cell);
  }

  return {
    add: (cell) => cells.push(cell),
    isShown: () => cells.some((cell) => cell.node.isConnected),
    run(cell) {
      queue = queue.then(() => (cell.node.isConnected ? runTo(cell) : undefined));
      return queue;
    },
    stop() {
      if (!current) return;
      forget();
      finish({ stopped: true });
    },
    /** The page is left: an idle interpreter stays for the next one. */
    end() {
      if (current) this.stop();
      else if (interpreter) interpreter.hear = undefined;
    },
  };
}

/** The buttons, the state and the output of one cell. */
function mountCell(node, index, mine) {
  node.dataset.mounted = "true";
  const { cell: name } = node.dataset;
  const layer = node.querySelector("pre > code");
  const container = node.querySelector(".example-output")
    ?? element("div", { class: "example-output", role: "group", "aria-label": "Output", hidden: true });
  const recorded = [...container.childNodes];
  const recordedText = container.textContent;
  const button = (text, run) => element("button", { type: "button", class: "cell-button", onclick: run }, text);

  const runButton = button("Run", () => start());
  const stopButton = button("Stop", () => mine.stop());
  const resetButton = button("Reset", () => reset());
  const status = element("p", { class: "cell-status", role: "status" });
  const meter = element("progress", { class: "cell-meter", "aria-label": "Loading Python" });
  const amount = element("span", { class: "cell-amount" });
  const progress = element("p", { class: "cell-progress", hidden: true }, meter, amount);
  const hint = element("p", { class: "cell-hint", id: `cell-hint-${index}` }, index > 0
    ? "Run starts with the cells above: all share one interpreter."
    : `Run starts Python in your browser; it loads ${node.dataset.megabytes} MB once. ${KEYS}`);
  stopButton.hidden = true;
  runButton.setAttribute("aria-label", `Run cell ${name}`);
  stopButton.setAttribute("aria-label", `Stop cell ${name}`);
  resetButton.setAttribute("aria-label", `Reset cell ${name}`);
  const bar = element("div", { class: "cell-bar" }, runButton, stopButton, resetButton, status, progress);
  node.querySelector(".highlight").after(bar, container, hint);

  let output;
  let running = false;
  const editor = createEditor(layer, {
    label: `Code of cell ${name}`, describedBy: index > 0 ? `${hint.id} cell-hint-0` : hint.id,
    run: () => start(), leave: () => runButton.focus(),
    changed: (edited) => { node.dataset.edited = String(edited); },
  });
  const say = (text) => { if (status.textContent !== text) status.textContent = text; };
  const start = () => {
    if (running) return;
    running = true; // also while the cells above run
    runButton.setAttribute("aria-disabled", "true");
    stopButton.hidden = false;
    mine.run(cell).finally(() => {
      running = false;
      runButton.removeAttribute("aria-disabled");
      progress.hidden = true;
      if (document.activeElement === stopButton) runButton.focus();
      stopButton.hidden = true;
    });
  };
  const restore = () => {
    output?.discard();
    output = undefined;
    container.replaceChildren(...recorded);
    container.hidden = !recorded.length;
    delete node.dataset.state;
  };
  const reset = () => {
    if (running) mine.stop();
    editor.reset();
    restore();
    say("The code and the recorded output are back.");
  };

  const cell = {
    node, name, say, ran: undefined,
    before: JSON.parse(node.dataset.before ?? "[]"),
    get code() { return editor.code; },
    showLoading() {
      say("Loading Python …");
      progress.hidden = false;
    },
    showProgress(loaded, total) {
      progress.hidden = false;
      meter.max = total;
      meter.value = loaded;
      amount.textContent = `${inMegabytes(loaded)} of ${inMegabytes(total)} MB`;
    },
    hideProgress() {
      progress.hidden = true;
    },
    offline() {
      node.dataset.offline = "true";
      if (index === 0) hint.textContent = `Run uses the Python in your browser, from now on also without a network. ${KEYS}`;
    },
    /** A run begins; what it says goes to `output`, and `end` tells how it went. */
    startRun() {
      node.dataset.state = "running";
      const { edited } = editor;
      let pieces = Promise.resolve();
      const drawn = import("./output.js").then(({ createOutput }) => {
        output?.discard();
        output = createOutput(container);
        return output;
      });
      return {
        output: (kind, text) => { pieces = drawn.then((it) => it.add(kind, text)); },
        async end(ended) {
          await pieces;
          const it = await drawn;
          if (ended.failed) {
            restore();
            node.dataset.state = "failed";
            say(ended.failed);
          } else if (ended.stopped) {
            node.dataset.state = "stopped";
            say(STOPPED);
          } else {
            it.end();
            node.dataset.state = ended.outcome;
            say(report(ended, it.printed, edited));
          }
        },
      };
    },
  };

  function report({ outcome, milliseconds }, printed, edited) {
    const time = milliseconds < 1000 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
    if (outcome === "error") return "The cell ended with an error, shown in place of the recorded output.";
    const same = printed.split("\n").map((line) => line.trimEnd()).join("\n").trimEnd() === recordedText.trimEnd();
    if (edited || !recordedText) return `Ran here in ${time}; this is its output.`;
    return same ? `Ran here in ${time} and printed the same as recorded.` : `Ran here in ${time}; this output replaces the recorded one.`;
  }

  return cell;
}

let registered;

/** After a run the page, too, can be loaded again without a network. */
async function keepForOffline(cells) {
  if (!navigator.serviceWorker) return;
  try {
    registered ??= navigator.serviceWorker.register(here("../../service-worker.js")).then(() => navigator.serviceWorker.ready);
    const { active } = await registered;
    await import("./output.js"); // loaded now, it is among what is kept
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name.split("#")[0]);
    const mine = loaded.filter((address) => address.startsWith(location.origin) && !address.includes("/assets/python/runtime/"));
    const page = location.origin + location.pathname;
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => data === "kept" && cells.forEach((cell) => cell.offline());
    active.postMessage({ keep: [...new Set([page, here("./worker.js"), here("./runtime.json"), ...mine])] }, [channel.port2]);
  } catch (error) {
    console.warn("The page is not kept for use without a network:", error.message);
  }
}
