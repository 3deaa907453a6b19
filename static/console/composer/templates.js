// @ts-check
/** The picker of approved templates, for when free text cannot be sent. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { live } from "../../vendor/lit-html/directives/live.js";
import { phone } from "../format/names.js";
import { lasting } from "../format/times.js";
import { glyph, icon } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";
import { pieces, wordsBefore } from "./template_text.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("./template_text.js").Template} Template */

// The API's limit for the length of a value.
const LONGEST_VALUE = 1024;

/** @param {App} app @param {Line} line */
export function templatePicker(app, line) {
  const { templates } = app.writing;
  return html`<div class="dock"><form class="picker" aria-label=${t("Send an approved template")} @submit=${templates.onSubmit} @keydown=${templates.onEscape}>
    ${why(app, line)}
    <div class="picker__cols">
      <div class="picker__side">
        <label class="search"><span class="vh">${t("Search the templates")}</span>${icon("search")}<input id="templates-search" type="search" autocomplete="off" placeholder=${t("Search the templates")} .value=${live(templates.words)} @input=${templates.onSearch} @keydown=${templates.onKey}></label>
        ${list(app)}
      </div>
      ${fields(app, line)}
    </div>
  </form></div>`;
}

/** @param {App} app @param {Line} line */
function why(app, { windowEndsAt }) {
  const { templates } = app.writing;
  const left = windowEndsAt === null ? null : Date.parse(windowEndsAt) - app.now;
  const isClosed = left !== null && left <= 0;
  return html`<div class="picker__why ${isClosed ? "" : "picker__why--open"}">${isClosed ? glyph("lock") : glyph("wait")}
    ${isClosed
      ? html`<p><strong>${t("Free text is back when the customer writes.")}</strong> ${t("It is allowed until 24 hours after his last message. Now only approved templates go out.")}</p>`
      : html`<p><strong>${t("Approved template")}</strong></p>`}
    ${left === null ? nothing : html`<span class="clock">${isClosed ? t("closed {span} ago", { span: lasting(-left) }) : t("closes in {span}", { span: lasting(left) })}</span>`}
    ${isClosed ? nothing : html`<button class="btn btn--icon btn--small ${left === null ? "end" : ""}" type="button" aria-label=${t("Back to free text")} title=${t("Back to free text")} @click=${templates.close}>${icon("x", "icon--s")}</button>`}
  </div>`;
}

/** @param {App} app */
function list(app) {
  const { templates } = app.writing;
  const { found, template, list: known } = templates;
  if (known.error && !known.all.length)
    return html`<div class="picker__empty"><p class="error" role="alert">${known.error}</p><button class="btn btn--line btn--small" type="button" @click=${templates.readAgain}>${t("Try again")}</button></div>`;
  if (!found.length)
    return html`<p class="picker__empty quiet" role="status">${!known.isRead ? t("Loading") : known.all.length ? t("No template fits") : t("No approved template. One that Meta approves is here within the hour.")}</p>`;
  return html`<div class="picker__list scroll" id="templates" role="listbox" tabindex="0" aria-label=${t("Approved templates")} aria-activedescendant=${template ? `template-${found.indexOf(template)}` : nothing} @keydown=${templates.onKey}>
    ${found.map((one, place) => html`<div class="picker__item" role="option" id="template-${place}" aria-selected=${one === template ? "true" : "false"} @click=${() => templates.choose(one)}>
      <b>${one.name}</b><span>${categoryName(one.category)} · ${one.language.replace("_", "-")}</span></div>`)}
  </div>`;
}

/** @param {App} app @param {Line} line */
function fields(app, line) {
  const { templates } = app.writing;
  const { template } = templates;
  const number = app.store.managers.get(line.m)?.number;
  const values = template ? templates.valuesOf(template) : [];
  return html`<div class="picker__form">
    ${template ? html`
      ${values.length ? html`<div class="picker__vars">${values.map((value, at) => field(app, template, value, at))}</div>` : nothing}
      <div class="field"><span class="field__label" id="template-preview">${t("As the customer will read it")}</span>
        <p class="picker__preview scroll" dir="auto" lang=${template.language.replace("_", "-")} aria-labelledby="template-preview">${preview(template, values)}</p></div>` : nothing}
    ${templates.error ? html`<p class="error" role="alert">${templates.error}</p>` : nothing}
    <div class="picker__foot">
      <span class="quiet">${number && template ? t("Goes out by {number}", { number: phone(number) }) : nothing}</span>
      <span class="end">${templates.isOpen ? nothing : html`<button class="btn" type="button" aria-keyshortcuts="N" @click=${app.writing.toggleNote}>${icon("note")}<span>${t("Note")}</span></button>`}
        <button class="btn btn--primary" type="submit" aria-disabled=${template ? nothing : "true"} aria-busy=${app.overlay.busy === "template" || nothing}>${icon("send")}<span>${t("Send the template")}</span></button></span>
    </div>
  </div>`;
}

/** @param {App} app @param {Template} template @param {string} value @param {number} at */
function field(app, template, value, at) {
  const before = wordsBefore(template.text, at + 1);
  return html`<label class="field"><span class="field__label"><span class="vh">${t("Value")} </span>${at + 1}${before ? html` · <span dir="auto">${before} …</span>` : nothing}</span>
    <input class="input" required pattern=".*[^ ].*" maxlength=${LONGEST_VALUE} autocomplete="off" dir="auto" .value=${live(value)}
      @input=${(/** @type {any} */ event) => app.writing.templates.fill(template, at, event.target.value)}></label>`;
}

/** @param {Template} template @param {string[]} values */
function preview(template, values) {
  return pieces(template.text, values).map(({ text, place }) => (place === undefined ? text : html`<mark class=${text ? "" : "is-missing"}>${text || `{{${place}}}`}</mark>`));
}

/** The label of a category. @param {string} category */
function categoryName(category) {
  /** @type {Record<string, string>} */
  const words = { UTILITY: t("Utility"), MARKETING: t("Marketing"), AUTHENTICATION: t("Authentication") };
  return words[category] ?? category.toLocaleLowerCase(LOCALE);
}
