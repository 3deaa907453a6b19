// @ts-check
/** One message of a conversation. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { quoteWords } from "../composer/quoting.js";
import { isShownInside, openPdf } from "../dialogs/pdf.js";
import { contactName, fileSize } from "../format/names.js";
import { clock } from "../format/times.js";
import { deliveryMark, glyph, icon } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";
import { audio } from "./audio.js";
import { linked } from "./links.js";
import { senderLabel, senderName } from "./senders.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../app.js").App} App */

/**
 * @param {App} app
 * @param {Extract<import("./rows.js").Row, {kind: "message"}>} row
 * @param {import("../types.js").Contact} contact
 */
export function messageItem(app, row, contact) {
  const { message, isFirst, isLast } = row;
  const isOut = message.direction === "out";
  const hasFailed = message.status === "failed";
  const classes = ["msg", isOut ? "msg--out" : "msg--in", isFirst ? "is-first" : "", isLast ? "is-last" : "", hasFailed ? "msg--failed" : ""];
  return html`<li class=${classes.join(" ")} data-message=${message.id} tabindex="-1">
    ${isOut && isFirst ? html`<span class="msg__by"><strong>${senderName(app, message)}</strong></span>` : nothing}
    <div class="msg__line">${bubble(app, message, isOut ? senderLabel(app, message) : contactName(contact))}${replyButton(app, row)}</div>
    ${hasFailed ? failure(app, row) : nothing}
    ${message.progress ? html`<span class="msg__wait" role="progressbar" aria-valuenow=${Math.round(message.progress * 100)}>${t("Sending, {percent}%", { percent: Math.round(message.progress * 100) })}</span>` : nothing}
    ${message.reactions?.length ? html`<span class="msg__wait">${message.reactions.map((one) => one.emoji).join(" ")}</span>` : nothing}
  </li>`;
}

/** @param {App} app @param {Message} message @param {string} who */
function bubble(app, message, who) {
  const label = html`<span class="vh">${who}: </span>`;
  if (message.deleted) return html`<div class="bubble">${label}<em class="quiet">${t("Message deleted")}</em>${metaOf(message)}</div>`;
  const quote = message.replyTo ? quoted(app, message.replyTo) : nothing;
  switch (message.url === undefined ? "text" : isOurs(message.url) ? message.type : "elsewhere") {
    case "text":
    case "template":
      return html`<div class="bubble">${label}${quote}<span class="bubble__text" dir="auto">${linked(message.content)}</span>${metaOf(message)}</div>`;
    case "image":
    case "sticker":
      return photo(app, message, label, quote);
    case "video":
      return html`<div class="bubble bubble--media bubble--photo">${label}${quote}<video class="photo" controls preload="metadata" src=${message.url ?? ""}></video>${caption(message)}</div>`;
    case "audio":
      return html`<div class="bubble bubble--media bubble--audio">${label}${quote}${audio(app, message, metaOf(message))}${message.caption ? caption(message, false) : nothing}</div>`;
    default:
      return file(app, message, label, quote);
  }
}

/** Whether the page may show a file: those on other servers are only linked to. @param {string} url */
function isOurs(url) {
  return url === "" || new URL(url, location.href).origin === location.origin;
}

/** @param {App} app @param {Message} message @param {unknown} label @param {unknown} quote */
function photo(app, message, label, quote) {
  if (!message.url)
    return html`<div class="bubble bubble--media bubble--photo">${label}${quote}<div class="photo photo--failed">${glyph("failed")}<span>${t("The photo could not be loaded")}</span></div>${metaOf(message, "below")}</div>`;
  const name = message.caption || message.fileName || t("Photo");
  return html`<div class="bubble bubble--media bubble--photo">${label}${quote}
    <button class="photo" type="button" aria-label=${t("Enlarge the picture: {name}", { name })} @click=${() => app.overlay.openViewer(message)}>
      <img src=${message.url} alt=${name} width="560" height="420" loading="lazy"></button>
    ${caption(message)}</div>`;
}

/** @param {Message} message @param {boolean} [withMeta] */
function caption(message, withMeta = true) {
  if (!message.caption) return withMeta ? metaOf(message, "over") : nothing;
  return html`<div class="bubble__caption"><span class="bubble__text" dir="auto">${linked(message.caption)}</span>${withMeta ? metaOf(message) : nothing}</div>`;
}

/** @param {App} app @param {Message} message @param {unknown} label @param {unknown} quote */
function file(app, message, label, quote) {
  const name = message.fileName || t("File");
  const href = /^(https?:\/\/|\/)/.test(message.url ?? "") ? message.url : "";
  const kind = /\.(\w{1,4})$/.exec(name)?.[1].toUpperCase() ?? "";
  const facts = [kind, message.fileSize ? fileSize(message.fileSize, LOCALE) : ""].filter(Boolean).join(", ");
  return html`<div class="bubble bubble--media bubble--file">${label}${quote}
    <a class="file" href=${href ?? ""} target="_blank" rel="noopener noreferrer" @click=${(/** @type {MouseEvent} */ event) => onFile(app, message, event)} aria-label=${t("Open {name}, {facts}", { name, facts })}>
      <span class="file__page">${icon("file")}</span><span class="file__name">${name}</span></a>
    <div class="file__row"><span class="file__facts">${facts}</span><a class="file__save" href=${href ?? ""} download=${name}>${icon("arrow", "icon--xs arrow-down")}${t("Download")}</a>${metaOf(message)}</div>
    ${message.caption ? caption(message, false) : nothing}</div>`;
}

/** A plain click on a PDF file shows it over the page; all others open a tab. @param {App} app @param {Message} message @param {MouseEvent} event */
function onFile(app, message, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !isShownInside(message)) return;
  event.preventDefault();
  openPdf(app, message);
}

/** @param {App} app @param {string} id */
function quoted(app, id) {
  const { who, text } = quoteWords(app, id);
  return html`<button type="button" class="quote" title=${t("Go to the message")} @click=${() => app.threadView.showMessage(id)}><span class="vh">${t("In answer to")} </span>${who ? html`<strong class="clip-text"><bdi>${who}</bdi></strong>` : nothing}<span class="clip-text" dir="auto">${text}</span></button>`;
}

/** In the order of the tab key only where the focus is: R does the same. @param {App} app @param {Extract<import("./rows.js").Row, {kind: "message"}>} row */
function replyButton(app, { message, isQueued }) {
  if (!app.quoting.isOffered(message, isQueued)) return nothing;
  const isHere = app.threadView.focused === message.id;
  return html`<button class="btn btn--icon btn--small msg__reply" type="button" tabindex=${isHere ? "0" : "-1"} aria-keyshortcuts="R" aria-label=${t("Answer this message")} title=${t("Answer this message (R)")} @click=${() => app.quoting.choose(message.id)}>${icon("reply", "icon--s")}</button>`;
}

/** @param {Message} message @param {"" | "over" | "below"} [where] */
function metaOf(message, where = "") {
  const isOut = message.direction === "out";
  return html`<span class="bubble__meta ${where ? `bubble__meta--${where}` : ""}">${message.edited && !message.deleted ? html`<span>${t("edited")}</span>` : nothing}<time datetime=${message.createdAt}>${clock(message.createdAt)}</time>${isOut ? deliveryMark(message.status) : nothing}</span>`;
}

/** @param {App} app @param {Extract<import("./rows.js").Row, {kind: "message"}>} row */
function failure(app, { message, isQueued }) {
  return html`<div class="msg__fail" role="alert"><span>${t("Not sent: {reason}", { reason: message.error || t("unknown reason") })}</span>
    ${app.mayAnswer ? html`<button class="btn btn--small btn--danger" type="button" @click=${() => app.writing.tryAgain(message, isQueued)}>${icon("retry")}${t("Try again")}</button>` : nothing}
    ${isQueued ? html`<button class="btn btn--small" type="button" @click=${() => app.outbox.discard(message.id)}>${t("Discard")}</button>` : nothing}</div>`;
}
