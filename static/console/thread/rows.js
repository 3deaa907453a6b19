// @ts-check
/** Builds the rows of a conversation: days, chats, ledger, notes, messages. */

import { dayOf } from "../format/times.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Note} Note */
/** @typedef {import("../types.js").LedgerEvent} LedgerEvent */
/** @typedef {import("../store/conversation.js").Conversation} Conversation */

/**
 * @typedef {{id: string, at: number} & (
 *   {kind: "day"} |
 *   {kind: "event", event: LedgerEvent} |
 *   {kind: "note", note: Note} |
 *   {kind: "new", count: number} |
 *   {kind: "message", message: Message, isFirst: boolean, isLast: boolean, isQueued: boolean}
 * )} Row
 */

// A message later than this after the previous one starts a new group.
const RUN = 5 * 60_000;
// A gateway says when a message was written, which is before it opened a chat here.
const OPENED_WITHIN = 60_000;

/**
 * Returns the rows of a conversation.
 * @param {Conversation} conversation
 * @param {Message[]} queued own messages that the server does not have yet
 * @param {{before: string | null, count: number}} unseen the first message that was new when it was opened
 * @returns {Row[]}
 */
export function rowsOf(conversation, queued, unseen) {
  const { messages, events, notes } = conversation;
  const oldest = conversation.hasOlder && messages.length ? Date.parse(messages[0].createdAt) : -Infinity;
  /** @type {Row[]} */
  const beside = [];
  for (const event of events) {
    const at = Date.parse(event.at);
    if (at >= oldest && event.kind !== "noted") beside.push({ kind: "event", id: `event-${event.id}`, at, event });
  }
  for (const note of notes.values()) {
    const at = Date.parse(note.createdAt);
    if (at >= oldest) beside.push({ kind: "note", id: `note-${note.id}`, at, note });
  }
  beside.sort((one, other) => one.at - other.at);
  const rows = merged(messages, beside, unseen);
  for (const message of queued) rows.push(messageRow(message, Date.now(), true));
  return marked(withDays(rows));
}

/** @param {Message[]} messages @param {Row[]} beside @param {{before: string | null, count: number}} unseen */
function merged(messages, beside, unseen) {
  /** @type {Row[]} */
  const rows = [];
  let next = 0;
  for (const message of messages) {
    const at = Date.parse(message.createdAt);
    while (next < beside.length && beside[next].at <= at) put(rows, beside[next++]);
    if (message.id === unseen.before) rows.push({ kind: "new", id: "new", at, count: unseen.count });
    rows.push(messageRow(message, at, false));
  }
  for (const row of beside.slice(next)) put(rows, row);
  return rows;
}

/** Adds what stands between messages: that a chat began before those that began it. @param {Row[]} rows @param {Row} row */
function put(rows, row) {
  let place = rows.length;
  if (row.kind === "event" && row.event.kind === "opened")
    while (place > 0 && hasBegun(rows[place - 1], row.at)) place -= 1;
  rows.splice(place, 0, row);
}

/** Whether it is of a customer's message that was written just before a chat began. @param {Row} row @param {number} at */
function hasBegun(row, at) {
  const isTheirs = row.kind === "new" || (row.kind === "message" && row.message.direction === "in");
  return isTheirs && at - row.at < OPENED_WITHIN;
}

/** @param {Message} message @param {number} at @param {boolean} isQueued @returns {Row} */
function messageRow(message, at, isQueued) {
  return { kind: "message", id: message.id, at, message, isFirst: true, isLast: true, isQueued };
}

/** Inserts the name of each day before its first row. @param {Row[]} rows */
function withDays(rows) {
  /** @type {Row[]} */
  const all = [];
  let day = 0;
  for (const row of rows) {
    if (dayOf(row.at) !== day) {
      day = dayOf(row.at);
      all.push({ kind: "day", id: `day-${day}-${row.id}`, at: row.at });
    }
    all.push(row);
  }
  return all;
}

/** Marks the start and end of groups of messages of one sender. @param {Row[]} rows */
function marked(rows) {
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place];
    const before = rows[place - 1];
    if (row.kind !== "message" || before?.kind !== "message") continue;
    const isRun =
      row.message.direction === before.message.direction &&
      row.message.from === before.message.from &&
      row.at - before.at < RUN;
    row.isFirst = !isRun;
    before.isLast = !isRun;
  }
  return rows;
}
