// @ts-check
/** Registers the service worker, which caches the page for offline starts. */

import { cookie } from "../api/cookies.js";
import { LOCALE } from "../words.js";

const SCRIPT = "/sw.js";
// The cached page to serve; read by the worker.
const CHOSEN = "/console/chosen-language";
const LOOKED_EVERY = 3_600_000;

export class Shell {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {ServiceWorkerRegistration | null} */
    this.registration = null;
    this.lookedAt = Date.now();
    if (!("serviceWorker" in navigator) || !globalThis.isSecureContext) return;
    navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
      // A new worker asks whether this page has finished loading.
      if (data === "isLoaded") ports[0].postMessage(document.readyState === "complete");
    });
    addEventListener("load", () => this.#start());
    if (document.readyState === "complete") this.#start();
    setInterval(() => this.look(), LOOKED_EVERY);
  }

  /** Whether a newer version is cached, which is used at the next page load. */
  get hasNewer() {
    return Boolean(this.registration?.waiting && this.registration.active);
  }

  async #start() {
    if (this.registration) return;
    try {
      const present = LOCALE === "en" ? "en" : "pt-br";
      // The language chosen in the back-office, which does not use the worker.
      const chosen = cookie("django_language");
      if (chosen !== present && ["en", "pt-br"].includes(chosen)) {
        await keepLanguage(chosen);
        location.reload();
        return;
      }
      await keepLanguage(present);
      this.registration = await navigator.serviceWorker.register(/** @type {string} */ (scriptUrl()), { updateViaCache: "none" });
      this.registration.addEventListener("updatefound", () => {
        const worker = this.registration?.installing;
        worker?.addEventListener("statechange", () => this.app.render());
      });
    } catch {
      // Without the worker the console works while online.
    }
  }

  /** Checks for a newer version: the server may have been updated meanwhile. */
  look() {
    if (!this.registration || Date.now() - this.lookedAt < 60_000) return;
    this.lookedAt = Date.now();
    this.registration.update().catch(() => {});
  }

  reload = async () => {
    await this.app.drafts.save();
    location.reload();
  };
}

/** Sets the language of the page to serve. @param {string} language */
export async function keepLanguage(language) {
  if (typeof caches === "undefined") return;
  const cache = await caches.open("hci-language").catch(() => null);
  await cache?.put(CHOSEN, new Response(language));
}

/** The URL as a trusted type, in browsers that support it. */
function scriptUrl() {
  const types = Reflect.get(globalThis, "trustedTypes");
  const policy = types?.createPolicy("service-worker", { createScriptURL: (/** @type {string} */ url) => (url === SCRIPT ? url : "") });
  return policy ? policy.createScriptURL(SCRIPT) : SCRIPT;
}
