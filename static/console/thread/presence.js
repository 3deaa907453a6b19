// @ts-check
/** Who else looks at a chat or writes to it; and telling them that one does. */

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

  /** Says that one looks at this chat now, and no longer at the one before. @param {import("../api/calls.js").Ref | null} ref */
  look(ref) {
    if (this.ref) this.#send("viewing", this.ref, false);
    this.ref = ref;
    this.typedAt = 0;
    this.say();
  }

  say() {
    if (this.ref && !document.hidden) this.#send("viewing", this.ref, true);
  }

  /** Says that one writes, and soon after the last key that one does not. @param {boolean} isNote */
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

  /** Returns who else is at a chat. @param {string} key */
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
