// @ts-check
/** The state of dialogs, menus and toasts. */

import { openPalette } from "../palette/palette.js";
import { t } from "../words.js";

const TOAST_SHOWN = 6000;
const TOAST_WAITED_FOR = 2500;
const OF_A_CHAT = new Set(["transfer", "closing", "schedule", "why", "viewer"]);

/** @typedef {{text: string, small?: string, action?: string, act?: () => void}} Toast */

export class Overlay {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {any} */
    this.dialog = null;
    /** @type {Element | null} */
    this.opener = null;
    /** The open menu: "chat", "me" or none. */
    this.menu = "";
    /** The call in progress, shown in its button. */
    this.busy = "";
    /** @type {Toast[]} */
    this.toasts = [];
    this.timer = 0;
    /** @type {Toast | undefined} */
    this.shown = undefined;
    this.shownAt = 0;
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  /** @param {any} dialog its name and state */
  open(dialog) {
    this.opener = document.activeElement;
    this.menu = "";
    this.dialog = dialog;
    this.app.render();
  }

  /** Closes the dialog of what has been done: what opened it goes, the messages stay. */
  closeDone() {
    this.opener = document.getElementById("log");
    this.close();
  }

  close = () => {
    if (this.dialog?.source) URL.revokeObjectURL(this.dialog.source);
    this.dialog = null;
    const { opener } = this;
    this.app.afterDraw(() => /** @type {HTMLElement | null} */ (opener)?.isConnected && /** @type {HTMLElement} */ (opener).focus());
  };

  /** Another chat is open, or none: what was asked about the one before is asked no more. */
  leaveChat() {
    if (OF_A_CHAT.has(this.dialog?.name)) this.close();
    if (this.menu === "chat") this.menu = "";
  }

  /** @param {Record<string, any>} change */
  change(change) {
    this.dialog = { ...this.dialog, ...change };
    this.app.render();
  }

  openPalette = () => openPalette(this.app);
  openKeys = () => this.open({ name: "keys" });
  /** @param {import("../types.js").Message} message */
  openViewer(message) {
    this.open({ name: "viewer", message });
  }

  // Menus

  /** @param {string} name */
  toggleMenu(name) {
    this.menu = this.menu === name ? "" : name;
    this.app.afterDraw(() => /** @type {HTMLElement | null} */ (document.querySelector("[role=menu] .menu__item"))?.focus());
  }

  /** Closes the menu and runs the action of its item. @param {() => void} act */
  fromMenu(act) {
    this.#closeMenu();
    act();
  }

  /** The focus goes back to the button of the menu, as its items go. */
  #closeMenu() {
    if (document.activeElement?.closest("[role=menu]")) /** @type {HTMLElement | null} */ (document.querySelector("[aria-haspopup=menu][aria-expanded=true]"))?.focus();
    this.menu = "";
    this.app.render();
  }

  /** @param {KeyboardEvent} event */
  onMenuKey = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const items = [.../** @type {Element} */ (event.currentTarget).querySelectorAll(".menu__item")];
    const at = items.indexOf(/** @type {Element} */ (document.activeElement));
    /** @type {HTMLElement} */ (items[(at + by + items.length) % items.length]).focus();
  };

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (!this.menu || target.closest?.("[role=menu], [aria-haspopup=menu]")) return;
    this.menu = "";
    this.app.render();
  }

  /** Closes the open overlay, else leaves the field, else the chat. @param {Element} target */
  onEscape(target) {
    const { app } = this;
    if (this.menu) this.#closeMenu();
    else if (app.recording.isOn) app.recording.discard();
    else if (app.writing.suggestions.offer) app.writing.suggestions.close();
    else if (this.dialog) this.close();
    else if (target.id === "composer" && !app.writing.isNote && app.quoting.id) app.quoting.remove();
    else if (target.matches?.("input, textarea")) {
      // An empty list has nothing to focus, but single keys must work again.
      const place = document.getElementById(app.panes.isNarrow && app.router.place.ref ? "log" : "cards");
      if (place) place.focus();
      else /** @type {HTMLElement} */ (target).blur();
    } else if (app.panes.isNarrow && app.panes.showsDetails) app.panes.toggleDetails();
    else if (app.router.place.ref) {
      app.go(app.router.place.filter);
      app.afterDraw(() => document.getElementById("cards")?.focus());
    }
  }

  // Toasts

  /** @param {string} text @param {Omit<Toast, "text">} [more] */
  toast(text, more = {}) {
    this.toasts = [...this.toasts.slice(-2), { text, ...more }];
    this.#showNext();
  }

  /** @param {Toast} toast */
  dismiss(toast) {
    this.toasts = this.toasts.filter((one) => one !== toast);
    this.#showNext();
  }

  /** Shows the first for its time, for less if others wait: what they say is newer. */
  #showNext() {
    const [toast] = this.toasts;
    const now = Date.now();
    if (toast !== this.shown) this.shownAt = now;
    this.shown = toast;
    clearTimeout(this.timer);
    const until = this.shownAt + (this.toasts.length > 1 ? TOAST_WAITED_FOR : TOAST_SHOWN);
    if (toast) this.timer = setTimeout(() => this.dismiss(toast), Math.max(0, until - now));
    this.app.render();
  }

  /** Shows an error; an ended session is shown by the sign-in form instead. @param {Error & {code?: string}} error */
  failed({ message, code }) {
    if (code !== "not_authenticated") this.toast(message || t("The server could not do this."));
  }

  undo() {
    this.app.transferring.undo();
  }

  /**
   * Runs a call with a busy state in its button; shows errors.
   * @param {string} name
   * @param {() => Promise<void>} act
   */
  async during(name, act) {
    if (this.busy) return;
    const shown = setTimeout(() => {
      this.busy = name;
      this.app.render();
    }, 300);
    this.busy = name;
    try {
      await act();
    } catch (error) {
      if (this.dialog) this.change({ error: /** @type {Error} */ (error).message });
      else this.failed(/** @type {Error} */ (error));
    } finally {
      clearTimeout(shown);
      this.busy = "";
      this.app.render();
    }
  }
}
