// @ts-check
/** The state of the template picker: loads the list, stores the input, sends the template. */

import { uuid } from "../parts/uuid.js";
import { cleaned, firstValues, fitting, keyOfTemplate } from "./template_text.js";

/** @typedef {import("./template_text.js").Template} Template */
/** @typedef {{all: Template[], isRead: boolean, isReading: boolean, error: string, readAt: number}} TemplateList */

// An older list is reloaded when it is shown.
const KEPT = 10 * 60_000;

export class TemplateChoice {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** By manager. @type {Map<import("../types.js").Id, TemplateList>} */
    this.lists = new Map();
    /** Whether it is shown although free text can be sent too. */
    this.isOpen = false;
    this.words = "";
    /** The key of the chosen template; the first by default. */
    this.chosen = "";
    /** The entered values, by template. @type {Map<string, string[]>} */
    this.values = new Map();
    this.error = "";
    // Repeated with each attempt, so that it is sent only once.
    this.sending = uuid();
  }

  /** Resets the state for another chat. */
  reset() {
    this.isOpen = false;
    for (const [m, { error }] of this.lists) if (error) this.lists.delete(m);
    this.words = this.chosen = "";
    this.values.clear();
    this.#changed();
  }

  /** Whether the open chat's number can send templates. */
  get isOffered() {
    const { line, contact, store } = this.app;
    return Boolean(line && contact?.channel === "whatsapp" && store.options.get(line.m)?.gateway === "whatsapp_cloud");
  }

  /** The templates of the open chat's manager, which are loaded on demand. */
  get list() {
    const m = /** @type {import("../types.js").Id} */ (this.app.line?.m);
    const known = this.lists.get(m);
    if (known && (known.isReading || known.error || this.app.now - known.readAt < KEPT)) return known;
    const list = known ?? { all: [], isRead: false, isReading: false, error: "", readAt: 0 };
    this.lists.set(m, list);
    this.#read(m, list);
    return list;
  }

  get found() {
    return fitting(this.list.all, this.words);
  }

  /** The chosen template among the search results. @returns {Template | undefined} */
  get template() {
    const { found } = this;
    return found.find((one) => keyOfTemplate(one) === this.chosen) ?? found[0];
  }

  /** @param {Template} template */
  valuesOf(template) {
    const name = this.app.contact?.name ?? "";
    return this.values.get(keyOfTemplate(template)) ?? firstValues(template, name);
  }

  /** @param {import("../types.js").Id} m @param {TemplateList} list */
  async #read(m, list) {
    list.isReading = true;
    try {
      list.all = (await this.app.calls.templates(m)).templates;
      list.isRead = true;
      list.error = "";
    } catch (error) {
      list.error = /** @type {Error} */ (error).message;
    }
    list.readAt = Date.now();
    list.isReading = false;
    this.app.render();
  }

  readAgain = () => {
    const m = /** @type {import("../types.js").Id} */ (this.app.line?.m);
    const list = this.lists.get(m);
    if (list && !list.isReading) this.#read(m, list);
    this.app.render();
  };

  open = () => {
    this.isOpen = true;
    this.app.writing.suggestions.offer = null;
    this.app.afterDraw(() => document.getElementById("templates-search")?.focus());
  };

  close = () => {
    this.isOpen = false;
    this.error = "";
    this.app.focusComposer();
  };

  /** @param {Event} event */
  onSearch = (event) => {
    this.words = /** @type {HTMLInputElement} */ (event.target).value;
    this.app.render();
  };

  /** @param {Template} template */
  choose(template) {
    if (keyOfTemplate(template) !== this.chosen) this.#changed();
    this.chosen = keyOfTemplate(template);
    this.app.afterDraw(() => document.getElementById("templates")?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
  }

  /** Arrow keys choose, in the search and in the list; Enter focuses the first field. @param {KeyboardEvent} event */
  onKey = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { found, template } = this;
    if (event.isComposing || !template) return;
    if (by) this.choose(found[Math.min(Math.max(found.indexOf(template) + by, 0), found.length - 1)]);
    else if (event.key === "Enter") /** @type {HTMLElement | null} */ (document.querySelector(".picker__vars input, .picker__foot [type=submit]"))?.focus();
    else return;
    event.preventDefault();
  };

  /** @param {KeyboardEvent} event */
  onEscape = (event) => {
    if (event.key !== "Escape" || !this.isOpen) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
  };

  /** @param {Template} template @param {number} at @param {string} value */
  fill(template, at, value) {
    const values = [...this.valuesOf(template)];
    values[at] = value;
    this.values.set(keyOfTemplate(template), values);
    this.#changed();
    this.app.render();
  }

  /** The next template sent is a different message. */
  #changed() {
    this.error = "";
    this.sending = uuid();
  }

  /** @param {SubmitEvent} event */
  onSubmit = (event) => {
    event.preventDefault();
    this.#send();
  };

  async #send() {
    const { app, template } = this;
    const to = app.writing.to();
    if (!to || !template || app.overlay.busy) return;
    const values = this.valuesOf(template).map(cleaned);
    // The browser reports which field is empty.
    if (values.includes("")) return;
    const key = this.sending;
    await app.overlay.during("template", async () => {
      try {
        await app.calls.sendTemplate(to, template.name, template.language, values, key);
      } catch (error) {
        if (this.sending === key) this.error = /** @type {Error} */ (error).message;
        return;
      }
      if (this.sending !== key) return;
      this.values.delete(keyOfTemplate(template));
      this.#changed();
      if (this.isOpen) this.close();
      app.threadView.toEnd();
    });
  }
}
