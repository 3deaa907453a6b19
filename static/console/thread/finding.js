// @ts-check
/** Goes to a message of the open chat, also to one that has not been read yet. */

import { t } from "../words.js";
import { rowsOfApp } from "./rows.js";

/** @typedef {import("../store/conversation.js").Conversation} Conversation */

// What is looked for is read in pages of that size, and at most so many of them.
const PAGE = 1000;
const PAGES = 20;
const MARKED_FOR = 3000;

export class Finding {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The message that is marked, as it has been found. */
    this.id = "";
    this.timer = 0;
    /** What the chat that is being opened is to show. @type {{key: string, hit?: {id: string}, protocol?: string, open?: boolean} | null} */
    this.wanted = null;
    /** Whether older messages are being read to find one. */
    this.isReading = false;
    this.hasFailed = false;
  }

  /** Shows what is wanted of the open chat, once it has been read. */
  async showWanted() {
    const { wanted, app } = this;
    if (!wanted || !app.conversation?.isRead || app.conversation.key !== wanted.key) return;
    this.wanted = null;
    // The latest one is shown from its end.
    if (wanted.hit) await this.goTo(wanted.hit.id, wanted.protocol);
    else if (wanted.protocol && app.line?.protocol !== wanted.protocol) await this.goToChat(wanted.protocol);
  }

  /** @param {string} id @param {string} [protocol] that of its chat, if it is known */
  async goTo(id, protocol) {
    const { conversation } = this.app;
    if (await this.#read(({ byId }) => byId.has(id))) this.#show(id);
    else if (this.app.conversation === conversation) this.#notFound(protocol);
  }

  /** Goes to where an earlier chat began. @param {string} protocol */
  async goToChat(protocol) {
    const { app } = this;
    const { conversation } = app;
    if (!conversation || !(await this.readChat(protocol))) return;
    app.folding.reveal(protocol);
    const first = conversation.messages.find((one) => one.protocol === protocol);
    if (first) this.#show(first.id);
    else this.#showLine(protocol);
  }

  /** Reads an earlier chat; returns whether it can be shown, and says so if not. @param {string} protocol */
  async readChat(protocol) {
    const { app } = this;
    const { conversation } = app;
    const isWhole = await this.#read((one) => isRead(one, protocol, app.line?.protocol));
    if (!conversation || app.conversation !== conversation) return false;
    const isThere = isWhole || conversation.messages.some((one) => one.protocol === protocol);
    if (!isThere) this.#notFound(protocol);
    return isThere;
  }

  /**
   * Reads older messages until what is looked for is there; returns whether it is.
   * @param {(conversation: Conversation) => boolean} isThere
   */
  async #read(isThere) {
    const { app } = this;
    const { conversation } = app;
    if (!conversation) return false;
    this.isReading = true;
    this.hasFailed = false;
    app.render();
    for (let page = 0; page < PAGES && !isThere(conversation) && conversation.hasOlder; page += 1) {
      while (conversation.reading) await conversation.reading;
      const known = conversation.messages.length;
      await app.sync.readOlder(conversation.ref, PAGE);
      if (app.conversation !== conversation) break;
      this.hasFailed = conversation.hasOlder && conversation.messages.length === known;
      if (this.hasFailed) break;
    }
    this.isReading = false;
    return app.conversation === conversation && isThere(conversation);
  }

  /** Says that it could not be gone to, and offers the chat as a page. @param {string} [protocol] */
  #notFound(protocol) {
    const { overlay, actions, conversation } = this.app;
    if (this.hasFailed) return; // that has been said
    if (!conversation?.hasOlder) {
      overlay.toast(t("This message is not here any more."));
      return;
    }
    const small = t("The chat with all its messages can be opened as a page.");
    const offer = protocol ? { small, action: t("Transcript"), act: () => actions.openTranscript(protocol) } : {};
    overlay.toast(t("This message is too far back to be shown here."), offer);
  }

  /** @param {string} id */
  #show(id) {
    const { app } = this;
    const conversation = /** @type {Conversation} */ (app.conversation);
    app.folding.reveal(conversation.byId.get(id)?.protocol);
    const rows = rowsOfApp(app);
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
  /** Shows the line of an earlier chat that has no messages. @param {string} protocol */
  #showLine(protocol) {
    const { app } = this;
    const rows = rowsOfApp(app);
    const place = rows.findIndex((row) => row.kind === "earlier" && row.protocol === protocol);
    if (place < 0) return;
    app.threadView.showAround(place, rows.length);
    app.afterDraw(() => app.threadView.showElement(`.earlier[data-protocol="${CSS.escape(protocol)}"]`));
  }
}

/**
 * Whether an earlier chat has been read from its beginning. Messages are in the order of
 * their chats, but for those of the latest, which may have been reopened.
 * @param {Conversation} conversation
 * @param {string} protocol
 * @param {string | undefined} latest
 */
function isRead({ messages, hasOlder, sessions }, protocol, latest) {
  if (!hasOlder) return true;
  const first = messages[0]?.protocol;
  if (first === undefined || first === protocol) return false;
  if (messages.some((one) => one.protocol === protocol)) return true;
  const order = sessions.map((one) => one.protocol);
  return first !== latest && order.indexOf(first) < order.indexOf(protocol);
}
