// @ts-check
/** What one is writing: drafts, notes, quick replies. */

import { uuid } from "../parts/uuid.js";
import { Suggestions } from "./suggestions.js";
import { TemplateChoice } from "./template_choice.js";

const TALLEST = 200;

export class Writing {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.isNote = false;
    this.suggestions = new Suggestions(app);
    this.templates = new TemplateChoice(app);
  }

  /** Begins with another chat; drafts stay. */
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

  set text(text) {
    this.app.drafts.set(this.#kind, this.#key, text);
    this.app.afterDraw(() => this.grow());
  }

  get field() {
    return /** @type {HTMLTextAreaElement | null} */ (document.getElementById("composer"));
  }

  /** Gives the field the height of its text, where the browser does not. */
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

  /** Where what one writes goes. */
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
    if (first) {
      this.sendFile(contact, first.file, text ? { caption: text } : {});
      for (const { file } of others) this.sendFile(contact, file);
    } else app.outbox.add({ contact, ...app.calls.textCall(to, text, app.quoting.take(contact)) });
    app.attaching.take();
    this.text = "";
    app.threadView.toEnd();
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

  tryLastAgain() {
    const failed = this.app.conversation?.messages.filter(({ status }) => status === "failed").pop();
    if (failed && this.app.mayAnswer) this.tryAgain(failed, false);
  }

  // Notes

  toggleNote = () => {
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
    if (!ref || !text) return;
    app.overlay.during("note", async () => {
      const note = await app.calls.note(ref, text, this.suggestions.mentionsIn(text), uuid());
      app.store.conversation(ref).putNote({ ...note, author: app.account.person?.name ?? "" });
      this.text = "";
      this.toggleNote();
      app.threadView.toEnd();
    });
  }

}
