// @ts-check
/** Schedules the written message. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName } from "../format/names.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

const HOUR = 3_600_000;

/** @param {import("../app.js").App} app @param {{text: string, at: string, error: string}} dialog */
export function schedule(app, dialog) {
  const { contact } = app;
  if (!contact) return nothing;
  const title = html`${t("Send later")}<span class="vh">:</span> <span class="dialog__sub">${contactName(contact)}</span>`;
  const set = (/** @type {string} */ at) => app.overlay.change({ at });
  return frame(app, title, html`<form class="stack" @submit=${app.actions.onSchedule}>
    <div class="dialog__body scroll stack">
      ${dialog.error ? html`<p class="error" role="alert">${dialog.error}</p>` : nothing}
      <label class="field"><span class="field__label">${t("Message")}</span><textarea class="input" rows="3" required dir="auto" .value=${dialog.text} @input=${app.actions.onScheduleText}></textarea></label>
      <label class="field"><span class="field__label">${t("When")}</span><input class="input" type="datetime-local" required .value=${dialog.at} min=${localTime(app.now)} max=${localTime(app.now + 90 * 24 * HOUR)} @input=${(/** @type {any} */ event) => set(event.target.value)}></label>
      <div class="chips">${presets(app.now).map(({ name, at }) => html`<button class="chip" type="button" @click=${() => set(localTime(at))}>${name}</button>`)}</div>
      <p class="says"><span>${t("It goes out in your name. If the customer can no longer be answered freely then, it is not sent and you see it here.")}</span></p>
    </div>
    <footer class="dialog__foot"><span class="end"><button class="btn btn--line" type="button" @click=${app.overlay.close}>${t("Cancel")}</button>
      <button class="btn btn--primary" type="submit" aria-busy=${app.overlay.busy === "schedule" || nothing}>${t("Schedule")}<kbd>Ctrl Enter</kbd></button></span></footer>
  </form>`, { size: "dialog--small" });
}

/** Returns a time in the format of `datetime-local` fields. @param {number} time */
export function localTime(time) {
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}

/** @param {number} now */
function presets(now) {
  const tomorrow = new Date(now + 24 * HOUR).setHours(9, 0, 0, 0);
  const day = new Date(now).getDay();
  const monday = new Date(now + ((8 - day) % 7 || 7) * 24 * HOUR).setHours(9, 0, 0, 0);
  return [
    { name: t("In 1 hour"), at: now + HOUR },
    { name: t("Tomorrow at 9"), at: tomorrow },
    { name: t("Monday at 9"), at: monday },
  ];
}
