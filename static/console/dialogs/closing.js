// @ts-check
/** Closes a chat, with its outcome and the survey. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName } from "../format/names.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/**
 * @param {import("../app.js").App} app
 * @param {{reason: string, survey: boolean, error: string}} dialog
 */
export function closing(app, dialog) {
  const { line, contact } = app;
  if (!line || !contact) return nothing;
  const options = app.store.options.get(line.m);
  const reasons = (options?.closingReasons ?? []).filter(({ area }) => area === "" || area === contact.area);
  const isRequired = options?.areas.find(({ id }) => id === contact.area)?.closingReasonRequired ?? false;
  const title = html`${t("Close the chat")}<span class="vh">:</span> <span class="dialog__sub">${contactName(contact)}</span>`;
  return frame(app, title, html`<form class="stack" @submit=${app.actions.onClose}>
    <div class="dialog__body scroll stack">
      ${dialog.error ? html`<p class="error" role="alert">${dialog.error}</p>` : nothing}
      ${reasons.length ? html`<div class="move__col" role="radiogroup" aria-label=${t("Outcome")}><p class="move__title">${isRequired ? t("Outcome") : t("Outcome (optional)")}</p>
        ${reasons.map(({ code, name }) => html`<label class="pick ${dialog.reason === code ? "is-chosen" : ""}"><input type="radio" name="reason" value=${code} ?required=${isRequired} .checked=${dialog.reason === code} @change=${() => app.overlay.change({ reason: code })}><span class="pick__name">${name}</span></label>`)}</div>` : nothing}
      <label class="check"><input type="checkbox" .checked=${dialog.survey} @change=${(/** @type {any} */ event) => app.overlay.change({ survey: event.target.checked })}><span>${t("Ask the customer for a mark, if the rules say so")}</span></label>
    </div>
    <footer class="dialog__foot"><span class="end"><button class="btn btn--line" type="button" @click=${app.overlay.close}>${t("Cancel")}</button>
      <button class="btn btn--primary" type="submit" aria-busy=${app.overlay.busy === "close" || nothing}>${t("Close chat")}<kbd>Ctrl Enter</kbd></button></span></footer>
  </form>`, { size: "dialog--small" });
}
