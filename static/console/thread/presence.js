// @ts-check
/** Shows who else is viewing a chat or typing, and sends the same for the user. */

const REPEAT = 20_000;
const TYPING_FOR = 6000;

export class Presence {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {import("../api/calls.js").Ref | null} */
    this.ref = null;
    this.typedAt = 0;
    this.timer = 0;
    setInterval(() => this.say(), REPEAT);
  }

  /** Sends that the user views this chat, and no longer the previous one. @param {import("../api/calls.js").Ref | null} ref */
  look(ref) {
    if (this.ref) this.#send("viewing", this.ref, false);
    this.ref = ref;
    this.typedAt = 0;
    this.say();
  }

  say() {
    if (this.ref && !document.hidden) this.#send("viewing", this.ref, true);
  }

  /** Sends that the user is typing, and that he stopped, soon after the last key press. @param {boolean} isNote */
  wrote(isNote) {
    if (!this.ref) return;
    const now = Date.now();
    if (now - this.typedAt > TYPING_FOR / 2) {
      this.typedAt = now;
      this.#send("typing", this.ref, true, isNote);
    }
    clearTimeout(this.timer);
    const { ref } = this;
    this.timer = setTimeout(() => {
      this.typedAt = 0;
      this.#send("typing", ref, false, isNote);
    }, TYPING_FOR);
  }

  /** @param {string} kind @param {import("../api/calls.js").Ref} ref @param {boolean} on @param {boolean} [note] */
  #send(kind, ref, on, note = false) {
    this.app.connection.socket.send({ t: kind, id: ref.id, m: ref.m, on, ...(note ? { note } : {}) });
  }

  /** Returns the other operators viewing a chat or typing. @param {string} key */
  othersAt(key) {
    const { store, now } = this.app;
    const found = [];
    for (const [id, { at, isTyping }] of store.present.get(key) ?? []) {
      const operator = store.operators.get(id);
      if (operator && at > now && id !== store.me) found.push({ operator, isTyping });
    }
    return found;
  }
}
