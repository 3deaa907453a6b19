// @ts-check
/** The attachments of a message: chosen, pasted or dropped files. */

import { fileSize } from "../format/names.js";
import { LOCALE, t } from "../words.js";
import { attachmentOf } from "./files.js";
import { prepared } from "./pictures.js";

/** @typedef {import("./files.js").Attachment} Attachment */

export class Attaching {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** By contact. @type {Map<string, Attachment[]>} */
    this.byContact = new Map();
    this.isDropping = false;
    /** The number of files being read. */
    this.reading = 0;
  }

  get #key() {
    return this.app.conversation?.key ?? "";
  }

  /** The attachments of the open chat's next message. */
  get list() {
    return this.byContact.get(this.#key) ?? [];
  }

  /** @param {string} key @param {Attachment} attachment */
  put(key, attachment) {
    this.byContact.set(key, [...(this.byContact.get(key) ?? []), attachment]);
    this.app.render();
  }

  /** Returns and clears the files, which are being sent. */
  take() {
    const { list } = this;
    this.byContact.delete(this.#key);
    for (const { preview } of list) if (preview) URL.revokeObjectURL(preview);
    return list;
  }

  clear() {
    this.byContact.clear();
  }

  choose = () => {
    const field = document.createElement("input");
    field.type = "file";
    field.multiple = true;
    field.onchange = () => this.attach([...(field.files ?? [])]);
    field.click();
  };

  /** @param {File[]} files */
  async attach(files) {
    const { app } = this;
    if (!app.mayAnswer || !app.line) return;
    const key = this.#key;
    const largest = app.store.options.get(app.line.m)?.largestFile ?? 25 * 2 ** 20;
    for (const chosen of files) {
      this.reading += 1;
      app.render();
      const { file, note } = await prepared(chosen).catch(() => ({ file: chosen, note: "" }));
      this.reading -= 1;
      if (file.size > largest) app.overlay.toast(t("{name} is too large", { name: file.name }), { small: t("At most {size}", { size: fileSize(largest, LOCALE) }) });
      else if (file.size === 0) app.overlay.toast(t("{name} is empty", { name: file.name }));
      else this.put(key, attachmentOf(file, note));
    }
    app.writing.field?.focus();
    app.render();
  }

  /** @param {number} place */
  remove(place) {
    const gone = this.list[place];
    if (gone?.preview) URL.revokeObjectURL(gone.preview);
    this.byContact.set(this.#key, this.list.filter((_, at) => at !== place));
    this.app.render();
  }

  /** @param {ClipboardEvent} event */
  onPaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A table copied from a spreadsheet contains text and a picture: use the text.
    if (!files.length || this.app.writing.isNote || event.clipboardData?.types.includes("text/plain")) return;
    event.preventDefault();
    this.attach(files);
  };

  /** @param {DragEvent} event */
  onDrag = (event) => {
    if (!this.app.mayAnswer || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const pane = /** @type {Element} */ (event.currentTarget);
    const isLeaving = event.type === "dragleave" && !pane.contains(/** @type {Node | null} */ (event.relatedTarget));
    const isDropping = !isLeaving;
    if (isDropping === this.isDropping) return;
    this.isDropping = isDropping;
    this.app.render();
  };

  /** @param {DragEvent} event */
  onDrop = (event) => {
    if (!this.isDropping) return;
    event.preventDefault();
    this.isDropping = false;
    this.attach([...(event.dataTransfer?.files ?? [])]);
  };
}
