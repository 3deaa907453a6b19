// @ts-check
/** The user's settings of the console, stored on the server for all devices. */

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

  /** Loads settings that were changed on another device. */
  async read() {
    try {
      this.value = await this.app.calls.settings();
    } catch {
      return; // the locally stored settings are used
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

  /** Applies the settings, and stores them locally for the next first paint. */
  #apply() {
    for (const name of /** @type {const} */ (["theme", "density"])) {
      const chosen = this.value[name];
      if (chosen) localStorage.setItem(name, chosen);
    }
    dispatchEvent(new Event("themechange"));
    this.app.render();
  }
}
