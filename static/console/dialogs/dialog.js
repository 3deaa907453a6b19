// @ts-check
/** The frame of dialogs: native, modal, closed by Escape. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { ref } from "../../vendor/lit-html/directives/ref.js";
import { icon } from "../parts/icon.js";
import { t } from "../words.js";
import { closing } from "./closing.js";
import { keysSheet } from "./keys.js";
import { password } from "./password.js";
import { schedule } from "./schedule.js";
import { sessions } from "./sessions.js";
import { palette } from "../palette/palette.js";
import { transfer } from "./transfer.js";
import { viewer } from "./viewer.js";
import { why } from "./why.js";
import { gateOver } from "../session/gate.js";

/** @typedef {import("../app.js").App} App */

/** @param {App} app */
export function dialogs(app) {
  if (app.account.gate.isOver) return frame(app, t("Sign in"), gateOver(app), { size: "dialog--small", isForced: true });
  const { dialog } = app.overlay;
  switch (dialog?.name) {
    case "transfer":
      return transfer(app, dialog);
    case "closing":
      return closing(app, dialog);
    case "why":
      return why(app, dialog);
    case "keys":
      return keysSheet(app);
    case "palette":
      return palette(app, dialog);
    case "schedule":
      return schedule(app, dialog);
    case "password":
      return password(app, dialog);
    case "sessions":
      return sessions(app, dialog);
    case "viewer":
      return viewer(app, dialog);
    default:
      return nothing;
  }
}

/**
 * @param {App} app
 * @param {unknown} title
 * @param {unknown} content
 * @param {{size?: string, isForced?: boolean}} [how]
 */
export function frame(app, title, content, { size = "", isForced = false } = {}) {
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isForced) app.overlay.close();
  };
  return html`<dialog class="dialog ${size}" aria-labelledby="dialog-title" @cancel=${cancel} @keydown=${submitByKey} ${ref(show)}>
    <header class="dialog__head"><h2 class="dialog__title" id="dialog-title" tabindex="-1">${title}</h2>
      ${isForced ? nothing : html`<button class="btn btn--icon" type="button" aria-label=${t("Close the dialog")} @click=${app.overlay.close}>${icon("x")}</button>`}</header>
    ${content}
  </dialog>`;
}

/** Ctrl+Enter sends the dialog's form, wherever the focus is in it. @param {KeyboardEvent} event */
function submitByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = /** @type {Element} */ (event.currentTarget).querySelector("form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

/** @param {Element | undefined} element */
export function show(element) {
  const dialog = /** @type {HTMLDialogElement | undefined} */ (element);
  if (!dialog || dialog.open) return;
  queueMicrotask(() => {
    if (!dialog.isConnected || dialog.open) return;
    dialog.showModal();
    // The browser would focus the first button, which closes it.
    const first = dialog.querySelector("[autofocus], input:checked, .dialog__body :is(input, textarea, select, a)");
    /** @type {HTMLElement | null} */ (first ?? dialog.querySelector(".dialog__title"))?.focus();
  });
}
