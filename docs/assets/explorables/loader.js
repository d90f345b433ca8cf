// Brings the explorables of a page to life when they come near the view. Until then, and whenever anything goes wrong,
// the static figure stands.
const NEAR = "300px 0px";
const mounted = new Map();
const adopted = new Map();

async function fetchRecord(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`the record ${url} answered ${response.status}`);
  const record = await response.json();
  if (!record || typeof record.data !== "object") throw new Error(`the record ${url} has no "data"`);
  return record.data;
}

/** The families of parts that an explorable names in `export const parts`, with their styles (README.md, "Parts"). */
function fetchParts(names = []) {
  return Promise.all(names.map(async (name) => {
    const family = await import(`./${name}.js`);
    if (family.styles) await adopt(family.styles);
    return family;
  }));
}

// Adopted and not linked: the theme's instant navigation takes links that the next page does not have out of the head.
const adopt = (url) => {
  if (!adopted.has(url.href)) adopted.set(url.href, fetchStyles(url));
  return adopted.get(url.href);
};

async function fetchStyles(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the styles ${url} answered ${response.status}`);
  const sheet = await new CSSStyleSheet().replace(await response.text());
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function showNote(figure) {
  if (figure.querySelector(".explorable-note")) return;
  const note = document.createElement("p");
  note.className = "explorable-note";
  note.textContent = "The interactive version could not run here; this is its figure.";
  figure.querySelector(".explorable-stage").after(note);
}

async function run(figure, addresses, controller) {
  const stage = figure.querySelector(":scope > .explorable-stage");
  const still = [...stage.childNodes];
  const root = document.createElement("div");
  root.className = "explorable-root explorable-loading";
  let cleanup;
  const stop = () => {
    const once = cleanup;
    cleanup = undefined;
    once?.();
  };
  const fail = (error) => {
    if (controller.signal.aborted) return;
    console.error(`The explorable ${addresses.module} stopped:`, error);
    controller.abort();
    root.remove();
    stage.replaceChildren(...still);
    figure.dataset.state = "failed";
    showNote(figure);
  };
  controller.signal.addEventListener("abort", stop);
  try {
    fetchParts(figure.dataset.parts?.split(" ")).catch(() => {}); // the page knows them before the module has come
    const [module, record, { createKit }] = await Promise.all([
      import(addresses.module), fetchRecord(addresses.record, controller.signal), import("./kit.js"),
    ]);
    const families = await fetchParts(module.parts);
    if (controller.signal.aborted) return;
    figure.append(root); // in the document, so that it can be measured, but not yet shown
    const kit = createKit(root, { signal: controller.signal, fail, families });
    const returned = module.default(root, record, kit);
    cleanup = typeof returned === "function" ? returned : undefined;
    kit.start();
    if (controller.signal.aborted) return;
    const before = figure.getBoundingClientRect();
    root.classList.remove("explorable-loading");
    stage.replaceChildren(root);
    figure.dataset.state = "live";
    // Who already reads what comes below keeps the place, however tall the explorable is.
    if (before.top < 0 && before.bottom < innerHeight / 2)
      scrollBy({ top: figure.getBoundingClientRect().bottom - before.bottom, behavior: "instant" });
  } catch (error) {
    fail(error);
  }
}

function mount(figure) {
  if (!figure.querySelector(":scope > .explorable-stage")) return;
  const controller = new AbortController();
  mounted.set(figure, controller);
  // Resolved now: with instant navigation the page's address may have changed by the time the figure comes into view.
  const addresses = {
    module: new URL(figure.dataset.explorable, document.baseURI).href,
    record: new URL(figure.dataset.record, document.baseURI).href,
  };
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    run(figure, addresses, controller);
  }, { rootMargin: NEAR });
  observer.observe(figure);
  controller.signal.addEventListener("abort", () => observer.disconnect());
}

/** Mount the figures of the page that is shown, and take down those of a page that was left. */
export function refresh() {
  for (const [figure, controller] of mounted) {
    if (figure.isConnected) continue;
    controller.abort();
    mounted.delete(figure);
  }
  for (const figure of document.querySelectorAll("figure.explorable[data-explorable][data-record]")) {
    if (!mounted.has(figure)) mount(figure);
  }
}

if (window.document$) window.document$.subscribe(refresh);
else refresh();
