// @ts-check
/** Changes one's password; one's other sessions end. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @typedef {import("../app.js").App} App */

/** @param {App} app */
export function openPassword(app) {
  app.overlay.open({ name: "password", error: "" });
}

/** @param {App} app @param {{error: string}} dialog */
export function password(app, { error }) {
  const { person } = app.account;
  return frame(app, t("Change password"), html`<form class="stack" @submit=${(/** @type {SubmitEvent} */ event) => submit(app, event)}>
    <div class="dialog__body stack">
      ${error ? html`<p class="error" role="alert">${error}</p>` : nothing}
      <input class="vh" type="text" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" readonly .value=${person?.name ?? ""}>
      ${field(t("Present password"), "password", "current-password")}
      ${field(t("New password"), "newPassword", "new-password")}
      ${field(t("New password again"), "again", "new-password")}
      <p class="quiet">${t("Wherever else you are signed in, you will have to sign in again.")}</p>
    </div>
    <footer class="dialog__foot"><span class="end"><button class="btn btn--line" type="button" @click=${app.overlay.close}>${t("Cancel")}</button>
      <button class="btn btn--primary" type="submit" aria-busy=${app.overlay.busy === "password" || nothing}>${t("Change password")}<kbd>Ctrl Enter</kbd></button></span></footer>
  </form>`, { size: "dialog--small" });
}

/** @param {string} label @param {string} name @param {string} kind what the browser may fill in */
function field(label, name, kind) {
  return html`<label class="field"><span class="field__label">${label}</span><input class="input" type="password" name=${name} autocomplete=${kind} maxlength="128" required></label>`;
}

/** @param {App} app @param {SubmitEvent} event */
function submit(app, event) {
  event.preventDefault();
  const { overlay } = app;
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const [old, first, again] = ["password", "newPassword", "again"].map((name) => String(form.get(name)));
  if (first !== again) {
    overlay.change({ error: t("The two new passwords differ.") });
    return;
  }
  overlay.during("password", async () => {
    // The session goes on under another id, which the open socket does not have.
    app.connection.stop();
    try {
      await app.calls.changePassword(old, first);
    } finally {
      app.connection.start();
    }
    overlay.close();
    overlay.toast(t("Password changed"));
  });
}
