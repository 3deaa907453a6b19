// @ts-check
/** The state of the connection, for the status line. */

import { FeedSocket } from "./socket.js";

const BACK_SHOWN = 6000;
// Shorter interruptions are not shown.
const AWAY = 1500;

export class Connection {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {"connecting" | "live" | "offline" | "back"} */
    this.line = "connecting";
    /** When everything was last up to date. @type {number | null} */
    this.at = null;
    /** @type {number | null} */
    this.retryAt = null;
    this.changes = 0;
    this.sent = 0;
    this.lostAt = 0;
    this.timer = 0;
    this.ticker = 0;
    this.socket = new FeedSocket(() => app.account.confirmed().then(() => app.calls.socket()), {
      frame: (frame) => app.sync.hear(frame),
      state: (state, retryAt) => this.#changed(state, retryAt),
      signedOut: () => app.account.ended(),
    });
  }

  get isOffline() {
    return this.line === "offline";
  }

  /** Whether the store is equal to the server's state. */
  get isCurrent() {
    return (this.line === "live" || this.line === "back") && this.app.sync.waiting === null;
  }

  /** A queued message was sent. */
  messageSent() {
    if (this.line !== "live") this.sent += 1;
  }

  start() {
    this.socket.start();
  }

  stop() {
    this.socket.stop();
  }

  connectNow = () => this.socket.connectNow();

  /** @param {"connecting" | "live" | "offline"} state @param {number | null} retryAt */
  #changed(state, retryAt) {
    const { app } = this;
    this.retryAt = retryAt;
    if (state === "live") this.#live();
    else if (state === "offline" && this.line !== "offline") {
      app.cache.save(); // the state until now, in case the page is reloaded offline
      this.lostAt = Date.now();
      this.at = this.line === "connecting" ? this.at : Date.now();
      app.sync.changesMissed = 0;
      this.sent = 0;
      this.line = "offline";
      clearInterval(this.ticker);
      this.ticker = setInterval(() => app.render(), 1000);
    }
    app.render();
  }

  #live() {
    const { app } = this;
    if (this.line === "live" || this.line === "back") return;
    clearInterval(this.ticker);
    const wasAway = this.line === "offline" && Date.now() - this.lostAt > AWAY;
    this.changes = app.sync.changesMissed;
    this.line = wasAway ? "back" : "live";
    this.#settle();
    app.outbox.flush();
    app.sync.readGateways();
    app.presence.say();
    app.shell.look();
  }

  /** "Back" is shown for a while, at least until the queue is empty. */
  #settle() {
    const { app } = this;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.line !== "back") return;
      if (app.outbox.sending.size) return this.#settle();
      this.line = "live";
      app.render();
    }, BACK_SHOWN);
  }
}
