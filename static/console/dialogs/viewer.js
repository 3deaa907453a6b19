// @ts-check
/** Shows a picture or PDF file in full size. */

import { html } from "../../vendor/lit-html/lit-html.js";
import { ref } from "../../vendor/lit-html/directives/ref.js";
import { icon } from "../parts/icon.js";
import { t } from "../words.js";
import { show } from "./dialog.js";

/** @typedef {import("../app.js").App} App */
/** `source` is the blob URL of a loaded PDF file. @typedef {{message: import("../types.js").Message, source?: string, error?: string}} State */

/** @param {App} app @param {State} state */
export function viewer(app, state) {
  const { message } = state;
  const isPdf = message.type === "pdf";
  const name = (isPdf ? message.fileName : message.caption || message.fileName) || (isPdf ? t("File") : t("Photo"));
  return html`<dialog class="viewer" aria-label=${name} ${ref(show)} @cancel=${(/** @type {Event} */ event) => {
    event.preventDefault();
    app.overlay.close();
  }}>
    <header class="viewer__head"><p class="viewer__title clip-text" dir="auto">${name}<span>${app.moment(message.createdAt)}</span></p>
      <a class="btn btn--icon" href=${message.url ?? ""} download=${message.fileName ?? "foto"} aria-label=${t("Download")}>${icon("arrow", "arrow-down")}</a>
      <button class="btn btn--icon" type="button" autofocus aria-label=${t("Close the dialog")} @click=${app.overlay.close}>${icon("x")}</button></header>
    ${isPdf ? pages(state, name) : html`<img class="viewer__image" src=${message.url ?? ""} alt=${name} @click=${app.overlay.close}>`}
  </dialog>`;
}

/** @param {State} state @param {string} name */
function pages({ message, source, error }, name) {
  if (error)
    return html`<div class="viewer__note" role="alert"><p>${error}</p><a class="btn btn--line" href=${message.url ?? ""} target="_blank" rel="noopener noreferrer">${t("Open in a new tab")}</a></div>`;
  if (!source) return html`<p class="viewer__note" role="status">${t("Loading the PDF")}</p>`;
  return html`<iframe class="viewer__pages" title=${name} src=${source}></iframe>`;
}
