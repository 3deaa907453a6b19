// Transfers that can be undone: made once, at the latest with the next page.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/console/api/client.js";
import { Transfers } from "../../../static/console/outbox/transfers.js";
import { MemoryDatabase } from "../../../static/console/storage/database.js";
import { Leases } from "../../../static/console/storage/locks.js";

const LONG = { undoneFor: 60_000, pause: 1 };
const SHORT = { undoneFor: 1, pause: 1 };

const choice = (over = {}) => ({ contact: "c", ref: { m: 1, id: 2 }, area: "suporte", to: "8", isMove: true, reason: "", note: "", name: "Bruno", small: "Suporte", ...over });

function server() {
  const made = [];
  return {
    made,
    answer: () => {},
    async transfer({ contact, to, key }) {
      await this.answer();
      made.push([contact, to]);
      this.lastKey = key;
    },
  };
}

async function page(calls, database, pace, me = "7") {
  const transfers = new Transfers(calls, () => {}, database, new Leases(database, { asked: 1 }), pace);
  const failed = [];
  transfers.onFailed = (transfer, error) => failed.push([transfer.contact, error?.message ?? ""]);
  await transfers.open(me);
  return { transfers, failed };
}

const kept = async (database) => (await database.all("transfers")).length;

async function until(condition) {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 1));
}

test("a transfer is made when the time to undo has passed", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const { transfers } = await page(calls, database, SHORT);
  transfers.add(choice());
  assert.equal(transfers.isPending("c"), true);
  assert.deepEqual(calls.made, []);
  await until(() => calls.made.length);
  await transfers.flush();
  assert.deepEqual(calls.made, [["c", "8"]]);
  assert.equal(transfers.current, null);
  assert.equal(await kept(database), 0);
});

test("an undone transfer is not made, and its choices are restored", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const { transfers } = await page(calls, database, LONG);
  transfers.add(choice({ note: "Segue" }));
  assert.equal(transfers.secondsLeft, 60);
  assert.equal(transfers.undo().note, "Segue");
  await transfers.flush();
  assert.deepEqual([calls.made, transfers.isPending("c"), await kept(database)], [[], false, 0]);
  assert.equal(transfers.undo(), null);
});

test("it is made at once when the page closes or another chat is transferred", async () => {
  const calls = server();
  const { transfers } = await page(calls, new MemoryDatabase(), LONG);
  transfers.add(choice());
  await new Promise((done) => setTimeout(done, 5));
  transfers.add(choice({ contact: "d" }));
  await until(() => calls.made.length === 1);
  assert.equal(transfers.isPending("d"), true);
  await transfers.flush();
  assert.deepEqual(calls.made, [["c", "8"], ["d", "8"]]);
});

test("a transfer of a crashed page is made by the next one", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const left = { ...choice(), key: "k", me: "7", at: Date.now() - 3000 };
  await database.put("transfers", ["7", "k"], left);
  await database.put("transfers", ["8", "x"], { ...choice({ contact: "z" }), key: "x", me: "8", at: Date.now() });
  const { transfers } = await page(calls, database, LONG);
  await transfers.flush();
  assert.deepEqual([calls.made, calls.lastKey], [[["c", "8"]], "k"]);
  assert.equal(await kept(database), 1);
});

test("another tab does not make a transfer that this one is counting down", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const first = await page(calls, database, LONG);
  first.transfers.add(choice());
  await until(async () => (await kept(database)) && (await database.all("leases")).length);
  const second = await page(calls, database, LONG);
  await new Promise((done) => setTimeout(done, 10));
  assert.deepEqual(calls.made, []);
  first.transfers.undo();
  await Promise.all([first.transfers.flush(), second.transfers.flush()]);
  assert.deepEqual(calls.made, []);
});

test("without a connection it is tried again, and a refusal after that means that it was made", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const { transfers, failed } = await page(calls, database, SHORT);
  const answers = [new ApiError(0, "offline", "No connection."), new ApiError(403, "forbidden", "No.")];
  calls.answer = () => {
    const error = answers.shift();
    if (error) throw error;
  };
  transfers.add(choice());
  await until(() => answers.length === 0);
  await transfers.flush();
  assert.deepEqual([failed, await kept(database)], [[], 0]);
});

test("a refusal is reported", async () => {
  const calls = server();
  const { transfers, failed } = await page(calls, new MemoryDatabase(), SHORT);
  calls.answer = () => {
    throw new ApiError(404, "operator_not_found", "There is no such operator.");
  };
  transfers.add(choice());
  await until(() => failed.length);
  assert.deepEqual(failed, [["c", "There is no such operator."]]);
});

test("after signing in again it is made; an old one is only reported", async () => {
  const calls = server();
  const database = new MemoryDatabase();
  const { transfers } = await page(calls, database, SHORT);
  calls.answer = () => {
    throw new ApiError(401, "not_authenticated", "Sign in.");
  };
  transfers.add(choice());
  await until(() => transfers.current === null);
  await transfers.flush();
  assert.equal(await kept(database), 1);
  calls.answer = () => {};
  await transfers.open("7");
  await transfers.flush();
  assert.deepEqual(calls.made, [["c", "8"]]);

  await database.put("transfers", ["7", "old"], { ...choice({ contact: "old" }), key: "old", me: "7", at: Date.now() - 3_600_000 });
  const { transfers: next, failed } = await page(calls, database, SHORT);
  await next.flush();
  assert.deepEqual([calls.made.length, failed, await kept(database)], [1, [["old", ""]], 0]);
});
