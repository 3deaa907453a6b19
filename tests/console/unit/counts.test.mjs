import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyCounts, recount } from "../../../static/console/store/counts.js";
import { ME } from "./rows.mjs";

const place = (state, operatorId = "0", area = "vendas") => ({ state, operatorId, area });

test("a chat is only counted where it is now", () => {
  const counts = emptyCounts();
  recount(counts, null, place("waiting"), ME);
  assert.deepEqual(counts.waiting, { total: 1, areas: { vendas: 1 } });
  recount(counts, place("waiting"), place("serving", ME), ME);
  assert.deepEqual(counts.waiting, { total: 0, areas: {} });
  assert.deepEqual(counts.serving, { total: 1, areas: { vendas: 1 } });
  assert.deepEqual(counts.mine, { total: 1, areas: { vendas: 1 } });
  recount(counts, place("serving", ME), place("closed", ME), ME);
  assert.deepEqual(counts, emptyCounts());
});

test("an area without chats is left out", () => {
  const counts = emptyCounts();
  recount(counts, null, place("waiting", "0", "a"), ME);
  recount(counts, null, place("waiting", "0", "b"), ME);
  recount(counts, place("waiting", "0", "a"), place("waiting", "0", "b"), ME);
  assert.deepEqual(counts.waiting, { total: 2, areas: { b: 2 } });
});

test("unassigned chats are not own chats of users who are not operators", () => {
  const counts = emptyCounts();
  recount(counts, null, place("waiting", "0"), "0");
  assert.equal(counts.mine.total, 0);
});
