// @ts-check
/** Which earlier chats of the open conversation are folded: each is then one line. */

import { t } from "../words.js";
import { rowsOfApp } from "./rows.js";

/** @typedef {import("../store/conversation.js").Conversation} Conversation */
/** @typedef {import("../types.js").Session} Session */

// So long a screen reader is told of nothing: what unfolds is no news.
const QUIET_FOR = 600;

export class Folding {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The protocols that are shown whole. @type {Set<string>} */
    this.open = new Set();
    /** The chat that is being loaded, to be unfolded then. */
    this.loading = "";
    /** The one line that Tab stops at; arrow keys go to the others. @type {string | undefined} */
    this.tabStop = undefined;
    this.isQuiet = false;
    this.timer = 0;
  }

  /** Another conversation is shown. */
  reset() {
    this.open.clear();
    this.loading = "";
  }

  /**
   * The chats that can be folded: all but the latest. One that was the latest as it was
   * shown stays unfolded, also when another begins.
   * @param {Conversation} conversation
   * @returns {Session[]}
   */
  sessions({ sessions }) {
    // One that was reopened need not be the last.
    const latest = [this.app.line?.protocol, sessions.at(-1)?.protocol];
    for (const protocol of latest) if (protocol) this.open.add(protocol);
    return sessions.filter(({ protocol, closedAt }) => closedAt !== null && !latest.includes(protocol));
  }

  /** Whether a message of that chat is hidden. @param {Conversation} conversation @param {string | undefined} protocol */
  hides(conversation, protocol) {
    return this.sessions(conversation).some((one) => one.protocol === protocol && !this.open.has(one.protocol));
  }

  /** Whether messages before the loaded ones would be shown: those of folded chats are not. @param {Conversation} conversation */
  wantsOlder(conversation) {
    const { messages, hasOlder } = conversation;
    return hasOlder && !this.hides(conversation, messages[0]?.protocol);
  }

  /** Folds or unfolds a chat; its line keeps its place on the screen. @param {string} protocol */
  async toggle(protocol) {
    const { app } = this;
    const { conversation } = app;
    if (!conversation || this.loading) return;
    if (this.open.has(protocol)) this.open.delete(protocol);
    else {
      this.loading = protocol;
      app.render();
      const isThere = await app.finding.readChat(protocol);
      this.loading = "";
      app.render();
      if (app.conversation !== conversation || !isThere) return;
      this.open.add(protocol);
    }
    this.#quieten();
    app.threadView.keepAt(`.earlier[data-protocol="${CSS.escape(protocol)}"]`, () => rowsOfApp(app).length);
  }

  /** Unfolds a chat that is loaded, as something in it is to be shown. @param {string | undefined} protocol */
  reveal(protocol) {
    if (protocol === undefined || this.open.has(protocol)) return;
    this.open.add(protocol);
    this.#quieten();
  }

  #quieten() {
    this.isQuiet = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isQuiet = false;
      this.app.render();
    }, QUIET_FOR);
  }

  /** The facts of a chat for its line. @param {Session} session */
  facts({ area, operatorId, reason, rating }) {
    const { names, line, store } = this.app;
    if (!line) return [];
    const reasons = store.options.get(line.m)?.closingReasons ?? [];
    return [
      area && names.areaName(line.m, area),
      operatorId !== "0" && names.operatorName(operatorId),
      reason && (reasons.find(({ code }) => code === reason)?.name ?? reason),
      rating && t("mark {mark}", { mark: rating }),
    ].filter(Boolean);
  }
}
