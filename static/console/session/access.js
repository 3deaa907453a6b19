// @ts-check
/** Handles lost access: removes the contact's data from screen and browser, but keeps the draft. */

import { keyOf } from "../store/store.js";

export class Access {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The open chat that is no longer accessible. @type {{key: string, at: number, isDeleted: boolean, showsDraft: boolean} | null} */
    this.lost = null;
  }

  /** Whether a contact is lost, and the reason is shown. */
  get isLost() {
    const { ref } = this.app.router.place;
    return Boolean(ref && this.lost?.key === this.app.keyOf(ref));
  }

  /** @param {string} key @param {boolean} [isDeleted] */
  lose(key, isDeleted = false) {
    const { app } = this;
    const { ref } = app.router.place;
    app.cache.lose(key);
    if (!ref || app.keyOf(ref) !== key || this.isLost) return;
    app.recording.keep();
    app.overlay.leaveChat();
    app.presence.look(null);
    this.lost = { key, at: Date.now(), isDeleted, showsDraft: false };
    app.render();
  }

  /** Handles an event of the feed; to be called after it was applied. @param {import("../types.js").FeedEvent} event */
  heard({ k, op, m, id, row }) {
    if (k !== "contact") return;
    if (row) this.#returned(keyOf(m, id));
    else this.lose(keyOf(m, id), op === "D");
  }

  /** The route has changed, or the contact is visible again. */
  reset() {
    this.lost = null;
  }

  /** @param {string} key */
  #returned(key) {
    const { ref } = this.app.router.place;
    if (!ref || this.lost?.key !== key) return;
    this.reset();
    this.app.reopenPlace();
  }

  showDraft = () => {
    if (this.lost) this.lost.showsDraft = true;
    this.app.render();
  };
}
