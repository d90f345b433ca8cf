// Python in a worker of its own: the page stays responsive, and ends it to stop a cell. It tells the page "progress", "starting", "ready",
// "output" and "done", or "failed" with a reason: network, damaged, memory, crashed, unsupported.
const KEPT = "book-runtime"; // also in service-worker.js

class Failure extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

const say = (type, data = {}) => self.postMessage({ type, ...data });
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const address = (path) => new URL(path, import.meta.url).href;

let loaded = 0;
let total = 0;

async function fetchPart(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new Failure("network", `${url}: ${error.message}`);
  }
  if (!response.ok) throw new Failure("network", `${url} answered ${response.status}`);
  return response;
}

/** The bytes of a file of the runtime, checked; from what this browser keeps if it is there. */
async function loadFile(file, kept) {
  const url = address(file.path);
  const found = await kept?.match(url);
  try {
    return found ? await readChecked(file, found) : await loadFromNetwork(file, kept, {});
  } catch (error) {
    if (error.reason !== "damaged") throw error;
    // What arrived damaged once, the browser may keep: it is asked for anew.
    return loadFromNetwork(file, kept, { cache: "reload" });
  }
}

async function loadFromNetwork(file, kept, options) {
  const url = address(file.path);
  const bytes = await readChecked(file, await fetchPart(url, options));
  await kept?.put(url, new Response(bytes, { headers: { "Content-Type": typeOf(file.name) } })).catch(() => {}); // no room is no failure
  return bytes;
}

async function readChecked(file, response) {
  const bytes = new Uint8Array(file.bytes);
  const reader = response.body.getReader();
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (filled + value.length > file.bytes) throw new Failure("damaged", `${file.name} is too long`);
      bytes.set(value, filled);
      filled += value.length;
      loaded += value.length;
      say("progress", { loaded, total });
    }
    if (filled < file.bytes) throw new Failure("network", `${file.name} ended after ${filled} of ${file.bytes} bytes`);
    // Only secure contexts can compute a digest; elsewhere who can change a file can change the page as well.
    if (globalThis.crypto?.subtle && hex(await crypto.subtle.digest("SHA-256", bytes)) !== file.sha256) {
      throw new Failure("damaged", `${file.name} is not what it must be`);
    }
  } catch (error) {
    loaded -= filled;
    throw error instanceof Failure ? error : new Failure("network", `${file.name}: ${error.message}`);
  }
  return bytes;
}

function typeOf(name) {
  if (name.endsWith(".mjs")) return "text/javascript";
  return name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
}

async function loadFiles() {
  const listed = await (await fetchPart(address("./runtime.json"), { cache: "no-cache" })).json();
  total = listed.files.reduce((sum, file) => sum + file.bytes, 0);
  say("progress", { loaded, total });
  const kept = await globalThis.caches?.open(KEPT).catch(() => undefined);
  const files = new Map(await Promise.all(listed.files.map(async (file) => [file.name, await loadFile(file, kept)])));
  const wanted = new Set(listed.files.map((file) => address(file.path)));
  for (const request of (await kept?.keys()) ?? []) if (!wanted.has(request.url)) await kept.delete(request);
  return { files, listed };
}

async function start() {
  if (typeof WebAssembly !== "object") throw new Failure("unsupported", "no WebAssembly");
  const { files, listed } = await loadFiles();
  say("starting");
  // Pyodide fetches by itself: it is handed the bytes that were checked, and nothing else.
  self.fetch = async (request) => {
    const name = new URL(request.url ?? request, import.meta.url).pathname.split("/").at(-1);
    if (!files.has(name)) throw new TypeError(`${name} is no part of the runtime`);
    return new Response(files.get(name), { headers: { "Content-Type": typeOf(name) } });
  };
  // It also waits forever for WebAssembly that could not be started.
  const instantiate = WebAssembly.instantiateStreaming;
  const impossible = new Promise((_, reject) => {
    WebAssembly.instantiateStreaming = (...values) => instantiate.apply(WebAssembly, values).catch((error) => {
      reject(error);
      throw error;
    });
  });
  const path = (name) => address(listed.files.find((file) => file.name === name).path);
  const modules = ["pyodide.mjs", "pyodide.asm.mjs"].map((name) => import(path(name)));
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(modules);
  const python = await Promise.race([impossible, loadPyodide({
    indexURL: address("./runtime/"), packageBaseUrl: address("./"), createPyodideModule,
    lockFileContents: listed.lock, packages: ["dlprimer"],
    env: { PYTHONHASHSEED: "0" }, stdout: () => {}, stderr: () => {}, // as when the examples were recorded
  })]);
  for (const name of ["cells.py", "driver.py"]) python.FS.writeFile(`${python.FS.cwd()}/${name}`, files.get(name));
  files.clear();
  shut();
  const driver = python.pyimport("driver");
  driver.start((kind, text) => say("output", { kind, text }));
  return driver;
}

/** Take away what a cell could send or keep data with; the page's own storage is out of reach of a worker anyway. */
function shut() {
  const names = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "BroadcastChannel", "Worker",
    "SharedWorker", "importScripts", "indexedDB", "caches", "cookieStore"];
  const remove = (from, each) => {
    for (let object = from; object; object = Object.getPrototypeOf(object)) for (const name of each) delete object[name];
  };
  remove(self, names);
  remove(self.navigator, ["storage", "locks", "serviceWorker", "sendBeacon"]);
}

/** Why something failed that is not Python's own error. */
function reasonOf(error) {
  if (error instanceof Failure) return error.reason;
  return /memory|allocat/i.test(String(error?.message)) ? "memory" : "crashed";
}

const ready = start().then((driver) => {
  say("ready");
  return driver;
});
ready.catch((error) => say("failed", { reason: reasonOf(error), message: String(error?.message ?? error) }));

self.addEventListener("message", async ({ data }) => {
  const driver = await ready.catch(() => undefined);
  if (!driver) return;
  const began = performance.now();
  try {
    if (data.fresh) driver.reset();
    const outcome = driver.run(data.code, data.name);
    if (outcome === "memory") say("failed", { reason: "memory", message: "MemoryError" });
    else say("done", { outcome, milliseconds: performance.now() - began });
  } catch (error) {
    say("failed", { reason: reasonOf(error), message: String(error?.message ?? error) });
  }
});
