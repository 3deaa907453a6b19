// @ts-check
/** The bell in the rail, which turns sound and notifications on and off. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { icon } from "../parts/icon.js";
import { t } from "../words.js";

/** @param {import("../app.js").App} app */
export function bell(app) {
  const { notices, overlay } = app;
  const state = !notices.hasSound ? t("sound off") : notices.sound.isUnlocked ? t("sound on") : t("sound waits for a click");
  return html`<button class="rail__item" type="button" id="bell" aria-haspopup="menu" aria-expanded=${overlay.menu === "bell"} title=${t("Notices: {state}", { state })} @click=${() => overlay.toggleMenu("bell")}>
    ${icon("bell", notices.hasSound ? "" : "is-off")}<span>${t("Notices")}<span class="vh">, ${state}</span></span></button>`;
}

/** @param {import("../app.js").App} app */
export function bellMenu(app) {
  const { notices, overlay } = app;
  if (overlay.menu !== "bell") return nothing;
  const { obstacle } = notices;
  return html`<div class="menu menu--me menu--bell" role="menu" aria-label=${t("Sound and notices")} @keydown=${overlay.onMenuKey}>
    ${item(app, t("Sound for chats and messages of mine"), notices.hasSound, notices.toggleSound)}
    ${item(app, t("Notices on the desktop"), notices.hasDesktop, notices.toggleDesktop)}
    <p class="menu__caption">${obstacle || t("The sound comes again every 30 s until you look at the chat.")}</p>
  </div>`;
}

/** @param {import("../app.js").App} app @param {string} text @param {boolean} isOn @param {() => void} act */
function item(app, text, isOn, act) {
  return html`<button class="menu__item" type="button" role="menuitemcheckbox" aria-checked=${isOn} @click=${() => app.overlay.fromMenu(act)}><span>${text}</span><span class="menu__end quiet">${isOn ? t("on") : t("off")}</span></button>`;
}
