import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEvent, nothingToRead } from "../../../static/console/store/apply.js";
import { applyNow } from "../../../static/console/store/now.js";
import { Store, keyOf } from "../../../static/console/store/store.js";
import { M, ME, contact, line, listed, message } from "./rows.mjs";

const ID = 551133334444;
const KEY = keyOf(M, ID);

function storeWith(...tabs) {
  const store = new Store();
  store.person = { operatorId: ME, name: "Ana", role: "operator", csrfToken: "" };
  for (const tab of tabs) store.list({ tab }).replace([], null);
  return store;
}

function put(store, chat, person) {
  store.putRow(listed(chat, person));
  store.placeLine(KEY);
}

function apply(store, event) {
  const toRead = nothingToRead();
  applyEvent(store, { s: 1, op: "U", m: M, id: ID, ...event }, toRead);
  return toRead;
}

const shown = (store, tab) => store.list({ tab }).lines.map(({ protocol }) => protocol);

test("a claimed chat moves from the queue to its operator", () => {
  const store = storeWith("queue", "mine");
  put(store);
  const { key: _, last, ...row } = line({ state: "serving", queuedAt: null });
  const place = { state: "serving", area: "vendas", operatorId: ME };
  apply(store, { k: "line", row, was: { ...place, state: "waiting", operatorId: "0" }, is: place });
  assert.equal(last, null);
  assert.deepEqual(shown(store, "queue"), []);
  assert.deepEqual(shown(store, "mine"), ["P1"]);
});

test("a chat that a list may show is read when its contact is not known", () => {
  const store = storeWith("queue");
  const { key: _, ...row } = line();
  const is = { state: "waiting", area: "vendas", operatorId: "0" };
  assert.deepEqual([...apply(store, { k: "line", op: "I", row, is }).lines.keys()], [KEY]);
  const closed = { ...is, state: "closed" };
  assert.equal(apply(store, { k: "line", op: "I", row, is: closed }).lines.size, 0);
});

test("a message is the last of its chat and of the conversation that is read", () => {
  const store = storeWith("queue");
  put(store);
  const conversation = store.conversation({ m: M, id: ID });
  conversation.replaceMessages([], false);
  const said = message();
  apply(store, { k: "message", op: "I", id: said.id, row: { ...said, contactId: ID, protocol: "P1" } });
  assert.equal(store.list({ tab: "queue" }).lines[0].last.content, said.content);
  assert.deepEqual(conversation.messages.map(({ id }) => id), [said.id]);
  apply(store, { k: "message", id: said.id, row: { ...said, status: "read", contactId: ID, protocol: "P1" } });
  assert.equal(store.lines.get(KEY).last.status, "read");
});

test("a message of an earlier chat does not become the last of this one", () => {
  const store = storeWith("queue");
  put(store);
  apply(store, { k: "message", op: "I", row: { ...message(), contactId: ID, protocol: "P0" } });
  assert.equal(store.lines.get(KEY).last, null);
});

test("all data of an invisible contact is removed", () => {
  const store = storeWith("queue");
  put(store);
  store.conversation({ m: M, id: ID });
  apply(store, { k: "contact", op: "X" });
  assert.deepEqual([store.contacts.size, store.lines.size, store.conversations.size], [0, 0, 0]);
  assert.deepEqual(shown(store, "queue"), []);
});

test("a contact's new name and unread count are stored", () => {
  const store = storeWith("queue");
  put(store);
  apply(store, { k: "contact", row: { name: "Maria", unread: 3 } });
  assert.equal(store.contacts.get(KEY).name, "Maria");
  assert.equal(store.contacts.get(KEY).unread, 3);
  assert.equal(store.contacts.get(KEY).area, contact().area);
});

test("an unknown kind changes nothing", () => {
  assert.equal(apply(storeWith(), { k: "what will come", row: {} }).lines.size, 0);
});

const WAITING = { state: "waiting", area: "vendas", operatorId: "0" };

test("a chat that follows another at once replaces it", () => {
  const store = storeWith("queue");
  put(store);
  const { key: _, ...row } = line({ protocol: "P2", openedAt: "2026-11-28T12:00:00Z" });
  const toRead = apply(store, { k: "line", row, was: WAITING, is: WAITING });
  assert.deepEqual(shown(store, "queue"), ["P2"]);
  assert.deepEqual([...toRead.lines.keys()], [KEY]); // its last message may have come before
});

test("a contact is kept while a list shows an earlier chat of it", () => {
  const store = storeWith("queue", "closed");
  put(store, { protocol: "P0", open: false, state: "closed", closedAt: "2026-11-28T10:30:00Z", openedAt: "2026-11-28T10:00:00Z" });
  put(store);
  const { key: _, ...row } = line({ state: "serving", queuedAt: null });
  const is = { state: "serving", area: "vendas", operatorId: "8" };
  apply(store, { k: "line", row, was: WAITING, is });
  assert.deepEqual([shown(store, "queue"), shown(store, "closed")], [[], ["P0"]]);
  assert.equal(store.contacts.get(KEY).name, "Maria Souza");
});

test("an earlier chat of a list does not replace a later one", () => {
  const store = storeWith();
  const closed = { open: false, state: "closed" };
  store.putRow(listed({ ...closed, protocol: "P2", openedAt: "2026-11-28T12:00:00Z" }));
  store.putRow(listed({ ...closed, protocol: "P1", openedAt: "2026-11-28T11:00:00Z" }));
  assert.equal(store.lines.get(KEY).protocol, "P2");
});

test("a scheduled message that was not sent stays visible", () => {
  const store = storeWith("mine");
  const { scheduled } = store.conversation({ m: M, id: ID });
  const row = { contactId: ID, text: "Good morning", sendAt: "2026-11-28T12:00:00Z", operatorId: ME };
  for (const [state, count] of [["waiting", 1], ["missed", 1], ["failed", 1], ["sent", 0], ["waiting", 1], ["cancelled", 0]]) {
    apply(store, { k: "schedule", id: 5, row: { ...row, state } });
    assert.equal(scheduled.size, count, state);
  }
});

test("an operator who never paused is online while connected", () => {
  const store = storeWith();
  const presence = () => store.operators.get("8").presence;
  store.operators.set("8", { id: "8", name: "Bia", areas: [], online: false, presence: "offline" });
  applyNow(store, { t: "now", k: "presence", id: "8", online: true });
  assert.equal(presence(), "online");
  applyNow(store, { t: "now", k: "presence", id: "8", online: true, presence: "paused", pauseReason: "lunch" });
  assert.equal(presence(), "paused");
  applyNow(store, { t: "now", k: "presence", id: "8", online: false });
  assert.equal(presence(), "offline");
});
