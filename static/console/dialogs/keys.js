// @ts-check
/** The list of keyboard shortcuts. */

import { html } from "../../vendor/lit-html/lit-html.js";
import { KEYS } from "../keyboard/keys.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @typedef {import("../keyboard/keys.js").KeyGroup} KeyGroup */
/** @typedef {{keys: string, name: () => string}} Key */

// What is no single key outside fields.
/** @type {Key[]} */
const ANYWHERE = [
  { keys: "Ctrl K", name: () => t("Find and do") },
  { keys: "Esc", name: () => t("Close, or go back") },
];
/** @type {Key[]} */
const WRITING = [
  { keys: "Enter", name: () => t("Send, or keep the note") },
  { keys: "Shift Enter", name: () => t("New line") },
  { keys: "/", name: () => t("Quick reply") },
  { keys: "@", name: () => t("Name a colleague in a note") },
  { keys: "Ctrl O", name: () => t("Attach a file") },
  { keys: "Esc", name: () => t("Leave the field") },
];

/** @param {KeyGroup[]} groups @returns {Key[]} */
function of(...groups) {
  return KEYS.filter(({ group }) => groups.includes(group));
}

/** @param {import("../app.js").App} app */
export function keysSheet(app) {
  return frame(app, t("Keys"), html`<div class="dialog__body scroll stack">
    <label class="check"><input type="checkbox" .checked=${app.account.usesKeys} @change=${app.account.toggleKeys}><span>${t("Single keys outside fields")}</span></label>
    <div class="sheet-keys">
      ${column(t("Moving about"), [...of("place", "list"), ...ANYWHERE])}
      ${column(t("In this chat"), of("chat"))}
      ${column(t("Writing"), [...WRITING, ...of("console")])}
    </div></div>`, { size: "dialog--keys" });
}

/** @param {string} title @param {Key[]} all */
function column(title, all) {
  return html`<section><h3>${title}</h3><ul>${all.map(({ keys, name }) => html`<li><span>${name()}</span><span class="keys">${keys.split(" ").map((key) => html`<kbd>${key.length > 1 ? key : key.toUpperCase()}</kbd>`)}</span></li>`)}</ul></section>`;
}
