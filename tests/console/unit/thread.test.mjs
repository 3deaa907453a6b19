import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { linked, mentioned } from "../../../static/console/thread/links.js";
import { rowsOf } from "../../../static/console/thread/rows.js";
import { missingWords, shownAs } from "../../../static/console/thread/shown.js";
import { Conversation } from "../../../static/console/store/conversation.js";
import { M, message } from "./rows.mjs";

const NONE = { before: null, count: 0 };
const at = (hour, minute = 0, day = 28) => new Date(2026, 10, day, hour, minute).toISOString();

function conversation(messages, hasOlder = false) {
  const made = new Conversation("key", { m: M, id: 1 });
  made.replaceMessages(messages, hasOlder);
  return made;
}

const kinds = (rows) => rows.map(({ kind }) => kind).join(" ");

test("each day has a heading before its first row", () => {
  const rows = rowsOf(conversation([message({ createdAt: at(10, 0, 27) }), message({ createdAt: at(10) }), message({ createdAt: at(11) })]), [], NONE);
  assert.equal(kinds(rows), "day message day message message");
});

test("events and notes are placed between messages by time", () => {
  const chat = conversation([message({ createdAt: at(10) }), message({ createdAt: at(12) })]);
  chat.replaceHistory({ sessions: [], events: [{ id: 1, at: at(11), kind: "claimed" }, { id: 2, at: at(11), kind: "noted" }] });
  chat.putNote({ id: "n", text: "note", createdAt: at(13) });
  assert.equal(kinds(rowsOf(chat, [], NONE)), "day message event message note");
});

test("events before loaded messages appear with them", () => {
  const chat = conversation([message({ createdAt: at(12) })], true);
  chat.replaceHistory({ sessions: [], events: [{ id: 1, at: at(9), kind: "claimed" }] });
  assert.equal(kinds(rowsOf(chat, [], NONE)), "day message");
});

test("new messages start at a line, and unsent ones are last", () => {
  const [first, second] = [message({ createdAt: at(10) }), message({ createdAt: at(11) })];
  const rows = rowsOf(conversation([first, second]), [message({ createdAt: at(9), direction: "out" })], { before: second.id, count: 1 });
  const order = rows.filter(({ kind }) => kind !== "day").map(({ kind }) => kind);
  assert.deepEqual(order, ["message", "new", "message", "message"]);
  assert.ok(rows[rows.length - 1].isQueued);
});

test("messages of one sender within a short time are grouped", () => {
  const times = [at(10), at(10, 1), at(10, 30)];
  const rows = rowsOf(conversation(times.map((createdAt) => message({ createdAt }))), [], NONE).slice(1);
  assert.deepEqual(rows.map(({ isFirst, isLast }) => [isFirst, isLast]), [[true, false], [false, true], [true, true]]);
});

/** The addresses that became links, and the texts between. */
function parts(text) {
  return linked(text).map((part) => (typeof part === "string" ? part : { link: part.values[0] }));
}

test("only web addresses become links", () => {
  assert.deepEqual(parts("see https://a.example/x?y=1#z, now"), ["see ", { link: "https://a.example/x?y=1#z" }, ", now"]);
  assert.deepEqual(parts("(http://a.example)."), ["(", { link: "http://a.example" }, ")."]);
  for (const text of ["javascript:alert(1)", "data:text/html,x", "//a.example", "http://", "vbscript:x", "ftp://a.example", ""])
    assert.deepEqual(parts(text), [text]);
});

test("a text is not changed", () => {
  const text = 'a http://a.example/"><img onerror=x> b <https://b.example> c';
  assert.equal(parts(text).map((part) => (typeof part === "string" ? part : part.link)).join(""), text);
});

test("a message without a file is shown as text, whatever its type", () => {
  globalThis.location = { href: "https://centre.example/inbox/mine", origin: "https://centre.example" };
  for (const type of ["text", "location", "contacts", "order", "call"]) assert.equal(shownAs({ type, url: "" }), "text", type);
  assert.equal(shownAs({ type: "text" }), "text");
  assert.equal(shownAs({ type: "pdf", url: "/files/1" }), "pdf");
  assert.equal(shownAs({ type: "pdf", url: "https://elsewhere.example/1" }), "elsewhere");
});

test("a missing file is not a link", () => {
  for (const type of ["audio", "video", "pdf", "file"]) assert.equal(shownAs({ type, url: "" }), "missing", type);
  assert.equal(shownAs({ type: "image", url: "" }), "image");
  assert.equal(missingWords({ fileName: "a.pdf" }), "a.pdf: The file is on its way.");
  assert.equal(missingWords({ error: "It could not be fetched." }), "It could not be fetched.");
});

test("names of colleagues in a note are highlighted", () => {
  const found = mentioned("ask @Ana Lima or @Ana?", ["@Ana", "@Ana Lima"]).map((part) => (typeof part === "string" ? part : [part.values[0]]));
  assert.deepEqual(found, ["ask ", ["@Ana Lima"], " or ", ["@Ana"], "?"]);
});

test("a chat starts before the message that opened it, and after earlier ones", () => {
  const chat = conversation([message({ createdAt: "2026-11-28T12:00:00Z", direction: "out" }), message({ createdAt: "2026-11-28T12:00:05Z" })]);
  chat.replaceHistory({ sessions: [], events: [{ id: 1, at: "2026-11-28T12:00:01Z", kind: "closed" }, { id: 2, at: "2026-11-28T12:00:08Z", kind: "opened" }] });
  const order = rowsOf(chat, [], { before: chat.messages[1].id, count: 1 }).map(({ kind, event }) => event?.kind ?? kind);
  assert.deepEqual(order, ["day", "message", "closed", "opened", "new", "message"]);
});

const session = (protocol, day, over = {}) => ({ protocol, openedAt: at(9, 0, day), closedAt: at(18, 0, day), ...over });
const folds = (of, ...open) => ({ sessions: of.sessions.filter(({ closedAt }) => closedAt), open: new Set(open) });
const shown = (rows) => rows.filter(({ kind }) => kind !== "day").map(({ kind, protocol }) => `${kind} ${protocol}`);

/** Two earlier chats and the open one, of each two messages; the last `loaded` are loaded. */
function threeChats(loaded = 6) {
  const messages = [20, 20, 21, 21, 28, 28].map((day, place) => message({ createdAt: at(10, place, day), protocol: `P${day}` }));
  const chat = conversation(messages.slice(-loaded), loaded < 6);
  chat.replaceHistory({ sessions: [session("P20", 20), session("P21", 21), session("P28", 28, { closedAt: null })], events: [] });
  return chat;
}

test("each earlier chat is one line, and the open one is shown", () => {
  const chat = threeChats();
  const rows = rowsOf(chat, [], NONE, folds(chat));
  assert.deepEqual(shown(rows), ["earlier P20", "earlier P21", "message P28", "message P28"]);
  assert.equal(kinds(rows).startsWith("earlier"), true);
});

test("an expanded chat is shown under its line", () => {
  const chat = threeChats();
  const rows = rowsOf(chat, [], NONE, folds(chat, "P20"));
  assert.deepEqual(shown(rows), ["earlier P20", "message P20", "message P20", "earlier P21", "message P28", "message P28"]);
  assert.deepEqual(rows.filter(({ kind }) => kind === "earlier").map(({ isOpen }) => isOpen), [true, false]);
});

test("chats without loaded messages have their lines, too", () => {
  for (const loaded of [3, 2]) {
    const chat = threeChats(loaded);
    // With two, more of the open chat may be missing: nothing is known above it.
    const expected = loaded === 3 ? ["earlier P20", "earlier P21", "message P28", "message P28"] : ["message P28", "message P28"];
    assert.deepEqual(shown(rowsOf(chat, [], NONE, folds(chat))), expected);
  }
});

test("an expanded chat without messages shows that", () => {
  const chat = conversation([message({ createdAt: at(10), protocol: "P28" })]);
  chat.replaceHistory({ sessions: [session("P20", 20), session("P28", 28, { closedAt: null })], events: [] });
  assert.deepEqual(shown(rowsOf(chat, [], NONE, folds(chat, "P20"))), ["earlier P20", "empty P20", "message P28"]);
});

test("a message of the reopened chat is never collapsed with later ones", () => {
  const messages = [["P1", 20], ["P2", 21], ["P1", 22]].map(([protocol, day]) => message({ protocol, createdAt: at(10, 0, day) }));
  const chat = conversation(messages);
  chat.replaceHistory({ sessions: [session("P1", 20, { closedAt: null }), session("P2", 21)], events: [] });
  assert.deepEqual(shown(rowsOf(chat, [], NONE, folds(chat))), ["message P1", "earlier P2", "message P1"]);
});

test("queued and just confirmed messages are always shown", () => {
  const chat = threeChats();
  chat.putSent(message({ direction: "out" }));
  const rows = rowsOf(chat, [message({ direction: "out" })], NONE, folds(chat));
  assert.deepEqual(shown(rows).slice(-2), ["message undefined", "message undefined"]);
});
