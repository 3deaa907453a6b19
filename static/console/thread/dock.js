// @ts-check
/** Shown instead of the composer: claim button, lost claim, closed chat. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName } from "../format/names.js";
import { lasting, span } from "../format/times.js";
import { operatorAvatar } from "../parts/icon.js";
import { t } from "../words.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../types.js").Contact} Contact */

/** @param {App} app @param {Line} line @param {Contact} contact */
export function dock(app, line, contact) {
  if (app.actions.lostClaim?.key === line.key) return lostClaim(app, app.actions.lostClaim);
  if (!line.open) return closed(app, line);
  const isHeld = contact.operatorId !== "0";
  const title = isHeld ? t("{name} answers this chat", { name: app.names.operatorName(contact.operatorId) }) : t("Preview, read only");
  const text = app.isOperator
    ? isHeld ? t("To answer it yourself, have it transferred to you.") : t("Nothing is marked as read. To reply, answer it.")
    : t("Only operators answer chats.");
  return frame(html`<p class="dock__text"><strong>${title}</strong><span>${text}</span></p>`, html`
    <button class="btn" type="button" aria-keyshortcuts="J" @click=${() => app.listView.step(1)}>${t("Next")}<kbd>J</kbd></button>
    ${isHeld || !app.isOperator ? nothing : claimButton(app, t("Answer chat"), () => app.actions.claim())}`);
}

/** @param {App} app @param {NonNullable<App["actions"]["lostClaim"]>} lost */
function lostClaim(app, { winner, at }) {
  const next = app.actions.nextInQueue;
  const contact = next && app.store.contacts.get(next.key);
  const operator = app.store.operators.get(winner);
  const name = operator?.name ?? t("Somebody else");
  const waited = next?.queuedAt ? lasting(app.now - Date.parse(next.queuedAt)) : "";
  return frame(
    html`${operator ? operatorAvatar(operator) : nothing}<p class="dock__text" role="status"><strong>${t("{name} answered {span} ago", { name, span: seconds(app.now - at) })}</strong>
      <span>${contact ? t("The next is {name}, waiting for {span}.", { name: contactName(contact), span: waited }) : t("Nobody else is waiting.")}</span></p>`,
    contact && next
      ? html`<button class="btn" type="button" @click=${() => app.openLine(next)}>${t("Look first")}</button>
        ${claimButton(app, t("Answer {name} now", { name: contactName(contact).split(" ")[0] }), () => app.actions.claimNext(next))}`
      : nothing,
  );
}

/** @param {App} app @param {Line} line */
function closed(app, line) {
  const session = app.conversation?.sessions.find((one) => one.protocol === line.protocol);
  const reason = session?.reason ? app.names.closingReason(line.m, session.reason) : "";
  const mark = session?.rating ? t("Rated {mark} of 5.", { mark: session.rating }) : "";
  return frame(
    html`<p class="dock__text"><strong>${t("Closed {when}", { when: app.moment(line.closedAt ?? line.openedAt) })}</strong><span>${[reason, mark].filter(Boolean).join(" · ") || t("If the customer writes, another chat begins.")}</span></p>`,
    app.isOperator ? html`<button class="btn btn--line" type="button" aria-busy=${app.overlay.busy === "reopen" || nothing} @click=${app.actions.reopen}>${t("Reopen")}</button>` : nothing,
  );
}

/** @param {unknown} text @param {unknown} actions */
function frame(text, actions) {
  return html`<div class="dock"><div class="dock__box">${text}<div class="dock__actions">${actions}</div></div></div>`;
}

/** @param {App} app @param {string} text @param {() => void} act */
function claimButton(app, text, act) {
  return html`<button class="btn btn--primary btn--big" type="button" id="claim" aria-keyshortcuts="A" aria-busy=${app.overlay.busy === "claim" || nothing} @click=${act}>${text}<kbd>A</kbd></button>`;
}

/** @param {number} duration */
function seconds(duration) {
  return duration < 60_000 ? t("{count} s", { count: Math.max(1, Math.round(duration / 1000)) }) : span(duration);
}
