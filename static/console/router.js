// @ts-check
/** The router: each tab, filter, conversation and protocol has a URL. */

/** @typedef {import("./types.js").Filter} Filter */
/** @typedef {import("./types.js").Id} Id */

/**
 * The current route.
 * @typedef {{filter: Filter, ref: {m: Id, id: Id} | null, protocol: string | null, pane: "list" | "chat" | "details"}} Place
 */

const TABS = /** @type {const} */ (["mine", "queue", "answered", "closed", "search"]);
/** The tabs of whoever answers chats. @type {Set<string>} */
export const OF_OPERATORS = new Set(["mine", "answered"]);

/** Parses a URL. @param {URL} url @returns {Place} */
export function placeOf(url) {
  const [first, tab, m, id] = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const query = url.searchParams;
  /** @type {Filter} */
  const filter = { tab: TABS.find((one) => one === tab) ?? "mine" };
  for (const name of /** @type {const} */ (["area", "tag", "channel"]))
    if (query.has(name)) filter[name] = query.get(name);
  if (query.has("m")) filter.m = idOf(query.get("m") ?? "");
  if (filter.tab === "search") {
    filter.text = query.get("text") ?? "";
    filter.words = query.has("words");
  }
  const ref = first === "inbox" && m && id ? { m: idOf(m), id: idOf(id) } : null;
  const isDetails = url.hash === "#contact";
  return {
    filter,
    ref,
    protocol: first === "protocol" ? (tab ?? null) : null,
    pane: ref ? (isDetails ? "details" : "chat") : "list",
  };
}

/** Returns the URL of a route. @param {Filter} filter @param {{m: Id, id: Id} | null} [ref] */
export function addressOf(filter, ref) {
  const query = new URLSearchParams();
  if (filter.m != null) query.set("m", idText(filter.m));
  for (const name of /** @type {const} */ (["area", "tag", "channel"]))
    if (filter[name] != null) query.set(name, filter[name]);
  if (filter.tab === "search") {
    query.set("text", filter.text ?? "");
    if (filter.words) query.set("words", "1");
  }
  const path = ref ? `/${encodeURIComponent(idText(ref.m))}/${encodeURIComponent(idText(ref.id))}` : "";
  const asked = query.toString();
  return `/inbox/${filter.tab}${path}${asked ? `?${asked}` : ""}`;
}

// Numbers are WhatsApp ids, texts Facebook ids: a text of digits needs a marker.

/** @param {string} text @returns {Id} */
function idOf(text) {
  if (text.startsWith("f:")) return text.slice(2);
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** @param {Id} id */
function idText(id) {
  return typeof id === "string" && (/^\d{1,15}$/.test(id) || id.startsWith("f:")) ? `f:${id}` : String(id);
}

export class Router {
  /** @param {(place: Place) => void} onMove */
  constructor(onMove) {
    this.onMove = onMove;
    this.place = placeOf(new URL(location.href));
    addEventListener("popstate", () => this.#moved());
    document.addEventListener("click", (event) => this.#follow(event));
  }

  /** @param {string} address @param {{replace?: boolean}} [how] */
  go(address, { replace = false } = {}) {
    if (address === location.pathname + location.search + location.hash) return;
    history[replace ? "replaceState" : "pushState"](null, "", address);
    this.#moved();
  }

  #moved() {
    this.place = placeOf(new URL(location.href));
    this.onMove(this.place);
  }

  /** Handles a click on a link within the console. @param {MouseEvent} event */
  #follow(event) {
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!link || !isPlain || event.defaultPrevented || link.hasAttribute("download")) return;
    const url = new URL(/** @type {HTMLAnchorElement} */ (link).href);
    if (url.origin !== location.origin || !/^\/(inbox|protocol)\//.test(url.pathname)) return;
    if (link.getAttribute("target")) return;
    event.preventDefault();
    this.go(url.pathname + url.search + url.hash);
  }
}
