// Lets a reader who has run Python on a page do so again without a network. It is installed by the first run, and it never answers from
// what it keeps while the network answers; only files of the runtime, whose addresses change with their content, come from there first.
const RUNTIME = "book-runtime"; // filled by assets/python/worker.js
const PAGES = "book-pages";
const HASHED = /\/assets\/python\/[^?]+\?[0-9a-f]{16}$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  event.waitUntil(keep(event.data.keep).then(() => event.ports[0].postMessage("kept"), () => event.ports[0].postMessage("failed")));
});

async function keep(addresses) {
  const cache = await caches.open(PAGES);
  await Promise.all(addresses.map(async (address) => {
    const response = await fetch(address);
    if (response.ok) await renew(cache, address, response);
  }));
}

async function renew(cache, address, response) {
  await cache.put(address, await unredirected(response));
}

/** A page that was reached by a redirection cannot be given to a reload. */
async function unredirected(response) {
  return response.redirected ? new Response(await response.blob(), { headers: response.headers }) : response;
}

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method !== "GET" || new URL(url).origin !== self.location.origin) return;
  event.respondWith(HASHED.test(url) ? fromRuntime(event.request) : fromNetwork(event));
});

async function fromRuntime(request) {
  return (await (await caches.open(RUNTIME)).match(request.url)) ?? fetch(request);
}

async function fromNetwork(event) {
  const { request } = event;
  // What a page's address carries after "?" is the state of its explorable.
  const address = request.url.split(request.mode === "navigate" ? /[?#]/ : "#")[0];
  const cache = await caches.open(PAGES);
  const kept = await cache.match(address, { ignoreVary: true });
  if (kept && !self.navigator.onLine) return kept;
  try {
    const response = await fetch(request);
    if (kept && response.ok && response.type === "basic") event.waitUntil(renew(cache, address, response.clone()));
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}
