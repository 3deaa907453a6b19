// PDF files: which are shown inside the page, and that nothing else is.

import "./setup.mjs";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { isShownInside, openPdf, readPdf } from "../../../static/console/dialogs/pdf.js";

const URL_OF_FILE = "/api/file/1?s=x";
const { fetch } = globalThis;

beforeEach(() => {
  globalThis.location = { origin: "https://center.example" };
  Object.defineProperty(globalThis, "navigator", { value: { pdfViewerEnabled: true }, configurable: true });
});
afterEach(() => {
  globalThis.fetch = fetch;
});

/** @param {string} content @param {number} [status] */
function answer(content, status = 200) {
  globalThis.fetch = async () => new Response(content, { status });
}

test("only PDF files of this server are shown in the page, if the browser has a viewer", () => {
  const pdf = { type: "pdf", url: URL_OF_FILE };
  assert.equal(isShownInside(pdf), true);
  assert.equal(isShownInside({ ...pdf, url: "https://center.example/api/file/1" }), true);
  for (const url of ["https://elsewhere.example/a.pdf", "https://center.example.evil/a", "blob:https://center.example/x", "", undefined])
    assert.equal(isShownInside({ ...pdf, url }), false, url);
  assert.equal(isShownInside({ ...pdf, type: "file" }), false);
  for (const pdfViewerEnabled of [false, undefined]) {
    Object.defineProperty(globalThis, "navigator", { value: { pdfViewerEnabled }, configurable: true });
    assert.equal(isShownInside(pdf), false);
  }
});

test("whatever the server says, the frame gets a PDF file", async () => {
  answer("%PDF-1.7 …");
  assert.equal((await readPdf(URL_OF_FILE)).type, "application/pdf");
  answer("<script>alert(1)</script>");
  await assert.rejects(readPdf(URL_OF_FILE));
  answer("%PDF-1.7", 404);
  await assert.rejects(readPdf(URL_OF_FILE));
});

function overlay() {
  return {
    dialog: null,
    open(dialog) {
      this.dialog = dialog;
    },
    change(change) {
      this.dialog = { ...this.dialog, ...change };
    },
  };
}

test("it opens at once and reports a file that cannot be read", async () => {
  const app = { overlay: overlay() };
  answer("%PDF-1.7");
  const opening = openPdf(app, { type: "pdf", url: URL_OF_FILE });
  assert.equal(app.overlay.dialog.source, "");
  await opening;
  assert.match(app.overlay.dialog.source, /^blob:/);
  answer("", 500);
  await openPdf(app, { type: "pdf", url: URL_OF_FILE });
  assert.equal(app.overlay.dialog.error, "The PDF could not be shown here.");
});

test("a file that arrives after the viewer was closed is released", async () => {
  const app = { overlay: overlay() };
  answer("%PDF-1.7");
  const opening = openPdf(app, { type: "pdf", url: URL_OF_FILE });
  app.overlay.dialog = null;
  await opening;
  assert.equal(app.overlay.dialog, null);
});
