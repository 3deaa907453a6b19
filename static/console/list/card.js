// @ts-check
/** One chat in the list. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName, hue } from "../format/names.js";
import { lasting } from "../format/times.js";
import { channelName, contactAvatar, deliveryMark, glyph, icon, waitMark } from "../parts/icon.js";
import { t } from "../words.js";

/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../app.js").App} App */

const WINDOW_SHOWN = 4 * 3_600_000;

/**
 * @param {App} app
 * @param {Line} line
 * @param {{place: number, total: number, isSelected: boolean, isActive: boolean, isGone: boolean}} how
 */
export function card(app, line, { place, total, isSelected, isActive, isGone }) {
  const contact = app.store.contacts.get(line.key);
  if (!contact) return nothing;
  const classes = [
    "card",
    hue(contact.area),
    contact.unread && line.open ? "is-unread" : "",
    isActive ? "is-active" : "",
    isGone ? "is-gone" : "",
  ];
  return html`<li
    class=${classes.filter(Boolean).join(" ")}
    id="card-${line.protocol}"
    data-key=${line.key}
    data-protocol=${line.protocol}
    role="option"
    aria-selected=${isSelected}
    aria-posinset=${place}
    aria-setsize=${total}
  >
    ${contactAvatar(contact)}
    <span class="card__row">
      <span class="card__name clip-text"><bdi>${contactName(contact)}</bdi><span class="vh">, ${channelName(contact.channel)}</span></span>
      ${waiting(app, line)}
    </span>
    <span class="card__row card__row--last">${lastWords(app, line, contact)}</span>
    <span class="card__meta">${meta(app, line, contact, isGone)}</span>
  </li>`;
}

/** @param {App} app @param {Line} line */
function waiting(app, line) {
  const { now } = app;
  if (!line.open) return html`<span class="quiet">${app.moment(line.closedAt ?? line.openedAt)}</span>`;
  const since = line.state === "waiting" || line.state === "menu" ? line.queuedAt : line.waitingSince;
  if (since === null) return nothing;
  return waitMark(line, now, since);
}

/** @param {App} app @param {Line} line @param {import("../types.js").Contact} contact */
function lastWords(app, line, contact) {
  const unread = contact.unread && line.open
    ? html`<span class="unread">${contact.unread > 99 ? "99+" : contact.unread}<span class="vh"> ${t("unread")}</span></span>`
    : nothing;
  if (line.hit) return html`<span class="card__last clip-text" dir="auto">${line.hit.text}</span>`;
  const draft = app.writing.drafts.get(line.key);
  if (draft)
    return html`<span class="card__draft">${t("Draft:")}</span><span class="card__last clip-text" dir="auto">${draft}</span>${unread}`;
  const { last } = line;
  if (!last) return html`<span class="card__last clip-text">${t("No messages yet")}</span>${unread}`;
  return html`${last.direction === "out" ? deliveryMark(last.status) : nothing}${kindMark(last)}<span class="card__last clip-text" dir="auto">${preview(last)}</span>${unread}`;
}

/** @param {import("../types.js").Message} message */
function kindMark({ type }) {
  if (type === "audio") return icon("mic", "icon--xs");
  if (type === "image" || type === "video") return glyph("image");
  if (type === "pdf" || type === "file") return icon("file", "icon--xs");
  return nothing;
}

/** Returns the excerpt of a message for the list. @param {import("../types.js").Message} message */
export function preview(message) {
  if (message.deleted) return t("Message deleted");
  if (message.caption) return message.caption;
  if (!message.url) return message.content;
  /** @type {Record<string, string>} */
  const names = { audio: t("Voice message"), image: t("Photo"), video: t("Video"), sticker: t("Sticker") };
  return names[message.type] ?? message.fileName ?? t("File");
}

/** @param {App} app @param {Line} line @param {import("../types.js").Contact} contact @param {boolean} isGone */
function meta(app, line, contact, isGone) {
  // A closed chat may be an earlier one of a customer whom somebody serves now.
  const holder = line.open && contact.operatorId !== "0" && contact.operatorId !== app.store.me ? app.names.operatorName(contact.operatorId) : "";
  return html`
    ${contact.area ? html`<span class="area ${hue(contact.area)}">${app.names.areaName(line.m, contact.area)}</span>` : nothing}
    ${holder ? html`<span class=${isGone ? "" : "clip-text"}>${t("with {name}", { name: holder })}</span>` : nothing}
    ${line.tags.slice(0, 2).map((code) => html`<span class="tag">${app.names.tagName(line.m, code)}</span>`)}
    ${app.names.showsManagers ? html`<span class="clip-text">${app.names.managerName(line.m)}</span>` : nothing}
    ${windowLeft(line, app.now)}
  `;
}

/** The remaining time of the reply window, when it is short. @param {Line} line @param {number} now */
function windowLeft({ windowEndsAt, open }, now) {
  if (!open || windowEndsAt === null) return nothing;
  const left = Date.parse(windowEndsAt) - now;
  if (left > WINDOW_SHOWN) return nothing;
  return left > 0
    ? html`<span class="card__window is-soon">${t("window {span}", { span: lasting(left) })}</span>`
    : html`<span class="card__window">${t("window closed")}</span>`;
}
