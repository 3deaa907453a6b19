// @ts-check
/** Shows PDF files inside the page, in the browser's own viewer. */

import { t } from "../words.js";

/** @typedef {import("../types.js").Message} Message */

const LONGEST = 60_000;
const BEGINNING = 1024;

/** Whether a stored file can be shown inside the page; else it opens in a tab. @param {Message} message */
export function isShownInside({ type, url }) {
  return type === "pdf" && Boolean(url?.startsWith("/") || url?.startsWith(`${location.origin}/`)) && navigator.pdfViewerEnabled === true;
}

/** Opens a PDF file over the page. @param {import("../app.js").App} app @param {Message} message */
export async function openPdf(app, message) {
  const { overlay } = app;
  overlay.open({ name: "viewer", message, source: "", error: "" });
  const isOpen = () => overlay.dialog?.message === message;
  try {
    const source = URL.createObjectURL(await readPdf(message.url ?? ""));
    if (isOpen()) overlay.change({ source });
    else URL.revokeObjectURL(source);
  } catch {
    if (isOpen()) overlay.change({ error: t("The PDF could not be shown here.") });
  }
}

/**
 * Returns the file with the PDF type, so that its frame shows a PDF or nothing.
 * @param {string} url
 */
export async function readPdf(url) {
  const response = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(LONGEST) });
  if (!response.ok) throw new Error(String(response.status));
  const content = await response.arrayBuffer();
  const beginning = new TextDecoder("latin1").decode(content.slice(0, BEGINNING));
  if (!beginning.includes("%PDF-")) throw new Error("no PDF");
  return new Blob([content], { type: "application/pdf" });
}
