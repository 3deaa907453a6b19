// @ts-check
/** The tab bar on phones. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { initials, tint } from "../format/names.js";
import { icon, presenceMark } from "../parts/icon.js";
import { addressOf } from "../router.js";
import { t } from "../words.js";

/** @param {import("../app.js").App} app */
export function tabbar(app) {
  const { person } = app.account;
  const unread = app.tallies.unreadOfMine;
  const { tab } = app.router.place.filter;
  if (!person) return nothing;
  return html`<nav class="tabbar" aria-label=${t("Main, phone")}>
    <a class="rail__item" href=${addressOf(app.home)} aria-current=${tab === app.home.tab ? "page" : nothing}>${icon("inbox")}<span>${t("Conversations")}</span>${unread ? html`<span class="unread">${unread}<span class="vh"> ${t("with a new message")}</span></span>` : nothing}</a>
    <a class="rail__item" href=${addressOf({ tab: "queue" })} aria-current=${tab === "queue" ? "page" : nothing}>${icon("filter")}<span>${t("Queue")}</span></a>
    <button class="rail__item" type="button" @click=${app.overlay.openPalette}>${icon("search")}<span>${t("Go to")}</span></button>
    <button class="rail__item" type="button" aria-haspopup="menu" aria-expanded=${app.overlay.menu === "me"} @click=${() => app.overlay.toggleMenu("me")}><span class="avatar avatar--xs ${tint(person.operatorId ?? person.name)}" aria-hidden="true">${initials(person.name)}${app.isOperator ? presenceMark(app.account.presence) : nothing}</span><span>${person.name.split(" ")[0]}</span></button>
  </nav>`;
}
