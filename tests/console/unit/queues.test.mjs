// The chats of each queue that have waited longest, as lines of the feed come and go.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyCounts, recount } from "../../../static/console/store/counts.js";
import { Queues } from "../../../static/console/store/queues.js";
import { M, ME } from "./rows.mjs";

const at = (minute) => `2026-11-28T12:${String(minute).padStart(2, "0")}:00.000Z`;
const waits = (area = "vendas") => ({ state: "waiting", area, operatorId: "0" });
const served = (area = "vendas") => ({ state: "serving", area, operatorId: ME });

/** Queues of which the server has named `known` of `count` chats, the first since minute 10. */
function queues(count, known = count) {
  const made = { queues: new Queues(), counts: emptyCounts() };
  made.counts.waiting = { total: count, areas: { vendas: count } };
  made.queues.replace(Array.from({ length: known }, (_, id) => ({ m: M, id, area: "vendas", queuedAt: at(10 + id) })));
  return made;
}

function apply({ queues: of, counts }, id, was, is, queuedAt = null) {
  recount(counts, was, is, ME);
  of.apply({ s: 1, k: "line", op: "U", m: M, id, row: { queuedAt }, was, is }, counts);
}

test("the oldest is the longest wait, and the next one once it is served", () => {
  const made = queues(2);
  assert.equal(made.queues.oldest("vendas"), at(10));
  apply(made, 0, waits(), served(), at(10));
  assert.equal(made.queues.oldest("vendas"), at(11));
  apply(made, 1, waits(), null);
  assert.equal(made.queues.oldest("vendas"), null);
});

test("a new chat is placed by its waiting time", () => {
  const made = queues(1);
  apply(made, 7, null, waits(), at(20));
  assert.equal(made.queues.oldest("vendas"), at(10));
  apply(made, 8, served(), waits(), at(5));
  assert.equal(made.queues.oldest("vendas"), at(5));
});

test("a chat that changes its area moves to the other queue", () => {
  const made = queues(2);
  apply(made, 0, waits(), waits("suporte"), at(30));
  assert.equal(made.queues.oldest("vendas"), at(11));
  assert.equal(made.queues.oldest("suporte"), at(30));
});

test("a new chat in a long queue is not placed among the few known ones", () => {
  const made = queues(30, 6);
  apply(made, 99, null, waits(), at(50));
  assert.equal(made.queues.isShort(made.counts), false);
  for (let id = 0; id < 2; id += 1) apply(made, id, waits(), served(), at(10 + id));
  assert.equal(made.queues.isShort(made.counts), true);
  for (let id = 2; id < 6; id += 1) apply(made, id, waits(), served(), at(10 + id));
  assert.equal(made.queues.oldest("vendas"), null);
});

test("a completely known short queue is not read again", () => {
  const made = queues(2);
  assert.equal(made.queues.isShort(made.counts), false);
});
