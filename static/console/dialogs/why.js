// @ts-check
/** Why a chat was given to its operator. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @param {import("../app.js").App} app @param {{answer: any, error: string}} dialog */
export function why(app, { answer, error }) {
  const given = answer?.assignment;
  /** @type {Record<string, string>} */
  const rules = { fewest: t("whoever has the fewest chats"), turn: t("whoever was given a chat the longest ago"), last: t("whoever answered this customer last") };
  return frame(app, t("Why is this mine"), html`<div class="dialog__body scroll stack">
    ${error ? html`<p class="error" role="alert">${error}</p>` : nothing}
    ${answer && !given ? html`<p>${t("It was not given automatically: somebody answered or transferred it.")}</p>` : nothing}
    ${given ? html`<p>${t("Given to {name} {when}: {rule}.", { name: app.names.operatorName(given.operatorId), when: app.moment(given.at), rule: rules[given.rule] ?? given.rule })}</p>
      <ul class="past">${given.candidates.map((/** @type {any} */ one) => html`<li class="past__item"><b>${app.names.operatorName(one.operatorId)}</b><time>${t("{load} of {cap}", { load: one.load, cap: one.cap || "∞" })}</time><span>${one.passed === null ? t("chosen") : passedWords(one.passed)}</span></li>`)}</ul>` : nothing}
  </div>`, { size: "dialog--small" });
}

/** @param {string} passed */
function passedWords(passed) {
  /** @type {Record<string, string>} */
  const words = { busier: t("had more chats"), later: t("was given one later"), full: t("had as many chats as allowed"), paused: t("was paused"), offline: t("was not connected") };
  return words[passed] ?? passed;
}
