import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, placeOf, rank } from "../../../static/console/store/order.js";
import { M, ME, contact, line } from "./rows.mjs";

const mine = contact({ operatorId: ME });

test("each tab shows its chats", () => {
  const cases = [
    ["queue", line(), contact(), true],
    ["queue", line({ state: "serving" }), mine, false],
    ["queue", line({ state: "menu" }), contact(), false],
    ["mine", line({ state: "serving" }), mine, true],
    ["mine", line({ state: "serving" }), contact({ operatorId: "8" }), false],
    ["mine", line({ open: false, state: "closed" }), mine, false],
    ["answered", line({ state: "answered", waitingSince: null }), mine, true],
    ["answered", line({ state: "serving" }), mine, false],
    ["closed", line({ open: false, state: "closed" }), contact(), true],
    ["closed", line(), contact(), false],
  ];
  for (const [tab, chat, person, isShown] of cases)
    assert.equal(fits({ tab }, chat, person, ME), isShown, `${tab} ${chat.state} of ${person.operatorId}`);
});

test("only operators have own chats", () => {
  assert.equal(fits({ tab: "mine" }, line(), contact({ operatorId: "0" }), "0"), false);
});

test("every condition of a filter counts", () => {
  const chat = line({ tags: ["vip"] });
  const all = { tab: "queue", m: M, area: "vendas", tag: "vip", channel: "whatsapp" };
  assert.ok(fits(all, chat, contact(), ME));
  for (const other of [{ m: 1 }, { area: "suporte" }, { area: "" }, { tag: "novo" }, { channel: "facebook" }])
    assert.equal(fits({ ...all, ...other }, chat, contact(), ME), false, JSON.stringify(other));
});

test("the longest wait is first in the queue, the latest elsewhere", () => {
  const early = line({ queuedAt: "2026-11-28T10:00:00Z", closedAt: "2026-11-28T10:00:00Z" });
  const late = line({ queuedAt: "2026-11-28T11:00:00Z", closedAt: "2026-11-28T11:00:00Z" });
  assert.ok(rank("queue", early, contact()) < rank("queue", late, contact()));
  assert.ok(rank("closed", early, contact()) > rank("closed", late, contact()));
  const quiet = contact({ lastMessageAt: "2026-11-28T09:00:00Z" });
  assert.ok(rank("mine", early, quiet) > rank("mine", early, contact()));
});

test("a value is placed after equal ones", () => {
  const values = [1, 3, 3, 5];
  const at = (value) => placeOf(values.length, (place) => values[place], value);
  assert.deepEqual([0, 1, 3, 4, 5, 9].map(at), [0, 1, 3, 3, 4, 4]);
  assert.equal(placeOf(0, () => 0, 5), 0);
});
