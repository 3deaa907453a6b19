// @ts-check
/** Renders a conversation: header, messages, and composer. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { composer } from "../composer/composer.js";
import { whyTitle } from "../dialogs/why.js";
import { contactName, hue } from "../format/names.js";
import { clock, dayName, lasting, period } from "../format/times.js";
import { contactAvatar, glyph, icon, operatorAvatar, waitMark } from "../parts/icon.js";
import { addressOf } from "../router.js";
import { lostPane, unreadPane } from "../session/lost.js";
import { n, t } from "../words.js";
import { messageItem } from "./bubble.js";
import { dock } from "./dock.js";
import { mentioned } from "./links.js";
import { rowsOfApp } from "./rows.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Contact} Contact */
/** @typedef {import("../types.js").Line} Line */

/** @param {App} app */
export function chatPane(app) {
  const { ref } = app.router.place;
  if (!ref) return html`<section class="chat" id="chat" aria-label=${t("Chat")}>${nothingOpen()}</section>`;
  const { conversation, line, contact } = app;
  if (app.access.isLost) return lostPane(app);
  if (conversation?.error) return unreadPane(app, conversation.error);
  if (!line || !contact || !conversation?.isRead)
    return html`<section class="chat" id="chat" aria-label=${t("Chat")}><header class="head chat__head"></header><div class="thread" aria-busy="true"></div></section>`;
  return html`<section class="chat" id="chat" aria-label=${t("Chat with {name}", { name: contactName(contact) })}
      @dragenter=${app.attaching.onDrag} @dragover=${app.attaching.onDrag} @dragleave=${app.attaching.onDrag} @drop=${app.attaching.onDrop}>
    ${head(app, line, contact)}
    ${banner(app, line)}
    ${thread(app, contact)}
    ${app.mayAnswer ? composer(app, line, contact) : dock(app, line, contact)}
    ${app.attaching.isDropping ? html`<div class="drop">${icon("clip")}<strong>${t("Drop to attach")}</strong></div>` : nothing}
  </section>`;
}

function nothingOpen() {
  const keys = [
    ["J", t("Next chat")],
    ["A", t("Answer chat")],
    ["R", t("Write")],
    ["Ctrl K", t("Find and do")],
    ["?", t("All keys")],
  ];
  return html`<div class="blank"><h2>${t("No chat open")}</h2><p>${t("Choose one from the list.")}</p>
    <ul class="hints">${keys.map(([key, text]) => html`<li><span>${text}</span><span class="keys">${key.split(" ").map((one) => html`<kbd>${one}</kbd>`)}</span></li>`)}</ul></div>`;
}

/** @param {App} app @param {Line} line @param {Contact} contact */
function head(app, line, contact) {
  const { filter, ref } = app.router.place;
  const isMine = app.mayAnswer;
  const offline = app.actions.offlineReason;
  return html`<header class="head chat__head">
    <a class="btn btn--icon only-narrow" href=${addressOf(filter)} aria-label=${t("Back to the list")}>${icon("arrow", "arrow-left")}</a>
    <div class="chat__who">
      ${contactAvatar(contact, "avatar--s")}
      <div class="chat__names">
        <h2 class="chat__name"><a class="clip-text" href="${addressOf(filter, ref)}#contact" title=${t("Contact (C)")} @click=${app.panes.onContactLink}><bdi>${contactName(contact)}</bdi></a></h2>
        <div class="chat__facts">
          <button class="protocol" type="button" aria-label=${t("Copy the protocol {protocol}", { protocol: line.protocol })} title=${t("Copy the protocol (P)")} @click=${app.actions.copyProtocol}>${line.protocol}${icon("copy")}</button>
          ${contact.area ? html`<span class="area ${hue(contact.area)}">${app.names.areaName(line.m, contact.area)}</span>` : nothing}
          <span>${holder(app, line, contact)}</span>
          ${line.open && line.waitingSince ? waitMark(line, app.now, line.waitingSince) : nothing}
        </div>
      </div>
    </div>
    ${viewers(app, line)}
    <div class="chat__actions">
      ${isMine ? html`
        <button class="btn only-wide" type="button" aria-keyshortcuts="T" title=${offline || t("Transfer (T)")} aria-disabled=${offline ? "true" : nothing} @click=${app.transferring.open}>${icon("transfer")}<span class="label">${t("Transfer")}</span></button>
        <button class="btn only-wide" type="button" aria-keyshortcuts="E" title=${offline || t("Close (E)")} aria-disabled=${offline ? "true" : nothing} @click=${app.actions.openClosing}>${icon("done")}<span class="label">${t("Close chat")}</span></button>` : nothing}
      <button class="btn btn--icon" type="button" id="chat-more" aria-haspopup="menu" aria-expanded=${app.overlay.menu === "chat"} aria-label=${t("More actions")} title=${t("More actions")} @click=${() => app.overlay.toggleMenu("chat")}>${icon("more")}</button>
      <button class="btn btn--icon only-wide chat__panel" type="button" aria-label=${t("Show the contact")} title=${t("Contact (C)")} @click=${app.panes.toggleDetails}>${icon("panel")}</button>
    </div>
    ${app.overlay.menu === "chat" ? moreMenu(app, line, contact) : nothing}
  </header>`;
}

/** @param {App} app @param {Line} line @param {Contact} contact */
function holder(app, line, contact) {
  if (!line.open) return t("closed {when}", { when: app.moment(line.closedAt ?? line.openedAt) });
  if (line.state === "menu") return t("in the menu");
  if (contact.operatorId === "0") return line.queuedAt ? t("in the queue for {span}", { span: lasting(app.now - Date.parse(line.queuedAt)) }) : t("in the queue");
  return contact.operatorId === app.store.me ? t("with you") : t("with {name}", { name: app.names.operatorName(contact.operatorId) });
}

/** @param {App} app @param {Line} line */
function viewers(app, line) {
  const others = app.presence.othersAt(line.key);
  if (!others.length) return nothing;
  const names = others.map(({ operator }) => operator.name).join(", ");
  const words = others.length === 1 ? t("{name} is looking at this chat", { name: names }) : t("{names} are looking at this chat", { names });
  return html`<span class="viewers" title=${words}>${icon("eye", "icon--s")}${others.slice(0, 3).map(({ operator }) => operatorAvatar(operator, "avatar--xs"))}<span class="vh">${words}</span></span>`;
}

/** @param {App} app @param {Line} line @param {Contact} contact */
function moreMenu(app, line, contact) {
  const isMine = app.mayAnswer;
  const isHeld = line.open && contact.operatorId !== "0";
  /** @type {[isOffered: boolean, icon: string, text: string, keys: string, act: () => void][]} */
  const items = [
    [isMine, "transfer", t("Transfer"), "T", app.transferring.open],
    [isMine, "done", t("Close chat"), "E", app.actions.openClosing],
    [isMine, "note", t("Internal note"), "N", app.writing.openNote],
    [isMine, "inbox", t("Back to the queue"), "Shift D", app.actions.giveBack],
    [true, "copy", t("Copy the link of the chat"), "Shift C", app.actions.copyLink],
    [true, "file", t("Transcript"), "", app.actions.openTranscript],
    [isHeld, "search", whyTitle(app), "", app.actions.openWhy],
  ];
  return html`<div class="menu menu--chat-more" role="menu" aria-label=${t("More actions")} @keydown=${app.overlay.onMenuKey}>
    ${items.filter(([isOffered]) => isOffered).map(([, name, text, keys, act]) => html`<button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(act)}>${icon(name)}<span>${text}</span>${keys ? html`<span class="keys">${keys.split(" ").map((key) => html`<kbd>${key}</kbd>`)}</span>` : nothing}</button>`)}
  </div>`;
}

/** @param {App} app @param {Line} line */
function banner(app, line) {
  const session = app.store.gateways.get(line.m);
  if (!session || session.state === "open" || session.state === "unknown" || !line.open) return nothing;
  const since = session.since ? lasting(app.now - Date.parse(session.since)) : "";
  return html`<div class="banner banner--warn" role="status">${glyph("failed")}<p class="banner__text"><strong>${t("The number {name} has been disconnected for {span}.", { name: app.names.managerName(line.m), span: since })}</strong> ${t("What you send is kept and goes out when it is back. The supervisor has been told.")}</p></div>`;
}

/** @param {App} app @param {Contact} contact */
function thread(app, contact) {
  const conversation = /** @type {import("../store/conversation.js").Conversation} */ (app.conversation);
  const rows = app.threadView.windowOf(rowsOfApp(app));
  app.folding.tabStop = rows.filter(({ kind }) => kind === "earlier").pop()?.protocol;
  const view = app.threadView;
  return html`<div class="thread">
    <div class="thread__log scroll" role="log" id="log" aria-label=${t("Messages with {name}", { name: contactName(contact) })} aria-live=${conversation.reading || app.folding.isQuiet ? "off" : "polite"} tabindex="0" @scroll=${view.onScroll} @keydown=${view.onKey} @focusin=${view.onFocus}>
      <ol class="thread__items">
        ${repeat(rows, (row) => row.id, (row) => item(app, row, contact))}
      </ol>
    </div>
    ${app.finding.isReading ? html`<p class="searching" role="status">${t("Older messages are being read.")}</p>` : nothing}
    ${view.isAtEnd ? nothing : html`<button class="to-end" type="button" @click=${view.toEnd}>${icon("arrow", "icon--s arrow-down")}${view.pill || t("To the end")}</button>`}
  </div>`;
}

/** @param {App} app @param {import("./rows.js").Row} row @param {Contact} contact */
function item(app, row, contact) {
  switch (row.kind) {
    case "day":
      return html`<li class="day"><span>${dayName(row.at, app.now)}</span></li>`;
    case "event":
      return html`<li class="event">${icon(EVENT_ICONS[row.event.kind] ?? "inbox")}<span>${row.event.text.replace(WITH_CLOCK, "")} · ${clock(row.event.at)}</span></li>`;
    case "new":
      return html`<li class="new-line"><span>${n("{count} new", "{count} new ones", row.count)}</span></li>`;
    case "note":
      return note(app, row.note);
    case "earlier":
      return earlier(app, row);
    case "empty":
      return html`<li class="event"><span>${t("No messages are kept of this chat.")}</span></li>`;
    default:
      return messageItem(app, row, contact);
  }
}

/** The line of an earlier chat, which folds and unfolds it. @param {App} app @param {Extract<import("./rows.js").Row, {kind: "earlier"}>} row */
function earlier(app, { session, isOpen }) {
  const { protocol, openedAt, closedAt } = session;
  return html`<li><button class="earlier" type="button" data-protocol=${protocol} tabindex=${app.folding.tabStop === protocol ? 0 : -1} aria-expanded=${isOpen} aria-busy=${app.folding.loading === protocol || nothing} @click=${() => app.folding.toggle(protocol)}>
    ${icon("chevron", `icon--xs ${isOpen ? "icon-up" : ""}`)}<span class="earlier__text"><span class="vh">${t("Earlier chat")} </span><b>${protocol}</b><span>${period(openedAt, closedAt ?? openedAt, app.now)}</span>${app.folding.facts(session).map((fact) => html`<span>${fact}</span>`)}</span></button></li>`;
}

// The sentence ends with the time in the company's time zone; shown here is the reader's.
const WITH_CLOCK = / \(\d{1,2}:\d{2}\)$/;

/** @type {Record<string, string>} */
const EVENT_ICONS = { claimed: "done", closed: "done", transferred: "transfer", entered_area: "transfer", reopened: "retry", bot_step: "inbox", assigned: "arrow" };

/** @param {App} app @param {import("../types.js").Note} note */
function note(app, { id, operatorId, author, text, mentions, createdAt }) {
  const who = app.isOperator && operatorId === app.store.me ? t("you") : author;
  return html`<li class="msg msg--out is-first" data-note=${id}><div class="note"><span class="note__head">${glyph("lock")}<strong>${t("Internal note")}</strong> · ${who} · <time datetime=${createdAt}>${clock(createdAt)}</time></span><p dir="auto">${mentioned(text, mentions.map((one) => `@${app.names.operatorName(one)}`))}</p></div></li>`;
}
