// @ts-check
/** The outbox: stores own messages in the browser and sends them in order, once. */

import { uuid } from "../parts/uuid.js";
import { t } from "../words.js";
import { forget, messageOf } from "./message.js";

/** @typedef {import("../types.js").Message} Message */

/**
 * A queued message. Path and fields are stored as first sent: the server refuses the same
 * idempotency key with different ones.
 * @typedef {{
 *   key: string, me: string, contact: string, at: number, path: string, fields: Record<string, any>,
 *   file?: {blob: Blob, type: string, fileName?: string},
 *   error?: string, triedAt?: number, progress?: number, isKept?: boolean,
 * }} Entry
 */

const SHORTEST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
// The server stores a key for 24 h: after that it is unknown whether it has the message.
const KEY_KNOWN = 23 * 3_600_000;

export class Outbox {
  /**
   * @param {{pathOf: (path: string, contact: string) => string | null, send: (path: string, fields: any, file: Entry["file"], key: string, onProgress: (part: number) => void) => Promise<Message>}} calls
   * @param {() => void} changed
   * @param {import("../storage/database.js").Database} database
   * @param {import("../storage/locks.js").Locks} locks
   * @param {BroadcastChannel | null} [channel] tells the other tabs
   */
  constructor(calls, changed, database, locks, channel = null) {
    this.calls = calls;
    this.changed = changed;
    this.database = database;
    this.locks = locks;
    this.channel = channel;
    /** In the order in which they were written. @type {Entry[]} */
    this.entries = [];
    this.me = "";
    /** Whether sending is paused, because nobody is signed in. */
    this.isPaused = false;
    /** Contacts whose messages are being sent. @type {Set<string>} */
    this.sending = new Set();
    this.failures = 0;
    /** @type {any} */
    this.timer = 0;
    /** Called with the message that the server stored. @type {(entry: Entry, message: Message) => void} */
    this.onSent = () => {};
    /** Called when a message cannot be stored in the browser. @type {() => void} */
    this.onNotKept = () => {};
    channel?.addEventListener("message", ({ data }) => data.outbox === this.me && this.#read().then(() => this.flush()));
  }

  /** Loads the unsent messages of a user. @param {string} me */
  async open(me) {
    if (this.me !== me) this.close();
    this.me = me;
    await this.#read();
  }

  /** Clears the messages in memory; they stay in the browser. */
  close() {
    this.me = "";
    this.entries = [];
    clearTimeout(this.timer);
  }

  /** Takes over messages of other tabs and earlier pages. */
  async #read() {
    const { me } = this;
    const kept = await this.database.all("outbox", me).catch(() => null);
    if (!kept || this.me !== me) return;
    const known = new Map(this.entries.map((entry) => [entry.key, entry]));
    const read = kept.map(({ value }) => {
      const entry = known.get(value.key);
      known.delete(value.key);
      // The file stays in memory, and with it the URL of its preview.
      return entry ? Object.assign(entry, value, { file: entry.file }) : { ...value, isKept: true };
    });
    // Messages sent by another tab are removed; those that could not be stored stay.
    const own = [...known.values()].filter(({ isKept }) => !isKept);
    this.entries = [...read, ...own].sort((one, other) => one.at - other.at);
    this.changed();
  }

  /** Queues a message, to be sent after earlier ones to the same contact. @param {Omit<Entry, "key" | "me" | "at">} entry */
  async add(entry) {
    const last = this.entries[this.entries.length - 1]?.at ?? 0;
    /** @type {Entry} */
    const taken = { ...entry, key: uuid(), me: this.me, at: Math.max(Date.now(), last + 1) };
    this.entries.push(taken);
    this.changed();
    // Stored before it is sent, so that a crash in between loses nothing.
    await this.#keep(taken);
    this.flush();
  }

  /** @param {Entry} entry */
  async #keep(entry) {
    const { isKept: _isKept, progress: _progress, ...value } = entry;
    try {
      await this.database.put("outbox", [entry.me, entry.key], value);
      entry.isKept = true;
      this.channel?.postMessage({ outbox: entry.me });
    } catch {
      this.onNotKept();
    }
  }

  /** @param {Entry} entry */
  async #drop(entry) {
    this.entries = this.entries.filter(({ key }) => key !== entry.key);
    forget(entry.file?.blob);
    this.changed();
    await this.database.remove("outbox", [entry.me, entry.key]).catch(() => {});
    this.channel?.postMessage({ outbox: entry.me });
  }

  /** Sends queued messages; called again whenever the connection is back. */
  flush() {
    if (!this.me || this.isPaused) return;
    clearTimeout(this.timer);
    for (const contact of new Set(this.entries.filter(({ error }) => !error).map((entry) => entry.contact)))
      this.#flushContact(contact);
  }

  /** @param {string} contact */
  async #flushContact(contact) {
    if (this.sending.has(contact)) return;
    const { me } = this;
    this.sending.add(contact);
    let isDone = true;
    try {
      await this.locks.hold(`outbox ${me} ${contact}`, async () => {
        await this.#read();
        for (;;) {
          const entry = this.me === me && !this.isPaused && this.entries.find((one) => one.contact === contact && !one.error);
          if (!entry) return;
          isDone = await this.#send(entry);
          if (!isDone) return;
        }
      });
    } finally {
      this.sending.delete(contact);
    }
    if (!isDone) this.#later();
    else if (this.entries.some((one) => one.contact === contact && !one.error)) this.flush();
  }

  #later() {
    clearTimeout(this.timer);
    const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.flush(), pause);
  }

  /** Returns whether the next one may be sent. @param {Entry} entry */
  async #send(entry) {
    const isForgotten = entry.triedAt !== undefined && Date.now() - entry.triedAt > KEY_KNOWN;
    if (isForgotten) return this.#refused(entry, t("It may already have been sent. Look at the chat before you send it again."));
    if (entry.triedAt === undefined) {
      const path = this.calls.pathOf(entry.path, entry.contact);
      if (path === null) return false;
      entry.path = path;
      entry.triedAt = Date.now();
      await this.#keep(entry);
    }
    try {
      const { path, fields, file, key } = entry;
      const message = await this.calls.send(path, fields, file, key, (part) => this.#progressed(key, part));
      this.failures = 0;
      this.onSent(entry, message);
      await this.#drop(entry);
      return true;
    } catch (error) {
      const { isTemporary, message, code } = /** @type {any} */ (error);
      if (isTemporary || code === "not_authenticated") {
        this.#progressed(entry.key, 0);
        return false;
      }
      return this.#refused(entry, message);
    }
  }

  /** @param {Entry} entry @param {string} error */
  async #refused(entry, error) {
    const current = this.entries.find(({ key }) => key === entry.key) ?? entry;
    current.error = error;
    this.changed();
    await this.#keep(current);
    return true;
  }

  /** @param {string} key @param {number} part */
  #progressed(key, part) {
    const entry = this.entries.find((one) => one.key === key);
    if (!entry) return;
    entry.progress = part;
    this.changed();
  }

  /** Resends a refused message with a new key: the server stores its response to the first call. @param {string} key */
  async tryAgain(key) {
    const entry = this.entries.find((one) => one.key === key);
    if (!entry?.error) return;
    const { error: _error, triedAt: _triedAt, ...rest } = entry;
    const again = { ...rest, key: uuid() };
    this.entries = this.entries.map((one) => (one === entry ? again : one));
    await this.#keep(again);
    await this.database.remove("outbox", [entry.me, key]).catch(() => {});
    this.changed();
    this.flush();
  }

  /** Discards a refused message. @param {string} key */
  async discard(key) {
    const entry = this.entries.find((one) => one.key === key);
    if (entry?.error) await this.#drop(entry);
  }

  /**
   * Returns the queued messages of a contact, in the form of a conversation.
   * @param {{key: string}} conversation
   * @returns {Message[]}
   */
  messagesFor({ key }) {
    return this.entries.filter(({ contact }) => contact === key).map((entry) => messageOf(entry, this.me));
  }
}
