// @ts-check
/** Transfers a chat: first the area, then optionally the operator. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { contactName, hue } from "../format/names.js";
import { icon, operatorAvatar, presenceOf } from "../parts/icon.js";
import { isReasonRequired } from "../thread/transferring.js";
import { n, t } from "../words.js";
import { frame } from "./dialog.js";

/** @typedef {import("../app.js").App} App */

/**
 * @param {App} app
 * @param {{area: string, to: string, reason: string, note: string, error: string}} dialog
 */
export function transfer(app, dialog) {
  const { line, contact } = app;
  if (!line || !contact) return nothing;
  const areas = app.names.areasOf(line.m);
  const people = app.names.operatorsOf(line.m).filter((one) => one.areas.includes(dialog.area) && one.id !== contact.operatorId);
  const title = html`${t("Transfer the chat")}<span class="vh">:</span> <span class="dialog__sub">${contactName(contact)}</span>`;
  return frame(app, title, html`<form class="stack" @submit=${app.transferring.submit}>
    <div class="dialog__body scroll stack">
      ${dialog.error ? html`<p class="error" role="alert">${dialog.error}</p>` : nothing}
      <div class="move">
        <div class="move__col" role="radiogroup" aria-label=${t("Area")}><p class="move__title">${t("Area")}</p>
          ${areas.map((area) => pick("area", area.id, dialog.area === area.id, () => app.overlay.change({ area: area.id, to: "0" }), html`<span class="pick__name"><span class="area ${hue(area.id)}">${area.name}</span><small>${areaFacts(app, line.m, area.id, contact.area)}</small></span>`))}
        </div>
        <div class="move__col" role="radiogroup" aria-label=${t("To whom")}><p class="move__title">${t("To whom")}</p>
          ${pick("to", "0", dialog.to === "0", () => app.overlay.change({ to: "0" }), html`<span class="pick__name">${t("Queue of {area}", { area: app.names.areaName(line.m, dialog.area) })}<small>${t("whoever is free answers, in order of arrival")}</small></span>`)}
          ${people.map((one) => pick("to", one.id, dialog.to === one.id, () => app.overlay.change({ to: one.id }), html`${operatorAvatar(one)}<span class="pick__name">${one.name}<small>${personFacts(app, one)}</small></span>`, presenceOf(one) !== "online"))}
        </div>
      </div>
      ${reasons(app, line.m, dialog)}
      <label class="field"><span class="field__label">${t("Note for whoever receives it; the customer does not see it")}</span>
        <textarea class="input" name="note" rows="2" .value=${dialog.note} @input=${app.transferring.onNote}></textarea></label>
      <p class="says">${icon("arrow")}<span>${consequence(app, line.m, dialog, people)}</span></p>
    </div>
    <footer class="dialog__foot"><span class="quiet only-wide">${t("The protocol stays {protocol}", { protocol: line.protocol })}</span>
      <span class="end"><button class="btn btn--line" type="button" @click=${app.overlay.close}>${t("Cancel")}</button>
      <button class="btn btn--primary" type="submit">${t("Transfer")}<kbd>Ctrl Enter</kbd></button></span></footer>
  </form>`);
}

/** @param {string} name @param {string} value @param {boolean} isChosen @param {() => void} choose @param {unknown} content @param {boolean} [isOff] */
function pick(name, value, isChosen, choose, content, isOff = false) {
  return html`<label class="pick ${isChosen ? "is-chosen" : ""} ${isOff ? "is-off" : ""}"><input type="radio" name=${name} value=${value} .checked=${isChosen} @change=${choose}>${content}</label>`;
}

/** @param {App} app @param {import("../types.js").Id} m @param {string} code @param {string} current */
function areaFacts(app, m, code, current) {
  if (code === current) return t("the current area");
  // The counts are of what one sees: of other areas' queues nothing is known.
  const own = app.tallies.queues.find((one) => one.code === code);
  const free = app.names.operatorsOf(m).filter((one) => one.areas.includes(code) && presenceOf(one) === "online").length;
  const queue = own && (own.count ? t("{count} in the queue", { count: own.count }) : t("empty queue"));
  return [queue, free ? n("{count} available", "{count} available", free) : t("nobody available")].filter(Boolean).join(", ");
}

/** @param {App} app @param {import("../types.js").Operator} operator */
function personFacts(app, operator) {
  const presence = presenceOf(operator);
  const load = operator.load ? n("{count} chat", "{count} chats", operator.load) : t("no chat");
  return `${app.names.presenceName(presence)}, ${load}`;
}

/** @param {App} app @param {import("../types.js").Id} m @param {{reason: string}} dialog */
function reasons(app, m, dialog) {
  const all = app.store.options.get(m)?.transferReasons ?? [];
  if (!all.length) return nothing;
  return html`<div class="field"><span class="field__label">${isReasonRequired(app, m, app.contact?.area ?? "") ? t("Reason, kept in the history (required)") : t("Reason, kept in the history")}</span><div class="chips">
    ${all.map(({ code, name }) => html`<button class="chip" type="button" aria-pressed=${dialog.reason === code} @click=${() => app.overlay.change({ reason: dialog.reason === code ? "" : code })}>${name}</button>`)}</div></div>`;
}

/** @param {App} app @param {import("../types.js").Id} m @param {{area: string, to: string}} dialog @param {import("../types.js").Operator[]} people */
function consequence(app, m, { area, to }, people) {
  const name = app.names.areaName(m, area);
  const mine = app.store.operators.get(app.store.me)?.areas.includes(area);
  const sight = mine ? t("You still see it, because you serve {area}.", { area: name }) : t("It leaves your list: you do not serve {area}.", { area: name });
  const person = people.find((one) => one.id === to);
  if (person) return `${t("{name} is told now.", { name: person.name })} ${sight}`;
  if (!people.some((one) => presenceOf(one) === "online"))
    return t("Nobody of {area} is available. The chat waits in the queue of the area.", { area: name });
  return `${t("The chat waits in the queue of {area}.", { area: name })} ${sight}`;
}
