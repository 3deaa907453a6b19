// @ts-check
/** Serializes the store for the cache, and restores it. */

import { keyOf } from "../store/store.js";

// Enough for the half hour in which it is used.
const LINES_KEPT = 200;
const MESSAGES_KEPT = 120;

/** @typedef {import("../store/store.js").Store} Store */

/** Returns the data other than conversations. @param {Store} store */
export function pack(store) {
  /** @type {Map<string, import("../types.js").Line>} */
  const lines = new Map();
  const lists = [];
  for (const list of store.lists.values()) {
    if (!list.isRead || list.filter.tab === "search") continue;
    const shown = list.lines.slice(0, LINES_KEPT);
    for (const line of shown) lines.set(line.protocol, line);
    lists.push({ filter: list.filter, protocols: shown.map(({ protocol }) => protocol) });
  }
  for (const key of store.conversations.keys()) {
    const line = store.lines.get(key);
    if (line) lines.set(line.protocol, line);
  }
  const kept = new Set([...lines.values()].map(({ key }) => key));
  return {
    lines: [...lines.values()],
    lists,
    contacts: [...store.contacts].filter(([key]) => kept.has(key)),
    managers: [...store.managers],
    areas: [...store.areas],
    operators: [...store.operators],
    options: [...store.options],
    counts: store.counts,
  };
}

/** @param {Store} store @param {any} kept */
export function unpack(store, kept) {
  for (const name of /** @type {const} */ (["contacts", "managers", "areas", "operators", "options"]))
    for (const [key, value] of kept[name]) /** @type {Map<any, any>} */ (store[name]).set(key, value);
  store.counts = kept.counts;
  const byProtocol = new Map(kept.lines.map((/** @type {any} */ line) => [line.protocol, line]));
  for (const line of kept.lines) store.putIfLatest(line);
  for (const { filter, protocols } of kept.lists) {
    const found = protocols.map((/** @type {string} */ one) => byProtocol.get(one)).filter(Boolean);
    store.list(filter).replace(found, null);
  }
}

/** @param {import("../store/conversation.js").Conversation} conversation */
export function packConversation({ ref, messages, hasOlder, sessions, events, notes, scheduled }) {
  return {
    ref,
    messages: messages.slice(-MESSAGES_KEPT),
    hasOlder: hasOlder || messages.length > MESSAGES_KEPT,
    sessions,
    events,
    notes: [...notes],
    scheduled: [...scheduled],
  };
}

/** @param {Store} store @param {any} kept */
export function unpackConversation(store, kept) {
  const { ref, messages, hasOlder, sessions, events, notes, scheduled } = kept;
  if (!store.lines.has(keyOf(ref.m, ref.id))) return;
  const conversation = store.conversation(ref);
  conversation.replaceMessages(messages, hasOlder);
  conversation.replaceHistory({ sessions, events });
  conversation.notes = new Map(notes);
  conversation.scheduled = new Map(scheduled);
}
