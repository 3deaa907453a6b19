// @ts-check
/** How the console looks to a person, on every machine: kept by the server. */

/**
 * @typedef {{theme?: string, density?: string, keys?: boolean, language?: string,
 *   filters?: {name: string, address: string}[]}} Settings
 */

const SAVE_AFTER = 500;

export class PersonSettings {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {Settings} */
    this.value = {};
    this.timer = 0;
  }

  /** Reads what the person chose on another machine. */
  async read() {
    try {
      this.value = await this.app.calls.settings();
    } catch {
      return; // what this machine remembers is shown
    }
    this.#apply();
  }

  /** @param {Partial<Settings>} change */
  change(change) {
    this.value = { ...this.value, ...change };
    this.#apply();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.app.calls.saveSettings(this.value).catch(() => {}), SAVE_AFTER);
  }

  /** Shows it, and remembers it for the next first paint. */
  #apply() {
    for (const name of /** @type {const} */ (["theme", "density"])) {
      const chosen = this.value[name];
      if (chosen) localStorage.setItem(name, chosen);
    }
    dispatchEvent(new Event("themechange"));
    this.app.render();
  }
}
