// @ts-check
/** Builds the rows of a conversation: days, earlier chats, ledger, notes, messages. */

import { dayOf } from "../format/times.js";

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Note} Note */
/** @typedef {import("../types.js").LedgerEvent} LedgerEvent */
/** @typedef {import("../types.js").Session} Session */
/** @typedef {import("../store/conversation.js").Conversation} Conversation */

/**
 * `protocol` is that of the chat which a row belongs to.
 * @typedef {{id: string, at: number, protocol?: string} & (
 *   {kind: "day"} |
 *   {kind: "earlier", session: Session, isOpen: boolean} |
 *   {kind: "empty"} |
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
 * Which earlier chats are one line each, and which of them are unfolded.
 * @typedef {{sessions: Session[], open: Set<string>}} Folds
 */

/** @type {Folds} */
const NO_FOLDS = { sessions: [], open: new Set() };

/** The rows of the open conversation. @param {import("../app.js").App} app */
export function rowsOfApp(app) {
  const conversation = /** @type {Conversation} */ (app.conversation);
  const folds = { sessions: app.folding.sessions(conversation), open: app.folding.open };
  return rowsOf(conversation, app.outbox.messagesFor(conversation), app.unseen, folds);
}

/**
 * Returns the rows of a conversation.
 * @param {Conversation} conversation
 * @param {Message[]} queued own messages that the server does not have yet
 * @param {{before: string | null, count: number}} unseen the first message that was new when it was opened
 * @param {Folds} [folds]
 * @returns {Row[]}
 */
export function rowsOf(conversation, queued, unseen, folds = NO_FOLDS) {
  const { messages, events, notes } = conversation;
  const oldest = conversation.hasOlder && messages.length ? Date.parse(messages[0].createdAt) : -Infinity;
  /** @type {Row[]} */
  const beside = [];
  for (const event of events) {
    const at = Date.parse(event.at);
    if (at >= oldest && event.kind !== "noted") beside.push({ kind: "event", id: `event-${event.id}`, at, event, protocol: event.protocol });
  }
  for (const note of notes.values()) {
    const at = Date.parse(note.createdAt);
    if (at >= oldest) beside.push({ kind: "note", id: `note-${note.id}`, at, note, protocol: note.protocol });
  }
  beside.sort((one, other) => one.at - other.at);
  const rows = folded(merged(messages, beside, unseen), folds, conversation);
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
    if (message.id === unseen.before) rows.push({ kind: "new", id: "new", at, count: unseen.count, protocol: message.protocol });
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
  return { kind: "message", id: message.id, at, message, isFirst: true, isLast: true, isQueued, protocol: message.protocol };
}

/**
 * Puts a line before each earlier chat, and leaves out the rows of the folded ones.
 * @param {Row[]} rows
 * @param {Folds} folds
 * @param {Conversation} conversation
 */
function folded(rows, { sessions, open }, { messages, hasOlder }) {
  if (!sessions.length) return rows;
  const missing = new Map(sessions.map((session) => [session.protocol, session]));
  const isFolded = new Set(sessions.map(({ protocol }) => protocol).filter((one) => !open.has(one)));
  /** @type {Row[]} */
  const all = [];
  for (const row of rows) {
    const session = missing.get(row.protocol ?? "");
    if (session) all.push(earlierRow(session, open));
    missing.delete(row.protocol ?? "");
    if (!isFolded.has(row.protocol ?? "")) all.push(row);
  }
  // Above a chat that is shown, but not from its beginning, nothing is known yet.
  const top = hasOlder && !isFolded.has(messages[0]?.protocol ?? "") ? (rows[0]?.at ?? 0) : -Infinity;
  for (const session of missing.values()) placeEmpty(all, session, open, top);
  return all;
}

/** Places a chat of which no row is known. @param {Row[]} rows @param {Session} session @param {Set<string>} open @param {number} top */
function placeEmpty(rows, session, open, top) {
  const row = earlierRow(session, open);
  if (row.at < top) return;
  const place = rows.findIndex(({ at }) => at > row.at);
  const added = row.isOpen ? [row, emptyRow(session)] : [row];
  rows.splice(place < 0 ? rows.length : place, 0, ...added);
}

/** @param {Session} session @param {Set<string>} open @returns {Extract<Row, {kind: "earlier"}>} */
function earlierRow(session, open) {
  const { protocol, openedAt } = session;
  return { kind: "earlier", id: `chat-${protocol}`, at: Date.parse(openedAt), session, isOpen: open.has(protocol), protocol };
}

/** @param {Session} session @returns {Row} */
function emptyRow({ protocol, openedAt }) {
  return { kind: "empty", id: `empty-${protocol}`, at: Date.parse(openedAt), protocol };
}

/** Inserts the name of each day before its first row. @param {Row[]} rows */
function withDays(rows) {
  /** @type {Row[]} */
  const all = [];
  let day = 0;
  for (const row of rows) {
    // The line of an earlier chat says when it was.
    if (row.kind !== "earlier" && row.kind !== "empty" && dayOf(row.at) !== day) {
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
