// @ts-check
/** The sign-in form: before the console, or over it when a session has ended. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName } from "../format/names.js";
import { glyph } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";

/** The code of the second factor, after the server has requested it. @param {import("../app.js").App} app */
function codeField(app) {
  if (!app.account.gate.asksCode) return nothing;
  return html`<label class="field"><span class="field__label">${t("Code of the authenticator app, or a recovery code")}</span><input class="input" name="otp" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64" required autofocus></label>`;
}

/** @param {import("../app.js").App} app */
export function gate(app) {
  const { error, isBusy } = app.account.gate;
  const logo = document.body.dataset.icons;
  const other = LOCALE === "en" ? { language: "pt-br", name: "Português" } : { language: "en", name: "English" };
  return html`<main class="gate">
    <form class="gate__form" @submit=${app.account.onSignIn}>
      <p class="gate__logo"><svg class="icon" aria-hidden="true"><use href="${logo}#g-logo"></use></svg>HCI Center</p>
      <h1>${t("Sign in")}</h1>
      ${error ? html`<p class="error" role="alert">${glyph("failed")}<span>${error}</span></p>` : nothing}
      <label class="field"><span class="field__label">${t("Username")}</span><input class="input" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></label>
      <label class="field"><span class="field__label">${t("Password")}</span><input class="input" name="password" type="password" autocomplete="current-password" required></label>
      ${codeField(app)}
      <input type="hidden" name="asksSound" value="1">
      <label class="check"><input type="checkbox" name="sound" ?checked=${app.notices.hasSound}><span>${t("Play a sound when a chat comes to me")}<br><span class="quiet">${t("The browser lets it sound only after this click.")}</span></span></label>
      <button class="btn btn--primary btn--big" type="submit" aria-busy=${isBusy || nothing}>${t("Sign in")}</button>
      <p class="gate__foot"><span>${t("Forgot the password? Ask the supervisor.")}</span><button type="button" class="status__btn" lang=${other.language} @click=${() => app.account.setLanguage(other.language)}>${other.name}</button></p>
    </form>
    <div class="gate__side" aria-hidden="true"><ol class="gate__talk">
      ${said("in", t("Hello! Can you still deliver before Christmas?"))}
      ${said("out", t("Hello, Tereza! Yes: on Tuesday the 22nd, in the morning."))}
      ${said("in", t("How wonderful, thank you!"))}
    </ol></div>
  </main>`;
}

/** A message of the picture beside the form. @param {"in" | "out"} direction @param {string} text */
function said(direction, text) {
  return html`<li class="msg msg--${direction} is-first is-last"><div class="bubble">${text}</div></li>`;
}

/** @param {import("../app.js").App} app */
function keptWords(app) {
  const { contact, drafts, conversation } = app;
  if (contact && conversation && drafts.replies.has(conversation.key))
    return t("The draft for {name} is kept on this computer.", { name: contactName(contact) });
  return t("Your drafts are kept on this computer.");
}

/** Shown over the page, which is kept. @param {import("../app.js").App} app */
export function gateOver(app) {
  const { error, isBusy } = app.account.gate;
  return html`<form class="dialog__body stack" @submit=${app.account.onSignIn}>
    <p class="says" role="status">${glyph("lock")}<span>${t("Your session has ended. Sign in again to go on from here.")} ${keptWords(app)}</span></p>
    ${error ? html`<p class="error" role="alert">${glyph("failed")}<span>${error}</span></p>` : nothing}
    <label class="field"><span class="field__label">${t("Username")}</span><input class="input" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></label>
    <label class="field"><span class="field__label">${t("Password")}</span><input class="input" name="password" type="password" autocomplete="current-password" required></label>
    ${codeField(app)}
    <button class="btn btn--primary btn--big" type="submit" aria-busy=${isBusy || nothing}>${t("Sign in")}</button>
  </form>`;
}
