// @ts-check
/** Drafts of replies and notes, stored per user and conversation. */

/** `quote` is the id of the message that the reply quotes. @typedef {"reply" | "note" | "quote"} DraftKind */

// How long after the last key press a draft is saved.
const PAUSE = 300;

export class Drafts {
  /**
   * @param {import("./database.js").Database} database
   * @param {() => void} changed
   * @param {BroadcastChannel | null} [channel] tells the other tabs
   * @param {Storage | null} [storage] keeps at once what a page that ends has not saved
   */
  constructor(database, changed, channel = null, storage = null) {
    this.database = database;
    this.changed = changed;
    this.channel = channel;
    this.storage = storage;
    this.me = "";
    /** By contact. @type {Map<string, string>} */
    this.replies = new Map();
    /** @type {Map<string, string>} */
    this.notes = new Map();
    /** @type {Map<string, string>} */
    this.quotes = new Map();
    /** Unsaved drafts, and their timers. @type {Map<string, {kind: DraftKind, contact: string, timer: any}>} */
    this.pending = new Map();
    /** Drafts that the database has not confirmed yet. @type {Map<string, {kind: DraftKind, contact: string}>} */
    this.unsaved = new Map();
    channel?.addEventListener("message", ({ data }) => this.#heard(data.draft));
  }

  /** @param {DraftKind} kind */
  of(kind) {
    return { note: this.notes, quote: this.quotes, reply: this.replies }[kind];
  }

  /** Loads a user's drafts; text typed meanwhile is kept. @param {string} me */
  async open(me) {
    if (this.me === me) return;
    this.close();
    this.me = me;
    const kept = await this.database.all("drafts", me);
    if (this.me !== me) return;
    for (const { key, value } of kept) {
      const drafts = this.of(/** @type {DraftKind} */ (key[1]));
      if (!drafts.has(String(key[2]))) drafts.set(String(key[2]), value.text);
    }
    this.#takeLeft();
    this.changed();
  }

  /** Saves pending drafts and clears those in memory. */
  close() {
    const saved = this.save();
    this.me = "";
    this.replies.clear();
    this.notes.clear();
    this.quotes.clear();
    this.unsaved.clear();
    return saved;
  }

  /** @param {DraftKind} kind @param {string} contact @param {string} text */
  set(kind, contact, text) {
    if (text) this.of(kind).set(contact, text);
    else this.of(kind).delete(contact);
    if (!this.me) return;
    const name = `${kind} ${contact}`;
    clearTimeout(this.pending.get(name)?.timer);
    const timer = setTimeout(() => this.#save(name), PAUSE);
    this.pending.set(name, { kind, contact, timer });
    this.unsaved.set(name, { kind, contact });
  }

  /** Saves pending drafts at once. */
  async save() {
    await Promise.all([...this.pending.keys()].map((name) => this.#save(name)));
  }

  /** Saves when the page is closed, which may interrupt writes to the database. */
  leave() {
    for (const { kind, contact } of this.unsaved.values())
      try {
        this.storage?.setItem(this.#nameOf(kind, contact), this.of(kind).get(contact) ?? "");
      } catch {
        // The storage is full or forbidden, but the database may have it.
      }
    return this.save();
  }

  /** Takes over drafts of an earlier page. */
  #takeLeft() {
    const { storage } = this;
    if (!storage) return;
    for (const name of Object.keys(storage)) {
      if (!name.startsWith(`["draft",${JSON.stringify(this.me)},`)) continue;
      const [, , kind, contact] = JSON.parse(name);
      if (!this.unsaved.has(`${kind} ${contact}`)) this.set(kind, contact, storage.getItem(name) ?? "");
    }
  }

  /** @param {DraftKind} kind @param {string} contact */
  #nameOf(kind, contact) {
    return JSON.stringify(["draft", this.me, kind, contact]);
  }

  /** @param {string} name */
  async #save(name) {
    const pending = this.pending.get(name);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.pending.delete(name);
    const { kind, contact } = pending;
    const text = this.of(kind).get(contact) ?? "";
    const key = [this.me, kind, contact];
    this.channel?.postMessage({ draft: { me: this.me, kind, contact, text } });
    try {
      if (text) await this.database.put("drafts", key, { text, at: Date.now() });
      else await this.database.remove("drafts", key);
      this.storage?.removeItem(JSON.stringify(["draft", ...key]));
      if (!this.pending.has(name)) this.unsaved.delete(name);
    } catch {
      // It stays in memory, and the next key press retries.
    }
  }

  /** Another tab saved a draft: takes it over unless the user is typing here. @param {any} draft */
  #heard(draft) {
    if (!draft || draft.me !== this.me || this.pending.has(`${draft.kind} ${draft.contact}`)) return;
    if (typeof document !== "undefined" && document.hasFocus()) return;
    if (draft.text) this.of(draft.kind).set(draft.contact, draft.text);
    else this.of(draft.kind).delete(draft.contact);
    this.changed();
  }
}
