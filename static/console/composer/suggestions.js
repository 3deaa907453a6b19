// @ts-check
/** Suggestions while typing: quick replies after `/`, colleagues after `@` in a note. */

import { t } from "../words.js";
import { matching } from "./quick.js";

/**
 * @typedef {{id: string, code: string, text: string, missing: string[], filled: string}} Suggestion
 * @typedef {{kind: "reply" | "mention", all: Suggestion[], found: Suggestion[], at: number, isReading: boolean}} Offer
 */

export class Suggestions {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {Offer | null} */
    this.offer = null;
  }

  close() {
    this.offer = null;
    this.app.render();
  }

  /** Suggests quick replies, as if `/` had been typed. */
  openReplies = () => {
    const { writing } = this.app;
    writing.field?.focus();
    if (!writing.text) writing.text = "/";
    this.update();
  };

  /** Updates the suggestions after input. */
  update() {
    const { writing } = this.app;
    if (writing.isNote) this.#updateMentions(writing.text);
    else this.#updateReplies(writing.text);
    this.app.render();
  }

  /** @param {string} text */
  #updateReplies(text) {
    const typed = /^\/(\S*)$/.exec(text)?.[1];
    if (typed === undefined) {
      this.offer = null;
      return;
    }
    if (this.offer?.kind !== "reply") {
      this.offer = { kind: "reply", all: [], found: [], at: 0, isReading: true };
      this.#readReplies();
    }
    this.offer.found = matching(this.offer.all, typed);
    this.offer.at = 0;
  }

  async #readReplies() {
    const { ref } = this.app.router.place;
    const { offer } = this;
    if (!ref || !offer) return;
    try {
      const { replies } = await this.app.calls.replies(ref);
      offer.all = replies.map((/** @type {any} */ one) => ({ ...one, code: one.shortcut }));
    } catch (error) {
      this.app.overlay.toast(/** @type {Error} */ (error).message);
    }
    offer.isReading = false;
    if (this.offer === offer) this.update();
  }

  /** @param {string} text */
  #updateMentions(text) {
    const typed = this.#typedName(text);
    if (typed === null) {
      this.offer = null;
      return;
    }
    const all = this.#colleagues();
    const wanted = typed.toLocaleLowerCase();
    const found = all.filter(({ text: name }) => name.toLocaleLowerCase().includes(wanted));
    this.offer = found.length ? { kind: "mention", all, found, at: 0, isReading: false } : null;
  }

  /** Returns what follows `@` before the caret, or null. @param {string} text */
  #typedName(text) {
    const end = this.app.writing.field?.selectionStart ?? text.length;
    return /(?:^|\s)@([\p{L}\p{M}]*)$/u.exec(text.slice(0, end))?.[1] ?? null;
  }

  /** The colleagues who can see the contact: a mention gives no access. @returns {Suggestion[]} */
  #colleagues() {
    const { line, contact, store, names } = this.app;
    if (!line || !contact) return [];
    return names
      .operatorsOf(line.m)
      .filter(({ id, areas }) => id !== store.me && (areas.includes(contact.area) || id === contact.operatorId))
      .map(({ id, name }) => ({ id, code: "@", text: name, missing: [], filled: name }));
  }

  /** Returns whether the key was handled by the suggestions. @param {KeyboardEvent} event */
  press({ key }) {
    const { offer } = this;
    if (!offer) return false;
    const by = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (by && offer.found.length) offer.at = (offer.at + by + offer.found.length) % offer.found.length;
    else if ((key === "Enter" || key === "Tab") && offer.found[offer.at]) this.use(offer.found[offer.at]);
    else return false;
    this.app.render();
    return true;
  }

  /** Inserts the chosen suggestion in the text. @param {Suggestion} one */
  use(one) {
    const { writing } = this.app;
    const isMention = this.offer?.kind === "mention";
    this.offer = null;
    if (isMention) {
      const end = writing.field?.selectionStart ?? writing.text.length;
      const before = writing.text.slice(0, end).replace(/@[\p{L}\p{M}]*$/u, `@${one.filled} `);
      writing.text = before + writing.text.slice(end);
      writing.field?.setSelectionRange(before.length, before.length);
    } else writing.text = one.filled;
    writing.field?.focus();
  }

  /** The ids of the colleagues mentioned with `@`; "@Ana Lima" does not mention "Ana". @param {string} text */
  mentionsIn(text) {
    const longestFirst = this.#colleagues().sort((one, other) => other.text.length - one.text.length);
    let left = text;
    return longestFirst.flatMap(({ id, text: name }) => {
      const parts = left.split(`@${name}`);
      left = parts.join("\n");
      return parts.length > 1 ? [id] : [];
    });
  }

  /** The announcement of an empty list for screen readers. */
  get emptyWords() {
    return this.offer?.isReading ? t("Loading") : t("No quick reply fits");
  }
}
