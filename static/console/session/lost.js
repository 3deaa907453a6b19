// @ts-check
/** Shown instead of a chat that the user cannot see. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { clock } from "../format/times.js";
import { addressOf } from "../router.js";
import { t } from "../words.js";

/** @typedef {import("../app.js").App} App */

/** A chat was open and is no longer accessible. @param {App} app */
export function lostPane(app) {
  const lost = /** @type {NonNullable<App["access"]["lost"]>} */ (app.access.lost);
  const texts = ownTexts(app, lost.key);
  const at = clock(lost.at);
  return pane(html`
    ${art()}
    <h2>${lost.isDeleted ? t("This chat was deleted") : t("You no longer see this chat")}</h2>
    <p>${lost.isDeleted
      ? t("The contact was deleted at {clock}. What was on the screen has been removed from this computer.", { clock: at })
      : t("At {clock} it went to an area or a person beyond your sight. What was on the screen has been removed from this computer.", { clock: at })}</p>
    <div class="blank__actions"><button class="btn btn--line" type="button" aria-keyshortcuts="J" @click=${app.openNext}>${t("Go to the next")}<kbd>J</kbd></button>
      ${texts.length && !lost.showsDraft ? html`<button class="btn" type="button" @click=${app.access.showDraft}>${t("See my draft")}</button>` : nothing}</div>
    ${lost.showsDraft ? texts.map((one) => ownText(one)) : nothing}`);
}

/** The unsent draft to a contact. @param {App} app @param {string} key */
function ownTexts(app, key) {
  const reply = app.drafts.replies.get(key);
  const note = app.drafts.notes.get(key);
  const kept = [];
  if (reply) kept.push({ name: t("Draft"), text: reply, discard: () => app.drafts.set("reply", key, "") });
  if (note) kept.push({ name: t("Draft of a note"), text: note, discard: () => app.drafts.set("note", key, "") });
  for (const message of app.outbox.messagesFor({ key }))
    kept.push({ name: t("Not sent"), text: message.content || message.caption || message.fileName || "", discard: () => app.outbox.discard(message.id) });
  return kept.map((one) => ({ ...one, discard: () => (one.discard(), app.render()) }));
}

/** @param {{name: string, text: string, discard: () => void}} own */
function ownText({ name, text, discard }) {
  return html`<div class="kept"><label class="field"><span class="field__label">${name}</span><textarea class="input" rows="4" readonly dir="auto" .value=${text}></textarea></label>
    <button class="btn btn--small" type="button" @click=${discard}>${t("Discard")}</button></div>`;
}

/** A chat could not be loaded. @param {App} app @param {Error} error */
export function unreadPane(app, error) {
  const { status } = /** @type {any} */ (error);
  if (status !== 403 && status !== 404)
    return pane(html`<h2>${t("The chat could not be loaded")}</h2><p>${error.message}</p>
      <div class="blank__actions"><button class="btn btn--line" type="button" @click=${() => app.reopenPlace()}>${t("Try again")}</button></div>`);
  return pane(html`${art()}<h2>${t("This link is not for you, or it does not exist")}</h2>
    <p>${t("Ask whoever sent it to transfer the chat to one of your areas.")}</p>
    <div class="blank__actions"><a class="btn btn--line" href=${addressOf(app.home)}>${app.isOperator ? html`${t("Go to Mine")}<kbd>1</kbd>` : t("Back to the list")}</a></div>`);
}

/** @param {unknown} content */
function pane(content) {
  return html`<section class="chat" id="chat" aria-label=${t("Chat")}><header class="head chat__head"></header><div class="thread" role="status"><div class="blank">${content}</div></div></section>`;
}

function art() {
  return html`<svg class="blank__art" viewBox="0 0 72 72" aria-hidden="true"><path class="soft" d="M10 18h34a6 6 0 0 1 6 6v4M10 18a6 6 0 0 0-6 6v18a6 6 0 0 0 6 6h6v9l10-9h4"></path><rect x="36" y="38" width="30" height="22" rx="5"></rect><path class="mark" d="M43 38v-5a8 8 0 0 1 16 0v5M51 47v4"></path></svg>`;
}
