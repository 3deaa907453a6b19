// @ts-check
/** Renders a message of a conversation. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { quoteWords } from "../composer/quoting.js";
import { isShownInside, openPdf } from "../dialogs/pdf.js";
import { contactName, fileSize } from "../format/names.js";
import { clock } from "../format/times.js";
import { deliveryMark, glyph, icon } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";
import { audio } from "./audio.js";
import { linked } from "./links.js";
import { missingWords, shownAs } from "./shown.js";
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
  const classes = ["msg", isOut ? "msg--out" : "msg--in", isFirst ? "is-first" : "", isLast ? "is-last" : "", hasFailed ? "msg--failed" : "", app.finding.id === message.id ? "is-found" : ""];
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
  switch (shownAs(message)) {
    case "text":
    case "template":
      return html`<div class="bubble">${label}${quote}<span class="bubble__text" dir="auto">${linked(message.content)}</span>${metaOf(message)}</div>`;
    case "image":
    case "sticker":
      return photo(app, message, label, quote);
    case "video":
      return video(app, message, label, quote);
    case "missing":
      return html`<div class="bubble">${label}${quote}<span class="bubble__text" dir="auto">${missingWords(message)}</span>${metaOf(message)}</div>`;
    case "audio":
      return html`<div class="bubble bubble--media bubble--audio">${label}${quote}${audio(app, message, metaOf(message))}${message.caption ? caption(message, "none") : nothing}</div>`;
    default:
      return file(app, message, label, quote);
  }
}

/** @param {App} app @param {Message} message @param {unknown} label @param {unknown} quote */
function photo(app, message, label, quote) {
  const name = message.caption || message.fileName || t("Photo");
  const { broken } = app.threadView;
  return html`<div class="bubble bubble--media bubble--photo">${label}${quote}${!message.url || broken.has(message.id)
    ? html`${noPicture(app, message)}${caption(message, "below")}`
    : html`<button class="photo" type="button" aria-label=${t("Enlarge the picture: {name}", { name })} @click=${() => app.overlay.openViewer(message)}>
      <img src=${message.url} alt=${name} width="560" height="420" loading="lazy" @error=${() => app.threadView.setBroken(message.id, true)}></button>
    ${caption(message)}`}</div>`;
}

/** @param {App} app @param {Message} message @param {unknown} label @param {unknown} quote */
function video(app, message, label, quote) {
  const { broken } = app.threadView;
  return html`<div class="bubble bubble--media bubble--photo">${label}${quote}${broken.has(message.id)
    ? html`<div class="photo photo--failed">${glyph("failed")}<span>${t("The video could not be loaded")}</span>
      <button class="btn btn--small btn--line" type="button" @click=${() => app.threadView.setBroken(message.id, false)}>${t("Try again")}</button>
      <a class="file__save" href=${message.url ?? ""} download=${message.fileName || t("Video")}>${icon("arrow", "icon--xs arrow-down")}${t("Download")}</a></div>${caption(message, "below")}`
    : html`<video class="photo" controls preload="metadata" src=${message.url ?? ""} @error=${() => app.threadView.setBroken(message.id, true)}></video>${caption(message)}`}</div>`;
}

/** In the room of a picture that is not there, or not yet. @param {App} app @param {Message} message */
function noPicture(app, message) {
  if (!message.url && !message.error)
    return html`<div class="photo photo--loading">${glyph("image")}<span>${t("The photo is on its way")}</span></div>`;
  return html`<div class="photo photo--failed">${glyph("failed")}<span>${message.direction === "out" ? t("The photo cannot be shown here") : t("The photo could not be loaded")}</span>
    ${message.url ? html`<button class="btn btn--small btn--line" type="button" @click=${() => app.threadView.setBroken(message.id, false)}>${t("Try again")}</button>` : nothing}</div>`;
}

/** The caption, and the time with it, else where it is said. @param {Message} message @param {"over" | "below" | "none"} [time] */
function caption(message, time = "over") {
  if (!message.caption) return time === "none" ? nothing : metaOf(message, time);
  return html`<div class="bubble__caption"><span class="bubble__text" dir="auto">${linked(message.caption)}</span>${time === "none" ? nothing : metaOf(message)}</div>`;
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
    ${message.caption ? caption(message, "none") : nothing}</div>`;
}

/** A plain click on a PDF file shows it over the page; other clicks open a tab. @param {App} app @param {Message} message @param {MouseEvent} event */
function onFile(app, message, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !isShownInside(message)) return;
  event.preventDefault();
  openPdf(app, message);
}

/** @param {App} app @param {string} id */
function quoted(app, id) {
  const { who, text } = quoteWords(app, id);
  return html`<button type="button" class="quote" title=${t("Go to the message")} @click=${() => app.finding.goTo(id)}><span class="vh">${t("In answer to")} </span>${who ? html`<strong class="clip-text"><bdi>${who}</bdi></strong>` : nothing}<span class="clip-text" dir="auto">${text}</span></button>`;
}

/** In the tab order only in the focused message: R does the same. @param {App} app @param {Extract<import("./rows.js").Row, {kind: "message"}>} row */
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
