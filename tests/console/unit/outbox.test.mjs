// The queue of own messages: in order, once, over reloads, crashes and other tabs.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/console/api/client.js";
import { Outbox } from "../../../static/console/outbox/outbox.js";
import { MemoryDatabase } from "../../../static/console/storage/database.js";
import { Leases } from "../../../static/console/storage/locks.js";

const OFFLINE = () => new ApiError(0, "offline", "No connection.");

/** A server that answers a repeated key as it did at first. */
class Server {
  constructor() {
    this.stored = [];
    this.answers = new Map();
    this.calls = 0;
    this.port = "8080";
    this.paths = [];
    /** Called before and after the message is stored; throws what the caller gets. */
    this.before = () => {};
    this.after = () => {};
  }

  pathOf(path) {
    return this.port === null ? null : path.replace("{port}", this.port);
  }

  async send(path, fields, _file, key) {
    this.calls += 1;
    this.paths.push(path);
    await this.before(fields, key);
    if (!this.answers.has(key)) {
      this.stored.push(fields.content2);
      this.answers.set(key, { id: String(this.stored.length), content: fields.content2 });
    }
    await this.after(fields, key);
    return this.answers.get(key);
  }
}

function page(server, database) {
  const outbox = new Outbox(server, () => {}, database, new Leases(database, { asked: 1 }));
  return outbox;
}

test("a message waits until the port of its manager is known", async () => {
  const server = new Server();
  server.port = null;
  const outbox = page(server, new MemoryDatabase());
  await outbox.open("7");
  await outbox.add({ ...text("one"), path: "/send/{port}" });
  await until(() => outbox.sending.size === 0);
  assert.deepEqual(server.stored, []);
  assert.equal(outbox.entries[0].error, undefined);
  server.port = "8080";
  outbox.flush();
  await until(() => outbox.entries.length === 0);
  assert.deepEqual(server.paths, ["/send/8080"]);
});

const text = (content2, contact = "c") => ({ contact, path: "/send", fields: { content2 } });

async function until(condition) {
  while (!condition()) await new Promise((done) => setTimeout(done, 1));
}

test("messages to a contact are sent in the order in which they were written", async () => {
  const server = new Server();
  const outbox = page(server, new MemoryDatabase());
  await outbox.open("7");
  server.before = async ({ content2 }) => {
    if (content2 === "one") await new Promise((done) => setTimeout(done, 20));
  };
  for (const content of ["one", "two", "three"]) outbox.add(text(content));
  await until(() => outbox.entries.length === 0);
  assert.deepEqual(server.stored, ["one", "two", "three"]);
});

test("another contact's message does not wait", async () => {
  const server = new Server();
  const outbox = page(server, new MemoryDatabase());
  await outbox.open("7");
  let release;
  server.before = ({ content2 }) => content2 === "slow" && new Promise((done) => (release = done));
  outbox.add(text("slow", "a"));
  outbox.add(text("next", "a"));
  outbox.add(text("other", "b"));
  await until(() => server.stored.length === 1 && release);
  assert.deepEqual(server.stored, ["other"]);
  release();
  await until(() => outbox.entries.length === 0);
  assert.deepEqual(server.stored, ["other", "slow", "next"]);
});

test("messages written without a connection are sent once after a reload", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  server.before = () => {
    throw OFFLINE();
  };
  const before = page(server, database);
  await before.open("7");
  await before.add(text("one"));
  await before.add(text("two"));
  await until(() => before.sending.size === 0);
  before.close();
  server.before = () => {};
  const after = page(server, database);
  await after.open("7");
  assert.deepEqual(after.messagesFor({ key: "c" }).map(({ content }) => content), ["one", "two"]);
  after.flush();
  await until(() => after.entries.length === 0);
  assert.deepEqual(server.stored, ["one", "two"]);
  assert.deepEqual(await database.all("outbox"), []);
});

test("a page that crashes after the server stored a message sends it once", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const before = page(server, database);
  await before.open("7");
  let hasStored = false;
  server.after = () => {
    hasStored = true;
    throw OFFLINE();
  };
  before.add(text("one"));
  await until(() => hasStored && before.sending.size === 0);
  before.close();
  server.after = () => {};
  const after = page(server, database);
  await after.open("7");
  after.flush();
  await until(() => after.entries.length === 0);
  assert.deepEqual(server.stored, ["one"]);
  assert.equal(server.calls, 2);
});

test("two tabs of one browser send each message with one call, in order", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const tabs = [page(server, database), page(server, database)];
  server.before = () => {
    throw OFFLINE();
  };
  for (const tab of tabs) await tab.open("7");
  await tabs[0].add(text("one"));
  await tabs[1].add(text("two"));
  await tabs[0].add(text("three"));
  await until(() => tabs.every((tab) => tab.sending.size === 0));
  server.before = () => new Promise((done) => setTimeout(done, 5));
  server.calls = 0;
  for (const tab of tabs) tab.flush();
  await until(() => server.stored.length === 3 && tabs.every((tab) => tab.sending.size === 0));
  assert.deepEqual(server.stored, ["one", "two", "three"]);
  assert.equal(server.calls, 3);
});

test("a refused message is kept with its reason, and the next is sent", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const outbox = page(server, database);
  await outbox.open("7");
  server.before = ({ content2 }) => {
    if (content2 === "bad") throw new ApiError(400, "invalid", "It is too long.");
  };
  outbox.add(text("bad"));
  outbox.add(text("good"));
  await until(() => server.stored.length === 1 && outbox.sending.size === 0);
  const [refused] = outbox.messagesFor({ key: "c" });
  assert.deepEqual([refused.content, refused.status, refused.error], ["bad", "failed", "It is too long."]);
  const reloaded = page(server, database);
  await reloaded.open("7");
  assert.equal(reloaded.entries[0].error, "It is too long.");

  // The server keeps its answer to the first key: trying again is another call.
  server.before = () => {};
  const { key } = reloaded.entries[0];
  await reloaded.tryAgain(key);
  await until(() => reloaded.entries.length === 0);
  assert.deepEqual(server.stored, ["good", "bad"]);
  assert.equal(server.answers.has(key), false);
});

test("a discarded refused message is removed", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const outbox = page(server, database);
  await outbox.open("7");
  server.before = () => {
    throw new ApiError(403, "forbidden", "No.");
  };
  outbox.add(text("one"));
  await until(() => outbox.entries[0]?.error);
  await until(() => outbox.sending.size === 0);
  await outbox.discard(outbox.entries[0].key);
  assert.deepEqual(await database.all("outbox"), []);
});

test("nothing is sent while signed out, and no user sees the queue of another", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const outbox = page(server, database);
  await outbox.open("7");
  outbox.isPaused = true;
  await outbox.add(text("one"));
  assert.equal(server.calls, 0);
  await outbox.open("8");
  outbox.isPaused = false;
  outbox.flush();
  assert.deepEqual(outbox.entries, []);
  await outbox.open("7");
  outbox.flush();
  await until(() => server.stored.length === 1);
});

test("a message tried a day ago fails instead of being sent", async () => {
  const server = new Server();
  const database = new MemoryDatabase();
  const long = Date.now() - 25 * 3_600_000;
  await database.put("outbox", ["7", "k"], { ...text("one"), key: "k", me: "7", at: long, triedAt: long });
  const outbox = page(server, database);
  await outbox.open("7");
  outbox.flush();
  await until(() => outbox.entries[0]?.error);
  assert.equal(server.calls, 0);
});
