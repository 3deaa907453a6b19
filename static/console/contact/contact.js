// @ts-check
/** The contact pane: details, tags, earlier chats, files. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName, hue, phone } from "../format/names.js";
import { lasting } from "../format/times.js";
import { channelName, contactAvatar, icon } from "../parts/icon.js";
import { addressOf } from "../router.js";
import { n, t } from "../words.js";
import { filesBlock } from "./files.js";

/** @typedef {import("../app.js").App} App */

/** @param {App} app */
export function contactPane(app) {
  const { line, contact, conversation } = app;
  const { filter, ref } = app.router.place;
  return html`<section class="details" aria-label=${t("Contact")}>
    <header class="head">
      <a class="btn btn--icon only-narrow" href=${addressOf(filter, ref)} aria-label=${t("Back to the chat")}>${icon("arrow", "arrow-left")}</a>
      <h2 class="details__title">${t("Contact")}</h2>
      <button class="btn btn--icon only-wide" type="button" aria-label=${t("Hide the contact")} title=${t("Hide (C)")} @click=${app.panes.toggleDetails}>${icon("x")}</button>
    </header>
    <div class="details__body scroll" tabindex="0" role="group" aria-label=${t("Details of the contact")}>
      ${line && contact && conversation ? body(app, line, contact, conversation) : nothing}
    </div>
  </section>`;
}

/**
 * @param {App} app
 * @param {import("../types.js").Line} line
 * @param {import("../types.js").Contact} contact
 * @param {import("../store/conversation.js").Conversation} conversation
 */
function body(app, line, contact, conversation) {
  // Of a closed chat whoever had it last.
  const session = line.open ? undefined : conversation.sessions.find(({ protocol }) => protocol === line.protocol);
  const { operatorId } = session ?? contact;
  const id = typeof contact.id === "number" ? phone(contact.id) : channelName(contact.channel);
  return html`
    <div class="identity">${contactAvatar(contact, "avatar--l")}<div><p class="identity__name"><bdi>${contactName(contact)}</bdi></p><p class="identity__id">${id}</p></div></div>
    <div class="block"><dl class="facts">
      <dt>${t("Protocol")}</dt><dd><span>${line.protocol}</span><span class="sub">${t("opened {when}", { when: app.moment(line.openedAt) })}</span></dd>
      <dt>${t("Area")}</dt><dd>${contact.area ? html`<span class="area ${hue(contact.area)}">${app.names.areaName(line.m, contact.area)}</span>` : t("none")}</dd>
      <dt>${t("Operator")}</dt><dd>${operatorId === "0" ? t("nobody") : app.names.operatorName(operatorId)}${operatorId === app.store.me && app.isOperator ? t(" (you)") : nothing}</dd>
      <dt>${t("Came by")}</dt><dd>${app.names.managerName(line.m)}</dd>
      ${answerUntil(app, line)}
    </dl></div>
    ${tagsBlock(app, line)}
    ${scheduledBlock(app, conversation)}
    ${pastBlock(app, line, conversation)}
    ${filesBlock(app, conversation)}`;
}

/** @param {App} app @param {import("../types.js").Line} line */
function answerUntil(app, { windowEndsAt, open }) {
  if (!open || windowEndsAt === null) return nothing;
  const left = Date.parse(windowEndsAt) - app.now;
  const part = Math.max(0, Math.min(100, (left / 86_400_000) * 100));
  return html`<dt>${t("Answer until")}</dt><dd>${app.moment(windowEndsAt)}<svg class="window-bar ${left < 4 * 3_600_000 ? "is-soon" : ""}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width=${part} height="4"></rect></svg>
    <span class="sub">${left > 0 ? t("{span} left", { span: lasting(left) }) : t("over")}</span></dd>`;
}

/** @param {App} app @param {import("../types.js").Line} line */
function tagsBlock(app, line) {
  const all = app.store.options.get(line.m)?.tags ?? [];
  const others = all.filter(({ code }) => !line.tags.includes(code));
  if (!line.tags.length && !(app.isOperator && all.length)) return nothing;
  return html`<section class="block"><h3 class="block__title"><span>${t("Tags")}</span></h3><div class="chips">
    ${line.tags.map((code) => html`<button class="chip" type="button" ?disabled=${!app.isOperator} aria-label=${t("Take the tag {name} off", { name: app.names.tagName(line.m, code) })} @click=${() => app.actions.changeTag(code, false)}>${app.names.tagName(line.m, code)}${icon("x", "icon--xs")}</button>`)}
    ${app.isOperator && others.length ? html`<select class="chip chip--add" id="add-tag" aria-label=${t("Add a tag")} @change=${app.actions.onTagChosen}>
      <option value="">${t("Tag")} +</option>${others.map(({ code, name }) => html`<option value=${code}>${name}</option>`)}</select>` : nothing}
  </div></section>`;
}

/** @param {App} app @param {import("../store/conversation.js").Conversation} conversation */
function scheduledBlock(app, conversation) {
  if (!conversation.scheduled.size) return nothing;
  return html`<section class="block"><h3 class="block__title"><span>${t("Scheduled messages")}</span></h3><div class="past">
    ${[...conversation.scheduled.values()].map((one) => html`<div class="past__item"><b dir="auto">${one.text || one.name}</b><time>${app.moment(one.sendAt)}</time><span>${one.state === "waiting" ? html`${app.names.operatorName(one.operatorId)} <button class="btn btn--small" type="button" @click=${() => app.actions.cancelScheduled(one.id)}>${t("Cancel")}</button>` : t("Not sent: {reason}", { reason: one.error || t("the service was away at that time") })}</span></div>`)}
  </div></section>`;
}

/**
 * @param {App} app
 * @param {import("../types.js").Line} line
 * @param {import("../store/conversation.js").Conversation} conversation
 */
function pastBlock(app, line, { sessions }) {
  const earlier = sessions.filter(({ protocol }) => protocol !== line.protocol).reverse();
  if (!earlier.length) return nothing;
  return html`<section class="block"><h3 class="block__title"><span>${n("{count} earlier chat", "{count} earlier chats", earlier.length)}</span></h3><div class="past">
    ${earlier.slice(0, 12).map((session) => html`<a class="past__item" href="/protocol/${encodeURIComponent(session.protocol)}" @click=${(/** @type {MouseEvent} */ event) => app.actions.showSession(session, event)}><b>${session.protocol}</b><time>${app.moment(session.openedAt)}</time>
      <span>${[session.area && app.names.areaName(line.m, session.area), session.operatorId !== "0" && app.names.operatorName(session.operatorId), session.rating && t("mark {mark}", { mark: session.rating })].filter(Boolean).join(" · ")}</span></a>`)}
  </div></section>`;
}
