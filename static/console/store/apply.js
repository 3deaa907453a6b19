// @ts-check
/** Applies the feed's events to the store. */

import { keyOf } from "./store.js";

/** @typedef {import("../types.js").FeedEvent} FeedEvent */
/** @typedef {import("./store.js").Store} Store */

/**
 * Data that must be loaded by REST: contacts with new lines, conversations whose chat or
 * history has changed, and lists and counts that failed to load. `closings` are protocols
 * of closed chats, with their contacts: lists must include them.
 * @typedef {{
 *   lines: Map<string, import("../api/calls.js").Ref>, histories: Set<string>, messages: Set<string>,
 *   lists: Set<import("./list.js").ChatList>, closings: Map<string, string>, counts: boolean,
 * }} ToRead
 */

const SHOWN_LATER = new Set(["waiting", "missed", "failed"]);

/** @returns {ToRead} */
export function nothingToRead() {
  return { lines: new Map(), histories: new Set(), messages: new Set(), lists: new Set(), closings: new Map(), counts: false };
}

/** @param {ToRead} toRead */
export function isNothing({ counts, ...collections }) {
  return !counts && Object.values(collections).every(({ size }) => size === 0);
}

/**
 * Applies one event to everything but the counts; it may be applied again, after a response
 * that may be older.
 * @param {Store} store
 * @param {FeedEvent} event
 * @param {ToRead} toRead
 */
export function applyEvent(store, event, toRead) {
  APPLY[event.k]?.(store, event, toRead);
}

/** @type {Record<string, (store: Store, event: FeedEvent, toRead: ToRead) => void>} */
const APPLY = {
  manager(store, { op, m, row }) {
    if (row) store.managers.set(m, { ...store.managers.get(m), ...row });
    else if (op === "D" || op === "X") store.managers.delete(m);
  },
  area(store, { m, id, row }) {
    const key = keyOf(m, id);
    if (row) store.areas.set(key, { ...store.areas.get(key), ...row });
    else store.areas.delete(key);
  },
  operator(store, { id, row }) {
    const key = String(id);
    const known = store.operators.get(key);
    if (row) store.operators.set(key, { online: false, ...known, ...row });
    else store.operators.delete(key);
  },
  contact(store, { m, id, row }) {
    const key = keyOf(m, id);
    if (!row) return store.removeContact(key);
    const known = store.contacts.get(key);
    if (!known) return undefined;
    store.contacts.set(key, { ...known, ...row });
    return store.placeLine(key);
  },
  line: applyLine,
  chat(store, { m, id, row }, toRead) {
    const key = keyOf(m, id);
    if (row?.open === false) toRead.closings.set(row.protocol, key);
    const conversation = store.conversations.get(key);
    if (!conversation) return;
    toRead.histories.add(key);
    const isKnown = conversation.sessions.some((one) => one.protocol === row?.protocol);
    if (row?.open && !isKnown) toRead.messages.add(key);
  },
  message: applyMessage,
  note(store, { m, row, id, op }) {
    const conversation = row && store.conversations.get(keyOf(m, row.contactId));
    if (conversation && op !== "D") conversation.putNote({ ...row, id: String(id) });
  },
  survey(store, { m, row }, toRead) {
    const key = row && keyOf(m, row.contactId);
    if (key && store.conversations.has(key)) toRead.histories.add(key);
  },
  schedule(store, { m, row, id }) {
    const conversation = row && store.conversations.get(keyOf(m, row.contactId));
    if (!conversation) return;
    // What was not sent is shown, too, as the server lists it.
    if (SHOWN_LATER.has(row.state)) conversation.scheduled.set(String(id), row);
    else conversation.scheduled.delete(String(id));
    conversation.version += 1;
  },
};

/** @param {Store} store @param {FeedEvent} event @param {ToRead} toRead */
function applyLine(store, { m, id, row, is }, toRead) {
  const key = keyOf(m, id);
  if (!row) return;
  const contact = store.contacts.get(key);
  if (!contact) {
    if (is && wants(store, m, is)) toRead.lines.set(key, { m, id });
    return;
  }
  const known = store.lines.get(key);
  const isSame = known?.protocol === row.protocol;
  // Messages of a new chat may have arrived before it.
  if (!isSame) toRead.lines.set(key, { m, id });
  store.putLine({ ...row, key, last: isSame ? (known?.last ?? null) : null });
  if (is) store.contacts.set(key, { ...contact, area: is.area, operatorId: is.operatorId });
  if (store.conversations.has(key)) toRead.histories.add(key);
  store.placeLine(key);
}

/**
 * Whether a list may contain data that is not loaded yet.
 * @param {Store} store
 * @param {import("../types.js").Id} m
 * @param {import("../types.js").Place} place
 */
function wants(store, m, place) {
  const isMine = place.operatorId === store.me && store.me !== "0";
  for (const { filter } of store.lists.values()) {
    if (filter.m != null && filter.m !== m) continue;
    if (filter.area != null && filter.area !== place.area) continue;
    const { tab } = filter;
    if (tab === "queue" && place.state === "waiting") return true;
    if (tab === "closed" && place.state === "closed") return true;
    if ((tab === "mine" || tab === "answered") && isMine && place.state !== "closed") return true;
  }
  return false;
}

/** @param {Store} store @param {FeedEvent} event */
function applyMessage(store, { m, id, op, row }) {
  if (!row) {
    for (const conversation of store.conversations.values())
      if (conversation.ref.m === m) conversation.removeMessage(String(id));
    return;
  }
  const { contactId, protocol, ...members } = row;
  const message = /** @type {import("../types.js").Message} */ (members);
  const key = keyOf(m, contactId);
  store.conversations.get(key)?.putMessage({ ...message, protocol }, op === "I");
  const line = store.lines.get(key);
  if (!line || line.protocol !== protocol) return;
  if (op === "I" || line.last?.id === message.id) {
    const changed = { ...line, last: message };
    store.lines.set(key, changed);
    store.placeLine(key);
  }
}
