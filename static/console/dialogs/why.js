// @ts-check
/** Explains why a chat was assigned to its operator. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @typedef {import("../app.js").App} App */

/** Asks for the open chat. @param {App} app */
export function whyTitle(app) {
  const { contact } = app;
  if (!contact || contact.operatorId === app.store.me) return t("Why is this mine");
  return t("Why is it with {name}", { name: app.names.operatorName(contact.operatorId) });
}

/** @param {App} app @param {{answer: any, error: string}} dialog */
export function why(app, { answer, error }) {
  const given = answer?.assignment;
  return frame(app, whyTitle(app), html`<div class="dialog__body scroll stack">
    ${error ? html`<p class="error" role="alert">${error}</p>` : nothing}
    ${!answer && !error ? html`<p class="quiet" role="status">${t("Loading")}</p>` : nothing}
    ${answer && !given ? html`<p>${t("It was not given automatically: somebody answered or transferred it.")}</p>` : nothing}
    ${given ? html`<p>${t("Given to {name} {when}: {rule}.", { name: app.names.operatorName(given.operatorId), when: app.moment(given.at), rule: ruleWords(given.rule) })}</p>
      <ul class="past">${given.candidates.map((/** @type {any} */ one) => html`<li class="past__item"><b>${app.names.operatorName(one.operatorId)}</b><time>${t("{load} of {cap}", { load: one.load, cap: one.cap || "∞" })}</time><span>${one.passed === null ? t("chosen") : passedWords(one.passed)}</span></li>`)}</ul>` : nothing}
  </div>`, { size: "dialog--small" });
}

/** Whom a rule chooses. @param {string} rule */
export function ruleWords(rule) {
  /** @type {Record<string, string>} */
  const words = { fewest: t("whoever has the fewest chats"), rotation: t("whoever was given a chat the longest ago"), last: t("whoever answered this customer last") };
  return words[rule] ?? rule;
}

/** Why somebody was not chosen. @param {string} passed */
export function passedWords(passed) {
  /** @type {Record<string, string>} */
  const words = { busier: t("had more chats"), given_later: t("was given one later"), not_last: t("was not the last to answer this customer"), let_go: t("had just let go of this customer"), at_cap: t("had as many chats as allowed"), paused: t("was paused"), offline: t("was not connected") };
  return words[passed] ?? passed;
}
