// @ts-check
/**
 * The service worker: caches the page and its files, so that the console starts offline. It
 * never serves API calls.
 *
 * The server prepends `shell`: a version, and the SHA-256 of each file. Each version has
 * its own cache, which is filled and verified completely or not at all, so a page never
 * gets files of two versions.
 */

/** @type {any} */
const worker = globalThis;
/** @type {{version: string, files: Record<string, string>, pages: Record<string, string>, script: string}} */
const shell = worker.shell;
const STORE = `hci-shell-${shell.version}`;
const CHOSEN = "/console/chosen-language";
const PLACES = /^\/($|inbox\/|protocol\/)/;
const ANSWERED_IN = 500;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(fill()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(takeOver()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (PLACES.test(url.pathname)) event.respondWith(page(request));
  } else if (url.pathname in shell.files) event.respondWith(file(request, url.pathname));
});
worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "takeOver") worker.skipWaiting();
});

/** Fetches all files and caches them if they are all of this version. */
async function fill() {
  const wanted = Object.entries({ ...shell.files, ...shell.pages });
  const answers = await Promise.all(wanted.map(([path, digest]) => fetched(path, digest)));
  const store = await caches.open(STORE);
  await Promise.all(answers.map((answer, place) => store.put(wanted[place][0], answer)));
}

/** @param {string} path @param {string} digest */
async function fetched(path, digest) {
  const answer = await fetch(path, { cache: "no-cache", credentials: "same-origin" });
  const bytes = await answer.clone().arrayBuffer();
  const found = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!answer.ok || found !== digest) throw new Error(`${path} is of another version`);
  return answer;
}

/** Takes control of open pages, and deletes older versions. */
async function takeOver() {
  for (const name of await caches.keys())
    if (name.startsWith("hci-shell-") && name !== STORE) await caches.delete(name);
  await worker.clients.claim();
}

/** @param {Request} request */
async function page(request) {
  if (await givesWay()) {
    worker.registration.waiting.postMessage("takeOver");
    // The browser requests it again at once, and the newer version responds.
    return new Response("", { headers: { Refresh: "0" } });
  }
  const store = await caches.open(STORE);
  const chosen = await (await (await caches.open("hci-language")).match(CHOSEN))?.text();
  const path = Object.keys(shell.pages).find((one) => one.endsWith(`/${chosen}`)) ?? Object.keys(shell.pages)[0];
  return (await store.match(path)) ?? fetch(request);
}

/** Whether a newer version is waiting and no page is loading this one. */
async function givesWay() {
  if (!worker.registration.waiting) return false;
  const pages = await worker.clients.matchAll({ type: "window" });
  const answers = await Promise.all(pages.map(isLoaded));
  return answers.every(Boolean);
}

/** @param {any} client */
function isLoaded(client) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    setTimeout(() => done(false), ANSWERED_IN);
    client.postMessage("isLoaded", [port2]);
  });
}

/** @param {Request} request @param {string} path */
async function file(request, path) {
  const store = await caches.open(STORE);
  return (await store.match(path)) ?? fetch(request);
}
