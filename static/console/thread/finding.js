// @ts-check
/** Goes to a message of the open chat, also to one that has not been read yet. */

import { rowsOf } from "./rows.js";

/** @typedef {import("../store/conversation.js").Conversation} Conversation */

// So many pages are read at most.
const PAGES = 50;
const MARKED_FOR = 3000;
// A message is told of a moment before the chat that it opens.
const BEFORE = 10_000;

export class Finding {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The message that is marked, as it has been found. */
    this.id = "";
    this.timer = 0;
    /** What the chat that is being opened is to show. @type {{key: string, id?: string, protocol?: string, openedAt?: string} | null} */
    this.wanted = null;
  }

  /** Shows what is wanted of the open chat, once it has been read. */
  async showWanted() {
    const { wanted, app } = this;
    if (!wanted || !app.conversation?.isRead || app.conversation.key !== wanted.key) return;
    this.wanted = null;
    if (wanted.id) await this.goTo(wanted.id);
    // The latest one is shown from its end.
    else if (wanted.openedAt && app.line?.protocol !== wanted.protocol) await this.goToTime(wanted.openedAt);
  }

  /** @param {string} id */
  async goTo(id) {
    if (await this.#read(({ byId }) => byId.has(id))) this.#show(id);
  }

  /** Goes to where an earlier chat began. @param {string} time */
  async goToTime(time) {
    const from = Date.parse(time) - BEFORE;
    const isSince = (/** @type {import("../types.js").Message} */ { createdAt }) => Date.parse(createdAt) >= from;
    await this.#read(({ messages }) => messages.length > 0 && !isSince(messages[0]));
    const first = this.app.conversation?.messages.find(isSince);
    if (first) this.#show(first.id);
  }

  /**
   * Reads older messages until what is looked for is there; returns whether it is.
   * @param {(conversation: Conversation) => boolean} isThere
   */
  async #read(isThere) {
    const { app } = this;
    const { conversation } = app;
    if (!conversation) return false;
    for (let page = 0; page < PAGES && !isThere(conversation) && conversation.hasOlder; page += 1) {
      while (conversation.reading) await conversation.reading;
      const known = conversation.messages.length;
      await app.sync.readOlder(conversation.ref);
      if (app.conversation !== conversation) return false;
      if (conversation.messages.length === known) break; // it could not be read
    }
    return app.conversation === conversation && isThere(conversation);
  }

  /** @param {string} id */
  #show(id) {
    const { app } = this;
    const conversation = /** @type {Conversation} */ (app.conversation);
    const rows = rowsOf(conversation, app.outbox.messagesFor(conversation), app.unseen);
    const place = rows.findIndex((row) => row.id === id);
    if (place < 0) return;
    app.threadView.showAround(place, rows.length);
    this.id = id;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.id = "";
      app.render();
    }, MARKED_FOR);
    app.afterDraw(() => app.threadView.showMessage(id));
  }
}
