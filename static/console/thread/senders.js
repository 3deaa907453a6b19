// @ts-check
/** The sender of an outgoing message. */

import { t } from "../words.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../app.js").App} App */

/** @param {App} app @param {Message} message */
export function senderName(app, { from, auto }) {
  if (auto === "phone") return t("From the phone");
  const name = String(from);
  if (name === "0") return t("Automatic message");
  return app.store.operators.has(name) || /^\d+$/.test(name) ? app.names.operatorName(name) : name;
}

/** @param {App} app @param {Message} message */
export function senderLabel(app, message) {
  return app.isOperator && String(message.from) === app.store.me ? t("You") : senderName(app, message);
}
