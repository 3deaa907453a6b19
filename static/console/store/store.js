// @ts-check
/** The data of the console. Events and responses change it; views read it. */

import { ChatList } from "./list.js";
import { Conversation } from "./conversation.js";
import { emptyCounts } from "./counts.js";
import { Queues } from "./queues.js";

/** @typedef {import("../types.js").Id} Id */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../types.js").Contact} Contact */
/** @typedef {import("../types.js").Filter} Filter */

// The number of conversations and filters that are kept, so that going back is instant.
const CONVERSATIONS_KEPT = 12;
const LISTS_KEPT = 8;
/** @type {Filter} */
const MINE = { tab: "mine" };
const ALL_MINE = JSON.stringify(MINE);

/** Returns the key of a contact, or of another object of a manager. @param {Id} m @param {Id} id */
export function keyOf(m, id) {
  return JSON.stringify([m, id]);
}

export class Store {
  constructor() {
    /** @type {import("../types.js").Person | null} */
    this.person = null;
    /** @type {Map<Id, import("../types.js").Manager>} */
    this.managers = new Map();
    /** @type {Map<string, import("../types.js").Area>} */
    this.areas = new Map();
    /** @type {Map<string, import("../types.js").Operator>} */
    this.operators = new Map();
    /** @type {Map<Id, import("../types.js").Options>} */
    this.options = new Map();
    /** @type {Map<Id, {state: string, since?: string}>} */
    this.gateways = new Map();
    /** @type {Map<string, Contact>} */
    this.contacts = new Map();
    /** The line of each contact's open chat, or else of its latest. @type {Map<string, Line>} */
    this.lines = new Map();
    /** @type {Map<string, ChatList>} */
    this.lists = new Map();
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    this.counts = emptyCounts();
    this.queues = new Queues();
    /** Who is viewing a contact or typing to it: by key, operator and expiry. @type {Map<string, Map<string, {at: number, isTyping: boolean}>>} */
    this.present = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.isDirty = false;
  }

  get me() {
    return this.person?.operatorId ?? "0";
  }

  /** Calls `listener` once per frame in which something changed. @param {() => void} listener */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Marks the store as changed. */
  changed() {
    if (this.isDirty) return;
    this.isDirty = true;
    queueMicrotask(() => {
      this.isDirty = false;
      for (const listener of this.listeners) listener();
    });
  }

  /**
   * Stores a chat from a `chat/list` response and returns its line.
   * @param {any} row
   * @returns {Line}
   */
  putRow(row) {
    const { contact, aliases, ...members } = row;
    const key = keyOf(row.m, contact.id);
    this.contacts.set(key, { ...this.contacts.get(key), ...contact });
    /** @type {Line} */
    const line = { ...members, key };
    this.putIfLatest(line);
    return line;
  }

  /** Stores a line, unless a later chat of its contact is known. @param {Line} line */
  putIfLatest(line) {
    const current = this.lines.get(line.key);
    if (!current || line.open || (!current.open && line.openedAt >= current.openedAt)) this.putLine(line);
  }

  /**
   * Stores the line of a contact's latest chat. If it belongs to another chat than before,
   * the earlier one is closed: of simultaneous changes, the feed only sends the final
   * state.
   * @param {Line} line
   */
  putLine(line) {
    const before = this.lines.get(line.key);
    if (before && before.protocol !== line.protocol)
      for (const list of this.lists.values()) if (list.showsOpen) list.remove(before.protocol);
    this.lines.set(line.key, line);
  }

  /** Returns the list of a filter, empty at first. @param {Filter} filter */
  list(filter) {
    const name = JSON.stringify(filter);
    let list = this.lists.get(name);
    if (list) this.lists.delete(name);
    else list = new ChatList(filter, this.contacts);
    this.lists.set(name, list);
    forgetOldest(this.lists, LISTS_KEPT, ALL_MINE);
    return list;
  }

  /** All of one's own chats, whatever else is shown: what is unread is counted there. */
  get mine() {
    return this.list(MINE);
  }

  /** Returns the conversation with a contact, empty at first. @param {import("../api/calls.js").Ref} ref */
  conversation(ref) {
    const key = keyOf(ref.m, ref.id);
    let conversation = this.conversations.get(key);
    if (conversation) this.conversations.delete(key);
    else conversation = new Conversation(key, ref);
    this.conversations.set(key, conversation);
    forgetOldest(this.conversations, CONVERSATIONS_KEPT);
    return conversation;
  }

  /** Updates a contact's line in all lists. @param {string} key */
  placeLine(key) {
    const line = this.lines.get(key);
    const contact = this.contacts.get(key);
    if (!line || !contact) return;
    let isShown = this.conversations.has(key);
    for (const list of this.lists.values())
      if (list.place(line, contact, this.me)) isShown = true;
    // A list may contain an earlier chat of the contact.
    isShown ||= [...this.lists.values()].some((list) => list.lines.some((one) => one.key === key));
    if (!isShown) this.#forget(key);
  }

  /** Removes a contact and everything that belongs to it. @param {string} key */
  removeContact(key) {
    for (const list of this.lists.values())
      for (const line of list.lines.filter((one) => one.key === key)) list.remove(line.protocol);
    this.conversations.delete(key);
    this.#forget(key);
  }

  /** Forgets what no list and no conversation shows: the server may not show it any more. */
  forgetUnshown() {
    const shown = new Set(this.conversations.keys());
    for (const list of this.lists.values()) for (const { key } of list.lines) shown.add(key);
    for (const key of [...this.contacts.keys()]) if (!shown.has(key)) this.#forget(key);
  }

  /** @param {string} key */
  #forget(key) {
    this.lines.delete(key);
    this.contacts.delete(key);
    this.present.delete(key);
  }

  /** Clears everything except the session. */
  clear() {
    const kept = [this.managers, this.areas, this.operators, this.options, this.gateways];
    for (const map of [this.contacts, this.lines, this.lists, this.conversations, this.present, ...kept])
      map.clear();
    this.counts = emptyCounts();
    this.queues.replace([]);
    this.changed();
  }
}

/** @param {Map<string, any>} map @param {number} kept @param {string} [always] the name of what is never forgotten */
function forgetOldest(map, kept, always) {
  for (const name of map.keys()) {
    if (map.size <= kept) return;
    if (name !== always) map.delete(name);
  }
}
