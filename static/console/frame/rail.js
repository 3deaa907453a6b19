// @ts-check
/** The navigation rail: views, queues, the operator's presence. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { openPassword } from "../dialogs/password.js";
import { openSessions } from "../dialogs/sessions.js";
import { dividable, hue, initials, tint } from "../format/names.js";
import { MINUTE, lasting, span } from "../format/times.js";
import { bell } from "../notices/bell.js";
import { icon, presenceMark } from "../parts/icon.js";
import { addressOf } from "../router.js";
import { OTHER, t } from "../words.js";

/** @typedef {import("../app.js").App} App */

/** @param {App} app */
export function rail(app) {
  const unread = app.tallies.unreadOfMine;
  const { filter } = app.router.place;
  const logo = document.body.dataset.icons;
  return html`<nav class="rail" aria-label=${t("Main")}>
    <a class="rail__logo" href=${addressOf(app.home)} aria-label="HCI Center"><svg class="icon" aria-hidden="true"><use href="${logo}#g-logo"></use></svg></a>
    <a class="rail__item" href=${addressOf(app.home)} aria-current="page">${icon("inbox")}<span>${t("Conversations")}</span>${unread ? html`<span class="unread">${unread}<span class="vh"> ${t("with a new message")}</span></span>` : nothing}</a>
    <button class="rail__item" type="button" aria-keyshortcuts="Control+K" title=${t("Find and do (Ctrl+K)")} @click=${app.overlay.openPalette}>${icon("search")}<span>${t("Go to")}</span></button>
    ${app.account.person?.role === "operator" ? nothing : html`<a class="rail__item" href="/admin/">${icon("chart")}<span>${t("Admin")}</span></a>`}
    <div class="rail__block"><div class="rail__rule"></div><p class="rail__caption" id="rail-areas">${t("In the queue")}</p>
      <div class="rail__areas" role="group" aria-labelledby="rail-areas">${app.tallies.queues.map(({ code, name, count, oldest }) => html`<a class="tile" href=${addressOf({ tab: "queue", area: code })} aria-current=${filter.tab === "queue" && filter.area === code} title=${oldest ? oldestWords(app, oldest) : nothing}>
        <span class="tile__n ${hue(code)} ${count ? "" : "is-zero"}">${count}</span><span class="vh"> ${t("in the queue of")} </span><span class="tile__name">${dividable(name)}</span>${oldest ? queueWait(app, oldest) : nothing}</a>`)}</div></div>
    <div class="rail__foot">${bell(app)}${me(app)}</div>
  </nav>`;
}

/** How long the first of a queue has waited. @param {App} app @param {string} since */
export function queueWait(app, since) {
  const duration = app.now - Date.parse(since);
  const words = duration < MINUTE ? span(duration) : t("for {span}", { span: span(duration) });
  return html`<span class="queue-wait"><span class="vh">, ${oldestWords(app, since)}</span><span aria-hidden="true">${words}</span></span>`;
}

/** @param {App} app @param {string} since */
function oldestWords(app, since) {
  return t("the oldest has waited for {span}", { span: lasting(app.now - Date.parse(since)) });
}

/** @param {App} app */
function me(app) {
  const person = app.account.person;
  if (!person) return nothing;
  const presence = app.account.presence;
  return html`<button class="rail__me" type="button" id="me" aria-haspopup="menu" aria-expanded=${app.overlay.menu === "me"} title=${t("Presence and account")} @click=${() => app.overlay.toggleMenu("me")}>
    <span class="avatar avatar--s ${tint(person.operatorId ?? person.name)}" aria-hidden="true">${initials(person.name)}${app.isOperator ? presenceMark(presence) : nothing}</span>
    <span>${person.name.split(" ")[0]}<span class="vh">, ${app.names.presenceName(presence)}. ${t("Change")}</span></span></button>`;
}

/** The user menu, in the rail or in a phone's tab bar. @param {App} app */
export function meMenu(app) {
  if (app.overlay.menu !== "me") return nothing;
  const reasons = app.account.pauseReasons;
  const set = (/** @type {string} */ presence, /** @type {string} */ reason = "") => () => app.overlay.fromMenu(() => app.account.setPresence(presence, reason));
  return html`<div class="menu menu--me" role="menu" aria-label=${t("Presence and account")} @keydown=${app.overlay.onMenuKey}>
    ${app.isOperator ? html`
      <button class="menu__item" role="menuitemradio" aria-checked=${app.account.presence === "online"} @click=${set("online")}><span class="presence presence--inline presence--on"></span><span>${t("Available")}</span></button>
      ${reasons.length
        ? reasons.map(({ code, name, minutes }) => html`<button class="menu__item" role="menuitemradio" aria-checked=${app.account.presence === "paused" && app.account.pauseReason === code} @click=${set("paused", code)}><span class="presence presence--inline presence--pause"></span><span>${t("Pause: {name}", { name })}</span>${minutes ? html`<span class="menu__end quiet">${t("{count} min", { count: minutes })}</span>` : nothing}</button>`)
        : html`<button class="menu__item" role="menuitemradio" aria-checked=${app.account.presence === "paused"} @click=${set("paused")}><span class="presence presence--inline presence--pause"></span><span>${t("Pause")}</span></button>`}
      <button class="menu__item" role="menuitemradio" aria-checked=${app.account.presence === "offline"} @click=${set("offline")}><span class="presence presence--inline presence--off"></span><span>${t("Not at work")}</span></button>
      <div class="menu__sep" role="separator"></div>` : nothing}
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(app.account.nextTheme)}>${icon("eye")}<span>${t("Theme: {name}", { name: app.account.themeName })}</span></button>
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(app.account.nextDensity)}>${icon("filter")}<span>${t("Density: {name}", { name: app.account.densityName })}</span></button>
    <button class="menu__item" role="menuitem" lang=${OTHER.language} @click=${() => app.overlay.fromMenu(() => app.account.changeLanguage(OTHER.language))}>${icon("note")}<span>${OTHER.name}</span></button>
    <button class="menu__item only-narrow" role="menuitem" @click=${() => app.overlay.fromMenu(() => app.overlay.toggleMenu("bell"))}>${icon("bell")}<span>${t("Sound and notices")}</span></button>
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(app.overlay.openKeys)}>${icon("bolt")}<span>${t("Keys")}</span><span class="keys"><kbd>?</kbd></span></button>
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(() => openSessions(app))}>${icon("panel")}<span>${t("Where I am signed in")}</span></button>
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(() => openPassword(app))}>${icon("pencil")}<span>${t("Change password")}</span></button>
    <div class="menu__sep" role="separator"></div>
    <button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(app.account.signOut)}>${icon("arrow")}<span>${t("Sign out")}</span></button>
  </div>`;
}
