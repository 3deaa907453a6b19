// @ts-check
/** The sheet of keys. */

import { html } from "../../vendor/lit-html/lit-html.js";
import { KEYS } from "../keyboard/keys.js";
import { t } from "../words.js";
import { frame } from "./dialog.js";

/** @param {import("../app.js").App} app */
export function keysSheet(app) {
  return frame(app, t("Keys"), html`<div class="dialog__body scroll stack">
    <label class="check"><input type="checkbox" .checked=${app.account.usesKeys} @change=${app.account.toggleKeys}><span>${t("Single keys outside fields")}</span></label>
    <ul class="hints">${KEYS.map(({ keys, name }) => html`<li><span>${name()}</span><span class="keys">${keys.split(" ").map((key) => html`<kbd>${key.toUpperCase()}</kbd>`)}</span></li>`)}
      <li><span>${t("Find and do")}</span><span class="keys"><kbd>Ctrl</kbd><kbd>K</kbd></span></li>
      <li><span>${t("Attach a file")}</span><span class="keys"><kbd>Ctrl</kbd><kbd>O</kbd></span></li></ul></div>`, { size: "dialog--small" });
}
