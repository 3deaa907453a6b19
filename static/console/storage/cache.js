// @ts-check
/** The cache of loaded data in the browser, for offline starts. */

import { pack, packConversation, unpack, unpackConversation } from "./pack.js";

// Older data is deleted, of whatever user.
export const KEPT_FOR = 24 * 3_600_000;
const PAUSE = 3000;
const SWEPT_EVERY = 15 * 60_000;
const BASE = "base";

export class Cache {
  /**
   * @param {import("./database.js").Database} database
   * @param {import("../store/store.js").Store} store
   * @param {() => boolean} isLive whether the store equals the server now
   */
  constructor(database, store, isLive) {
    this.database = database;
    this.store = store;
    this.isLive = isLive;
    /** @type {import("../types.js").Person | null} */
    this.person = null;
    this.me = "";
    /** The versions of the stored conversations. @type {Map<string, number>} */
    this.versions = new Map();
    /** @type {any} */
    this.timer = 0;
    this.sweeper = setInterval(() => this.sweep(), SWEPT_EVERY);
    store.subscribe(() => this.#changed());
  }

  /** After sign-in: deletes the cached data of other users. @param {import("../types.js").Person} person @param {string} owner */
  async open(person, owner) {
    this.person = person;
    this.me = owner;
    const kept = await this.database.all("cache").catch(() => []);
    for (const { key } of kept) if (key[0] !== owner) await this.database.remove("cache", key).catch(() => {});
  }

  #changed() {
    if (this.timer || !this.person || !this.isLive()) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.save();
    }, PAUSE);
  }

  /** Stores the current data, only while it is equal to the server's. */
  async save() {
    const { database, store, me, person } = this;
    if (!person || !this.isLive()) return;
    const at = Date.now();
    try {
      await database.put("cache", [me, BASE], { at, person, ...pack(store) });
      for (const [key, conversation] of store.conversations) {
        if (!conversation.isRead || this.versions.get(key) === conversation.version) continue;
        this.versions.set(key, conversation.version);
        await database.put("cache", [me, "chat", key], { at, ...packConversation(conversation) });
      }
      for (const key of this.versions.keys()) if (!store.conversations.has(key)) await this.forget(key);
    } catch {
      // On a full disk the console keeps working, but an offline start will be empty.
    }
    // Access may have been lost, or the user signed out, while it was written.
    if (this.person !== person) await database.removeAll("cache", me).catch(() => {});
  }

  /** Deletes the cached data of a contact. @param {string} key */
  async forget(key) {
    this.versions.delete(key);
    await this.database.remove("cache", [this.me, "chat", key]).catch(() => {});
  }

  /** Deletes a contact after access was lost, including its lines in lists. @param {string} key */
  async lose(key) {
    const { me, database } = this;
    if (!me) return;
    await this.forget(key);
    const drop = (/** @type {any} */ base) => base && { ...base, lines: base.lines.filter((/** @type {any} */ line) => line.key !== key), contacts: base.contacts.filter((/** @type {any} */ one) => one[0] !== key) };
    await database.update("cache", [me, BASE], drop).catch(() => {});
  }

  /** Deletes all cached data of this user. */
  async wipe() {
    const { me } = this;
    this.person = null;
    this.versions.clear();
    clearTimeout(this.timer);
    this.timer = 0;
    if (me) await this.database.removeAll("cache", me).catch(() => {});
  }

  /** Deletes expired data. */
  async sweep() {
    const kept = await this.database.all("cache").catch(() => []);
    const oldest = Date.now() - KEPT_FOR;
    for (const { key, value } of kept)
      if (value.at < oldest) await this.database.remove("cache", key).catch(() => {});
  }

  /**
   * Loads the cached data of the last signed-in user into the store.
   * @returns {Promise<{person: import("../types.js").Person, at: number} | null>}
   */
  async restore() {
    await this.sweep();
    const kept = await this.database.all("cache").catch(() => []);
    const bases = kept.filter(({ key }) => key[1] === BASE).sort((one, other) => other.value.at - one.value.at);
    const [base] = bases;
    if (!base) return null;
    const { person, at } = base.value;
    unpack(this.store, base.value);
    for (const { key, value } of kept)
      if (key[0] === base.key[0] && key[1] === "chat") {
        this.versions.set(String(key[2]), -1);
        unpackConversation(this.store, value);
      }
    this.store.changed();
    return { person, at };
  }
}
