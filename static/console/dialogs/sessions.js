// @ts-check
/** Lists the user's login sessions, and ends them. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {{id: number, device: string, address: string, startedAt: string, lastSeenAt: string, current: boolean}} Session */
/** @typedef {{list: Session[] | null, error: string}} State */

/** Opens the dialog and loads the list. @param {App} app */
export function openSessions(app) {
  app.overlay.open({ name: "sessions", list: null, error: "" });
  return reload(app);
}

/** @param {App} app */
async function reload(app) {
  const answer = await app.calls.sessions().then(
    (/** @type {Session[]} */ answered) => ({ list: answered, error: "" }),
    (/** @type {Error} */ { message }) => ({ error: message }),
  );
  // Another dialog may have been opened meanwhile.
  if (app.overlay.dialog?.name === "sessions") app.overlay.change(answer);
}

/** @param {App} app @param {Session} session */
function end(app, session) {
  return app.overlay.during(`session ${session.id}`, async () => {
    await app.calls.endSession(session.id).catch((/** @type {Error & {code?: string}} */ error) => {
      // It has ended already.
      if (error.code !== "not_found") throw error;
    });
    await reload(app);
  });
}

/** @param {App} app @param {State} dialog */
export function sessions(app, { list, error }) {
  return frame(app, t("Where I am signed in"), html`<div class="dialog__body scroll stack">
    ${error ? html`<p class="error" role="alert">${error}</p>` : nothing}
    <p class="quiet">${t("End what you do not know, then change your password.")}</p>
    <ul class="past" aria-busy=${list === null && !error ? "true" : nothing}>${(list ?? []).map((one) => row(app, one))}</ul>
  </div>`, { size: "dialog--small" });
}

/** @param {App} app @param {Session} session */
function row(app, session) {
  const isBusy = app.overlay.busy === `session ${session.id}`;
  const device = session.device || t("unknown device");
  return html`<li class="past__item past__item--act"><b>${device}</b>
    ${session.current
      ? html`<span class="past__mark">${t("this session")}</span>`
      : html`<button class="btn btn--line btn--small" type="button" aria-label=${t("End the session on {device}", { device })} aria-busy=${isBusy || nothing} @click=${() => end(app, session)}>${t("End")}</button>`}
    <span>${session.address}, ${t("signed in {when}, last seen {seen}", { when: app.moment(session.startedAt), seen: app.moment(session.lastSeenAt) })}</span></li>`;
}
