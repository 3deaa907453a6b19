// @ts-check
/** Quotes a message in a reply: chosen at the message, stored with the draft. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName } from "../format/names.js";
import { preview } from "../list/card.js";
import { icon } from "../parts/icon.js";
import { senderLabel } from "../thread/senders.js";
import { t } from "../words.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../app.js").App} App */

export class Quoting {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
  }

  get #key() {
    return this.app.conversation?.key ?? "";
  }

  /** The id of the message that the open chat's next reply quotes, or "". */
  get id() {
    return this.app.drafts.of("quote").get(this.#key) ?? "";
  }

  /** Whether the user may reply to a message. @param {Message} message @param {boolean} [isQueued] */
  isOffered({ deleted, status, direction }, isQueued = false) {
    return this.app.mayAnswer && !deleted && !isQueued && !(direction === "out" && status === "failed");
  }

  /** @param {string} id */
  choose(id) {
    const { app } = this;
    if (app.writing.isNote) app.writing.toggleNote();
    app.drafts.set("quote", this.#key, id);
    app.focusComposer();
  }

  /** Quotes the message that has the focus; returns whether there is one. */
  chooseFocused() {
    const id = document.activeElement?.closest?.("#log [data-message]")?.getAttribute("data-message");
    const message = id && this.app.conversation?.byId.get(id);
    if (!message || !this.isOffered(message)) return false;
    this.choose(message.id);
    return true;
  }

  remove = () => {
    this.app.drafts.set("quote", this.#key, "");
    this.app.writing.field?.focus();
    this.app.render();
  };

  /** Returns the fields of the call for the quote, and clears it: it is being sent. @param {string} contact */
  take(contact) {
    const replyTo = this.app.drafts.of("quote").get(contact);
    if (!replyTo) return {};
    this.app.drafts.set("quote", contact, "");
    return { replyTo };
  }
}

/** The author and an excerpt of the quoted message. @param {App} app @param {string} id */
export function quoteWords(app, id) {
  const message = app.conversation?.byId.get(id);
  if (!message) return { who: "", text: t("A message that is not loaded") };
  const who = message.direction === "out" ? senderLabel(app, message) : app.contact ? contactName(app.contact) : "";
  return { who, text: preview(message) };
}

/** The quoted message, above the field. @param {App} app */
export function quoteBar(app) {
  const { id } = app.quoting;
  if (!id || app.writing.isNote) return nothing;
  const { who, text } = quoteWords(app, id);
  return html`<div class="quoting" role="group" aria-label=${t("The message that you answer")}>${icon("reply", "icon--s")}
    <div class="quote quote--bar"><strong class="clip-text"><bdi>${who}</bdi></strong><span class="clip-text" dir="auto">${text}</span></div>
    <button class="btn btn--icon btn--small" type="button" aria-label=${t("Do not quote")} title=${t("Do not quote (Esc)")} @click=${app.quoting.remove}>${icon("x", "icon--s")}</button></div>`;
}
