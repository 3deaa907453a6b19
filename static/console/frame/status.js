// @ts-check
/** The status line with the state of the connection; and the toasts. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { clockWithSeconds } from "../format/times.js";
import { icon } from "../parts/icon.js";
import { n, t } from "../words.js";

/** @param {import("../app.js").App} app */
export function statusLine(app) {
  const { line } = app.connection;
  return html`<footer class="status ${line === "offline" ? "status--off" : line === "back" ? "status--back" : ""}">
    ${line === "live" && !app.account.gate.isOver ? html`<span class="live-dot"></span>` : nothing}<span class="status__text clip-text" role="status">${words(app)}</span>
    ${line === "offline" ? html`<button class="status__btn" type="button" @click=${app.connection.connectNow}>${t("Try now")}</button>` : nothing}
    <span class="status__end">${app.shell.hasNewer ? html`<button class="status__btn" type="button" @click=${app.shell.reload}>${t("New version on reload")}</button>` : nothing}<span class="status__key"><kbd>Ctrl</kbd><kbd>K</kbd> ${t("find and do")}</span><span class="status__key"><kbd>?</kbd> ${t("keys")}</span></span>
  </footer>`;
}

/** @param {import("../app.js").App} app */
function words(app) {
  if (app.account.gate.isOver) return t("Not connected");
  const { line, at, retryAt, changes, sent } = app.connection;
  if (line === "offline") {
    const seconds = Math.max(0, Math.ceil(((retryAt ?? app.now) - app.now) / 1000));
    const facts = [at ? t("updated at {clock}", { clock: clockWithSeconds(at) }) : "", retryAt ? t("next try in {seconds} s", { seconds }) : ""];
    return html`<strong>${t("No connection. Your messages wait and go out in order when it is back.")}</strong> ${facts.filter(Boolean).join(", ")}`;
  }
  if (line === "back")
    return html`<strong>${changes ? n("Updated, {count} change.", "Updated, {count} changes.", changes) : t("Updated.")}</strong> ${sent ? n("{count} message sent.", "{count} messages sent.", sent) : nothing}`;
  return line === "live" ? t("Connected") : t("Connecting");
}

/** @param {import("../app.js").App} app */
export function toastArea(app) {
  const toast = app.overlay.toasts[0];
  const { current } = app.transfers;
  return html`<div class="toasts" role="status" aria-live="polite">${current ? transferToast(app, current) : toast ? html`<div class="toast">
    <p class="toast__text">${toast.text}${toast.small ? html`<small>${toast.small}</small>` : nothing}</p>
    ${toast.action ? html`<button class="btn btn--undo" type="button" @click=${toast.act}>${toast.action}</button>` : nothing}
    <button class="btn btn--icon btn--small" type="button" aria-label=${t("Dismiss")} @click=${() => app.overlay.dismiss(toast)}>${icon("x", "icon--s")}</button></div>` : nothing}</div>`;
}

/** The countdown to a transfer; announced once. @param {import("../app.js").App} app @param {import("../outbox/transfers.js").Transfer} transfer */
function transferToast(app, { name, small }) {
  return html`<div class="toast">${icon("transfer")}
    <p class="toast__text"><span aria-hidden="true">${t("Goes to {name} in {seconds} s", { name, seconds: app.transfers.secondsLeft })}</span><span class="vh">${t("Goes to {name} in a few seconds. Z takes it back.", { name })}</span><small>${small}</small></p>
    <button class="btn btn--small btn--undo" type="button" aria-keyshortcuts="Z" @click=${app.transferring.undo}>${t("Undo")}</button></div>`;
}
