// @ts-check
/** Icons, avatars and other small symbols. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName, initials, tint } from "../format/names.js";
import { lasting, span } from "../format/times.js";
import { t } from "../words.js";

const ICONS = document.body.dataset.icons ?? "";

/** An icon of the interface. @param {string} name @param {string} [classes] */
export function icon(name, classes = "") {
  return html`<svg class="icon ${classes}" aria-hidden="true"><use href="${ICONS}#${name}"></use></svg>`;
}

/** A small symbol: delivery, channel, kind. @param {string} name @param {string} [classes] */
export function glyph(name, classes = "") {
  return html`<svg class="glyph ${classes}" aria-hidden="true"><use href="${ICONS}#g-${name}"></use></svg>`;
}

/** The label of a channel. @param {string} channel */
export function channelName(channel) {
  return channel === "facebook" ? "Messenger" : "WhatsApp";
}

/**
 * A contact's photo or initials, with the symbol of the channel.
 * @param {import("../types.js").Contact} contact
 * @param {string} [size] a class
 */
export function contactAvatar(contact, size = "") {
  const channel = contact.channel === "facebook" ? "messenger" : "whatsapp";
  const isPicture = /^(\/|https?:\/\/)/.test(contact.photo) && new URL(contact.photo, location.href).origin === location.origin;
  return html`<span class="avatar ${size} ${tint(contact.id)}" aria-hidden="true">
    ${isPicture ? html`<img src=${contact.photo} alt="" width="40" height="40" loading="lazy">` : initials(contact.name)}
    <svg class="avatar__channel channel-${channel}" aria-hidden="true"><use href="${ICONS}#g-${channel}"></use></svg>
  </span>`;
}

/**
 * An operator's initials, with his presence.
 * @param {import("../types.js").Operator} operator
 * @param {string} [size] a class
 */
export function operatorAvatar(operator, size = "avatar--s") {
  return html`<span class="avatar ${size} ${tint(operator.id)}" aria-hidden="true">${initials(operator.name)}${presenceMark(presenceOf(operator))}</span>`;
}

/** At the corner of an avatar. @param {string} presence */
export function presenceMark(presence) {
  return html`<span class="presence presence--${PRESENCE_CLASS[presence]}"></span>`;
}

/** @type {Record<string, string>} */
const PRESENCE_CLASS = { online: "on", paused: "pause", offline: "off" };

/** @param {import("../types.js").Operator} operator */
export function presenceOf(operator) {
  return operator.presence ?? (operator.online ? "online" : "offline");
}

/** The delivery symbol of an own message. @param {string} status */
export function deliveryMark(status) {
  /** @type {Record<string, string>} */
  const words = {
    wait: t("waiting to be sent"),
    sent: t("sent"),
    delivered: t("delivered"),
    read: t("read"),
    failed: t("not sent"),
  };
  if (!words[status]) return nothing;
  return html`${glyph(status, `glyph--${status}`)}<span class="vh">${words[status]}</span>`;
}

/**
 * How long a customer has been waiting: ring, half or full, by how near the target is.
 * @param {import("../types.js").Line} line
 * @param {number} now
 * @param {string} since
 */
export function waitMark(line, now, since) {
  const level = waitLevel(line, now);
  const duration = now - Date.parse(since);
  const words = { ok: t(", in time"), warn: t(", nearly late"), late: t(", late") };
  return html`<span class="sla sla--${level}"><span class="vh">${t("waiting for")} ${lasting(duration)}${words[level]}</span><span aria-hidden="true">${span(duration)}</span></span>`;
}

/**
 * @param {import("../types.js").Line} line
 * @param {number} now
 * @returns {"ok" | "warn" | "late"}
 */
export function waitLevel({ clock }, now) {
  if (!clock || clock.state === "paused") return "ok";
  if (clock.dueAt && now >= Date.parse(clock.dueAt)) return "late";
  if (clock.riskAt && now >= Date.parse(clock.riskAt)) return "warn";
  return "ok";
}

export { contactName };
