// @ts-check
/** The text being written: drafts, notes, quick replies. */

import { uuid } from "../parts/uuid.js";
import { t } from "../words.js";
import { Suggestions } from "./suggestions.js";
import { TemplateChoice } from "./template_choice.js";

const TALLEST = 200;
// What the API takes.
const LONGEST_NOTE = 4096;
const LONGEST_CAPTION = 1024;

/** Returns how many characters a text has, as the server counts them. @param {string} text */
export function lengthOf(text) {
  return [...text].length;
}

export class Writing {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.isNote = false;
    this.suggestions = new Suggestions(app);
    this.templates = new TemplateChoice(app);
  }

  /** Switches to another chat; drafts are kept. */
  reset() {
    this.isNote = false;
    this.suggestions.offer = null;
    this.templates.reset();
    this.app.recording.keep();
    this.app.afterDraw(() => this.grow());
  }

  /** @returns {import("../storage/drafts.js").DraftKind} */
  get #kind() {
    return this.isNote ? "note" : "reply";
  }

  /** Drafts of replies, by contact. */
  get drafts() {
    return this.app.drafts.replies;
  }

  get #key() {
    return this.app.conversation?.key ?? "";
  }

  get text() {
    return this.app.drafts.of(this.#kind).get(this.#key) ?? "";
  }

  /** The field has it at once: the next key may come before the page is drawn. */
  set text(text) {
    const { field } = this;
    if (field && field.value !== text) field.value = text;
    this.app.drafts.set(this.#kind, this.#key, text);
    this.app.afterDraw(() => this.grow());
  }

  get field() {
    return /** @type {HTMLTextAreaElement | null} */ (document.getElementById("composer"));
  }

  /** Fits the field's height to its text, in browsers without `field-sizing`. */
  grow() {
    const { field } = this;
    if (!field || CSS.supports("field-sizing", "content")) return;
    field.style.height = "auto";
    field.style.height = `${Math.min(TALLEST, field.scrollHeight)}px`;
  }

  /** @param {Event} event */
  onWrite = (event) => {
    const { value } = /** @type {HTMLTextAreaElement} */ (event.target);
    this.text = value;
    this.app.presence.wrote(this.isNote);
    this.suggestions.update();
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    if (event.isComposing) return;
    if (this.suggestions.press(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    }
  };

  /** @param {SubmitEvent} event */
  onSubmit = (event) => {
    event.preventDefault();
    this.submit();
  };

  submit() {
    if (this.isNote) this.#keepNote();
    else this.#send();
  }

  // Replies

  /** The text field. */
  to() {
    return this.app.line && this.#toKey(this.#key);
  }

  /** @param {string} key */
  #toKey(key) {
    const { store } = this.app;
    const contact = store.contacts.get(key);
    const [m, id] = JSON.parse(key);
    if (!contact) return null;
    return { m, id, channel: contact.channel, port: store.managers.get(m)?.controllerPort ?? null };
  }

  #send() {
    const { app } = this;
    const to = this.to();
    const text = this.text.trim();
    const [first, ...others] = app.attaching.list;
    if (!to || !app.mayAnswer || app.attaching.reading || (!text && !first)) return;
    const contact = this.#key;
    if (this.#isTooLong(text)) return;
    const isCaption = lengthOf(text) <= LONGEST_CAPTION;
    if (first) {
      this.sendFile(contact, first.file, text && isCaption ? { caption: text } : {});
      for (const { file } of others) this.sendFile(contact, file);
    }
    if (text && !(first && isCaption)) app.outbox.add({ contact, ...app.calls.textCall(to, text, app.quoting.take(contact)) });
    app.attaching.take();
    this.text = "";
    app.threadView.toEnd();
  }

  /** How many characters a text may have. */
  get longest() {
    return this.isNote ? LONGEST_NOTE : (this.app.store.options.get(this.app.line?.m ?? 0)?.longestText ?? LONGEST_NOTE);
  }

  /** Says so if a text is too long to be sent; it stays as it is. @param {string} text */
  #isTooLong(text) {
    const { longest } = this;
    const count = lengthOf(text);
    if (count > longest) this.app.overlay.toast(t("The text is too long"), { small: t("{count} of {most} characters", { count, most: longest }) });
    return count > longest;
  }

  /**
   * @param {string} contact
   * @param {{blob: Blob, type: string, fileName: string}} file
   * @param {{caption?: string}} [more]
   */
  sendFile(contact, file, more = {}) {
    const { app } = this;
    const to = this.#toKey(contact);
    if (to) app.outbox.add({ contact, ...app.calls.fileCall(to, file, { ...more, ...app.quoting.take(contact) }), file });
    app.threadView.toEnd();
  }

  /** @param {import("../types.js").Message} message @param {boolean} isQueued */
  tryAgain(message, isQueued) {
    const { app } = this;
    if (isQueued) return app.outbox.tryAgain(message.id);
    const { ref } = app.router.place;
    return ref && app.overlay.during("again", () => app.calls.sendAgain(ref, message.id));
  }

  /** The last one that failed: those that the server does not have stand behind all others. */
  tryLastAgain() {
    const { conversation, mayAnswer, outbox } = this.app;
    if (!conversation || !mayAnswer) return;
    const lastOf = (/** @type {import("../types.js").Message[]} */ messages) => messages.filter(({ status }) => status === "failed").pop();
    const queued = lastOf(outbox.messagesFor(conversation));
    const failed = queued ?? lastOf(conversation.messages);
    if (failed) this.tryAgain(failed, failed === queued);
  }

  // Notes

  toggleNote = () => {
    // What is being recorded goes to the customer.
    if (this.app.recording.isOn) return;
    this.isNote = !this.isNote;
    this.suggestions.offer = null;
    this.app.afterDraw(() => {
      this.field?.focus();
      this.grow();
    });
  };

  openNote = () => {
    if (!this.app.line || !this.app.mayAnswer) return;
    if (this.isNote) this.field?.focus();
    else this.toggleNote();
  };

  #keepNote() {
    const { app } = this;
    const { ref } = app.router.place;
    const text = this.text.trim();
    if (!ref || !text || this.#isTooLong(text)) return;
    app.overlay.during("note", async () => {
      const note = await app.calls.note(ref, text, this.suggestions.mentionsIn(text), uuid());
      app.store.conversation(ref).putNote({ ...note, author: app.account.person?.name ?? "" });
      this.text = "";
      this.toggleNote();
      app.threadView.toEnd();
    });
  }

}
