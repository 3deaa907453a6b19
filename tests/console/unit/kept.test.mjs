// Data stored in the browser: drafts, and rows that were read.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cache, KEPT_FOR } from "../../../static/console/storage/cache.js";
import { MemoryDatabase } from "../../../static/console/storage/database.js";
import { Drafts } from "../../../static/console/storage/drafts.js";
import { Leases } from "../../../static/console/storage/locks.js";
import { Store, keyOf } from "../../../static/console/store/store.js";

const ANA = { operatorId: "7", name: "Ana", role: "operator", csrfToken: "x" };
const MINE = { tab: "mine" };
const KEY = keyOf(1, 2);

const row = (id, protocol) => ({
  m: 1,
  protocol,
  open: true,
  openedAt: "2026-11-29T10:00:00Z",
  closedAt: null,
  state: "serving",
  queuedAt: null,
  waitingSince: null,
  windowEndsAt: null,
  last: null,
  tags: [],
  clock: null,
  contact: { id, name: `Contact ${id}`, operatorId: "7", area: "vendas", channel: "whatsapp", unread: 0 },
});

/** A store with two chats, one of them open on the screen. */
function filled() {
  const store = new Store();
  store.person = ANA;
  const lines = [store.putRow(row(2, "P2")), store.putRow(row(3, "P3"))];
  store.list(MINE).replace(lines, null);
  const conversation = store.conversation({ m: 1, id: 2 });
  conversation.replaceMessages([{ id: "1", content: "Bom dia", direction: "in" }], false);
  conversation.replaceHistory({ sessions: [], events: [] });
  return store;
}

async function cacheOf(database, store, isLive = true) {
  const cache = new Cache(database, store, () => isLive);
  clearInterval(cache.sweeper);
  await cache.open(ANA, "7");
  return cache;
}

async function restored(database) {
  const store = new Store();
  const cache = new Cache(database, store, () => false);
  clearInterval(cache.sweeper);
  return { store, cache, kept: await cache.restore() };
}

test("drafts are restored per person and conversation", async () => {
  const database = new MemoryDatabase();
  const drafts = new Drafts(database, () => {});
  await drafts.open("7");
  drafts.set("reply", "a", "Olá");
  drafts.set("note", "a", "liga depois");
  await drafts.close();
  await drafts.open("8");
  assert.equal(drafts.replies.size + drafts.notes.size, 0);
  await drafts.open("7");
  assert.deepEqual([drafts.replies.get("a"), drafts.notes.get("a")], ["Olá", "liga depois"]);
  drafts.set("reply", "a", "");
  await drafts.save();
  assert.deepEqual((await database.all("drafts", "7")).map(({ key }) => key), [["7", "note", "a"]]);
});

/** What localStorage does. */
class MemoryStorage {
  getItem(name) {
    return this[name] ?? null;
  }
  setItem(name, text) {
    this[name] = text;
  }
  removeItem(name) {
    delete this[name];
  }
}

test("data that a closing page could not store is restored", async () => {
  const storage = new MemoryStorage();
  const dead = new MemoryDatabase();
  const left = new Drafts(dead, () => {}, null, storage);
  await left.open("7");
  dead.put = () => new Promise(() => {});
  left.set("reply", "a", "Também temos pão");
  left.leave();

  const database = new MemoryDatabase();
  await database.put("drafts", ["7", "reply", "a"], { text: "Também", at: 1 });
  const other = new Drafts(database, () => {}, null, storage);
  await other.open("8");
  assert.equal(other.replies.size, 0);
  const drafts = new Drafts(database, () => {}, null, storage);
  await drafts.open("7");
  assert.equal(drafts.replies.get("a"), "Também temos pão");
  await drafts.save();
  assert.deepEqual(Object.keys(storage), []);
  assert.equal((await database.all("drafts", "7"))[0].value.text, "Também temos pão");
});

test("text typed while the drafts are read is not overwritten", async () => {
  const database = new MemoryDatabase();
  await database.put("drafts", ["7", "reply", "a"], { text: "old", at: 1 });
  const drafts = new Drafts(database, () => {});
  const opening = drafts.open("7");
  drafts.set("reply", "a", "new");
  await opening;
  assert.equal(drafts.replies.get("a"), "new");
  await drafts.save();
});

test("the console starts with the stored data", async () => {
  const database = new MemoryDatabase();
  await (await cacheOf(database, filled())).save();
  const { store, kept } = await restored(database);
  assert.equal(kept.person.name, "Ana");
  assert.deepEqual(store.list(MINE).lines.map(({ protocol }) => protocol), ["P2", "P3"]);
  assert.equal(store.conversations.get(KEY).messages[0].content, "Bom dia");
  assert.equal(store.contacts.get(KEY).name, "Contact 2");
});

test("data that differs from the server's is not stored", async () => {
  const database = new MemoryDatabase();
  await (await cacheOf(database, filled(), false)).save();
  assert.deepEqual(await database.all("cache"), []);
});

test("an invisible contact is removed from all stored data", async () => {
  const database = new MemoryDatabase();
  const cache = await cacheOf(database, filled());
  await cache.save();
  await cache.lose(KEY);
  assert.equal(JSON.stringify(await database.all("cache")).includes("Bom dia"), false);
  const { store } = await restored(database);
  assert.deepEqual([...store.contacts.keys()], [keyOf(1, 3)]);
});

test("stored data is deleted after 24 hours and at sign-out", async () => {
  const database = new MemoryDatabase();
  await (await cacheOf(database, filled())).save();
  for (const { key, value } of await database.all("cache"))
    await database.put("cache", key, { ...value, at: Date.now() - KEPT_FOR - 1 });
  assert.equal((await restored(database)).kept, null);
  assert.deepEqual(await database.all("cache"), []);

  const cache = await cacheOf(database, filled());
  await cache.save();
  assert.notDeepEqual(await database.all("cache"), []);
  await cache.wipe();
  assert.deepEqual(await database.all("cache"), []);
});

test("another person's sign-in deletes the stored data", async () => {
  const database = new MemoryDatabase();
  await (await cacheOf(database, filled())).save();
  const other = new Cache(database, new Store(), () => true);
  clearInterval(other.sweeper);
  await other.open({ ...ANA, operatorId: "8" }, "8");
  assert.deepEqual(await database.all("cache"), []);
});

test("one tab at a time holds a lease; that of a crashed tab expires", async () => {
  const database = new MemoryDatabase();
  const leases = new Leases(database, { asked: 1 });
  let inside = 0;
  const once = async () => {
    inside += 1;
    assert.equal(inside, 1);
    await new Promise((done) => setTimeout(done, 5));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => leases.hold("a", once)));
  const until = Date.now() + 20;
  await database.put("leases", ["a"], { holder: "dead", until });
  await leases.hold("a", once);
  assert.ok(Date.now() > until);
});
