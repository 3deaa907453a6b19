// @ts-check
/** As what a message is shown, by its type and whether its file is there. */

import { t } from "../words.js";

/** @typedef {import("../types.js").Message} Message */

const FILES = new Set(["image", "sticker", "video", "audio", "pdf", "file"]);

/**
 * How a message is shown. Without a file it is its text, whatever its gateway calls it: a
 * place, an order. Of files on other servers there is only a link.
 * @param {Pick<Message, "type" | "url">} message
 */
export function shownAs({ type, url }) {
  if (url === undefined || (url === "" && !FILES.has(type))) return "text";
  if (url === "") return type === "image" || type === "sticker" ? type : "missing";
  return new URL(url, location.href).origin === location.origin ? type : "elsewhere";
}

/** Why there is no file: it is still being fetched, or could not be. @param {Message} message */
export function missingWords({ fileName, error }) {
  const why = error || t("The file is on its way.");
  return fileName ? `${fileName}: ${why}` : why;
}
