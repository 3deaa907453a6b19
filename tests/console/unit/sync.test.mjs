import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Tallies } from "../../../static/console/list/tallies.js";
import { emptyCounts } from "../../../static/console/store/counts.js";
import { Store } from "../../../static/console/store/store.js";
import { Sync } from "../../../static/console/store/sync.js";
import { M, ME, line, listed, message } from "./rows.mjs";

const ID = 551133334444;
const REF = { m: M, id: ID };

/** A server that answers the calls of a kind when the test says so. */
function synced(answers) {
  const store = new Store();
  store.person = { operatorId: ME, name: "Ana", role: "operator", csrfToken: "" };
  const calls = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, () => answer]));
  const sync = new Sync(store, calls);
  sync.waiting = null;
  return { store, sync };
}

function held() {
  let answer;
  const promise = new Promise((done) => (answer = done));
  return { promise, answer };
}

function event(sync, change) {
  sync.hear({ t: "ev", s: 1, e: [{ s: 1, op: "U", m: M, id: ID, ...change }] });
}

test("a message that arrives while its conversation is read is kept", async () => {
  const history = held();
  const { store, sync } = synced({
    chat: Promise.resolve(listed()),
    messages: Promise.resolve([]),
    history: history.promise,
    notes: Promise.resolve({ notes: [] }),
    scheduled: Promise.resolve({ scheduled: [] }),
  });
  const read = sync.readConversation(REF);
  const said = message();
  event(sync, { k: "message", op: "I", id: said.id, row: { ...said, contactId: ID, protocol: "P1" } });
  history.answer({ sessions: [], events: [] });
  await read;
  assert.deepEqual(store.conversation(REF).messages.map(({ id }) => id), [said.id]);
  assert.equal(store.lines.get(JSON.stringify([M, ID])).last.id, said.id);
});

test("a chat that is claimed while the queue is read is not in it, and is counted once", async () => {
  const page = held();
  const { store, sync } = synced({ list: page.promise });
  store.counts.waiting = { total: 1, areas: { vendas: 1 } };
  store.putRow(listed());
  const read = sync.readList({ tab: "queue" });
  const is = { state: "serving", area: "vendas", operatorId: "8" };
  const { key: _, ...row } = line({ state: "serving", queuedAt: null });
  event(sync, { k: "line", row, was: { ...is, state: "waiting", operatorId: "0" }, is });
  page.answer({ chats: [listed()], next: null });
  await read;
  assert.deepEqual(store.list({ tab: "queue" }).lines, []);
  assert.equal(store.counts.waiting.total, 0);
  assert.equal(store.counts.serving.total, 1);
});

const WAITING = { state: "waiting", area: "vendas", operatorId: "0" };

/** @param {number} total */
function waiting(total) {
  return { ...emptyCounts(), waiting: { total, areas: { vendas: total } } };
}

test("counts continue from the change at which they were read", async () => {
  const page = held();
  const { store, sync } = synced({ list: page.promise });
  const read = sync.readCounts();
  event(sync, { k: "line", s: 7, id: 1, was: null, is: WAITING });
  event(sync, { k: "line", s: 8, id: 2, was: null, is: WAITING });
  page.answer({ counts: waiting(4), s: 7 });
  await read;
  assert.equal(store.counts.waiting.total, 5);
  event(sync, { k: "line", s: 6, id: 3, was: null, is: WAITING });
  assert.equal(store.counts.waiting.total, 5);
  event(sync, { k: "line", s: 9, id: 1, was: WAITING, is: { ...WAITING, state: "closed" } });
  assert.equal(store.counts.waiting.total, 4);
});

test("counts of an earlier reading do not replace those of a later one", async () => {
  const page = held();
  const { store, sync } = synced({ list: page.promise });
  const read = sync.readCounts();
  sync.generation += 1;
  page.answer({ counts: waiting(4), s: 7 });
  await read;
  assert.equal(store.counts.waiting.total, 0);
});

test("without a number counts are read again with the next heartbeat", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [{ counts: waiting(4), s: null }, { counts: waiting(2), s: 9 }];
  const { store, sync } = synced({});
  sync.calls.list = async () => answers.shift();
  await sync.readCounts();
  event(sync, { k: "line", s: 8, id: 1, was: null, is: WAITING });
  assert.equal(store.counts.waiting.total, 4);
  await heartbeat(sync, t);
  assert.equal(store.counts.waiting.total, 2);
});

/** Tells that the line is good, and waits for what is read then. */
async function heartbeat(sync, t) {
  sync.hear({ t: "hb", s: 9, e: "e" });
  t.mock.timers.tick(1000);
  for (let n = 0; n < 20; n += 1) await null;
}

test("a line requested before a reset does not overwrite newer data", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const old = held();
  const { store, sync } = synced({
    chat: old.promise,
    managers: Promise.resolve([]),
    list: Promise.resolve({ chats: [listed({ tags: [] })], next: null, counts: waiting(1), s: 9 }),
  });
  await sync.readList({ tab: "queue" });
  const { key: _, ...row } = line({ protocol: "P2", tags: ["vip"] });
  // Of another chat than is known, so it is read.
  event(sync, { k: "line", row, was: WAITING, is: WAITING });
  t.mock.timers.tick(1000);
  sync.hear({ t: "reset", e: "e2", s: 9 });
  for (let n = 0; n < 20; n += 1) await null;
  old.answer(listed({ protocol: "P1", tags: ["vip"] }));
  for (let n = 0; n < 20; n += 1) await null;
  assert.deepEqual(store.list({ tab: "queue" }).lines.map(({ protocol, tags }) => [protocol, tags]), [["P1", []]]);
  assert.deepEqual(store.lines.get(JSON.stringify([M, ID])).tags, []);
});

test("reads that failed for lack of a connection are repeated with the next heartbeat", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const failure = Object.assign(new Error("offline"), { isTemporary: true });
  const { store, sync } = synced({ messages: Promise.resolve([]) });
  const answer = {
    list: { chats: [listed()], next: null },
    history: { sessions: [], events: [] },
    notes: { notes: [] },
    scheduled: { scheduled: [] },
    chat: listed(),
  };
  let isBad = false;
  for (const name of Object.keys(answer))
    sync.calls[name] = async () => {
      if (isBad) throw failure;
      return answer[name];
    };
  await Promise.all([sync.readList({ tab: "queue" }), sync.readConversation(REF)]);

  isBad = true;
  await Promise.all([sync.readList({ tab: "queue" }, true), sync.readConversation(REF, true)]);
  answer.chat = listed({ tags: ["vip"] });
  answer.list.chats = [answer.chat];
  answer.history.events = [{ id: 1 }];
  await heartbeat(sync, t); // still bad
  assert.deepEqual(store.conversation(REF).events, []);
  isBad = false;
  await heartbeat(sync, t);

  assert.deepEqual(store.conversation(REF).events, [{ id: 1 }]);
  assert.deepEqual(store.list({ tab: "queue" }).lines.map(({ tags }) => tags), [["vip"]]);
});

test("a list requested again while being read is read once more", async () => {
  const pages = [held(), held()];
  const { store, sync } = synced({});
  let asked = 0;
  sync.calls.list = () => pages[asked++].promise;
  const first = sync.readList({ tab: "queue" });
  const second = sync.readList({ tab: "queue" }, true);
  pages[0].answer({ chats: [], next: null });
  await first;
  pages[1].answer({ chats: [listed()], next: null });
  await second;
  assert.equal(asked, 2);
  assert.equal(store.list({ tab: "queue" }).lines.length, 1);
});

test("a closed chat whose contact has opened another since is read into the list", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const closed = listed({ open: false, state: "closed", closedAt: "2026-11-28T12:00:00Z" });
  const next = listed({ protocol: "P2", openedAt: "2026-11-28T12:00:01Z" });
  const { store, sync } = synced({
    list: Promise.resolve({ chats: [closed], next: null }),
    chat: Promise.resolve(next),
  });
  store.list({ tab: "closed" }).replace([], null);
  store.list({ tab: "queue" }).replace([], null);
  store.putRow(listed());
  store.placeLine(JSON.stringify([M, ID]));
  event(sync, { k: "chat", row: { protocol: "P1", open: false } });
  const { key: _, ...row } = line({ protocol: "P2", openedAt: "2026-11-28T12:00:01Z" });
  event(sync, { k: "line", row, was: WAITING, is: WAITING });
  for (let n = 0; n < 3; n += 1) await heartbeat(sync, t);
  assert.deepEqual(store.list({ tab: "closed" }).lines.map(({ protocol }) => protocol), ["P1"]);
  assert.deepEqual(store.list({ tab: "queue" }).lines.map(({ protocol }) => protocol), ["P2"]);
});

/** What a start or a reset reads beside the lists. */
const COMPANY = {
  managers: [{ number: M, facebookId: null, name: "Bakery" }],
  operators: { operators: [] },
  options: {},
  gateway: { state: "closed", since: "2026-11-28T10:00:00Z" },
};

test("after a reset rows that the server no longer shows are removed", async () => {
  const { store, sync } = synced({ ...COMPANY, areas: [{ id: "vendas", name: "Sales" }], list: { chats: [], next: null, counts: waiting(0), s: 9 } });
  store.areas.set(JSON.stringify([M, "gone"]), { id: "gone", name: "Gone" });
  store.areas.set(JSON.stringify(["page", "gone"]), { id: "gone", name: "Gone" });
  store.list({ tab: "queue" }).replace([store.putRow(listed())], null);
  sync.hear({ t: "reset", e: "e2", s: 9 });
  for (let n = 0; n < 40; n += 1) await null;
  assert.deepEqual([...store.areas.values()].map(({ id }) => id), ["vendas"]);
  assert.deepEqual([store.lines.size, store.contacts.size], [0, 0]);
});

test("own chats and the state of the number are read on every start page", async () => {
  const { store, sync } = synced({ ...COMPANY, areas: [], list: { chats: [listed({ state: "serving" }, { operatorId: ME, unread: 2 })], next: null, counts: waiting(0), s: 9 } });
  sync.hear({ t: "reset", e: "e2", s: 9 });
  for (let n = 0; n < 40; n += 1) await null;
  assert.equal(new Tallies(store).unreadOfMine, 1);
  assert.deepEqual(store.gateways.get(M), COMPANY.gateway);
  for (let n = 0; n < 20; n += 1) store.list({ tab: "queue", area: `area${n}` });
  assert.equal(store.mine.lines.length, 1);
});

test("data of a manager from before a reset does not replace newer data", async () => {
  const old = held();
  const { store, sync } = synced({ ...COMPANY, areas: [], list: { chats: [], next: null, counts: waiting(0), s: 9 } });
  const answers = [old.promise, { operators: [{ id: ME, name: "Ana", areas: [], presence: "online" }] }];
  sync.calls.operators = () => answers.shift();
  sync.hear({ t: "reset", e: "e1", s: 8 });
  for (let n = 0; n < 10; n += 1) await null;
  sync.hear({ t: "reset", e: "e2", s: 9 });
  for (let n = 0; n < 40; n += 1) await null;
  old.answer({ operators: [{ id: ME, name: "Ana", areas: [], presence: "offline" }] });
  for (let n = 0; n < 40; n += 1) await null;
  assert.equal(store.operators.get(ME).presence, "online");
});

test("a conversation that is read again keeps loaded older messages", async () => {
  const all = Array.from({ length: 200 }, () => message());
  const { store, sync } = synced({
    chat: Promise.resolve(listed()),
    history: Promise.resolve({ sessions: [], events: [] }),
    notes: Promise.resolve({ notes: [] }),
    scheduled: Promise.resolve({ scheduled: [] }),
  });
  sync.calls.messages = async (_, { before, limit = 60 }) => {
    const end = before ? all.findIndex(({ id }) => id === before) : all.length;
    return all.slice(Math.max(0, end - limit), end);
  };
  await sync.readConversation(REF);
  await sync.readOlder(REF);
  await sync.readConversation(REF, true);
  const { messages, hasOlder } = store.conversation(REF);
  assert.deepEqual([messages.length, hasOlder], [120, true]);
});
