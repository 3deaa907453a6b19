import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatList } from "../../../static/console/store/list.js";
import { ME, contact, line } from "./rows.mjs";

function queue(...hours) {
  const contacts = new Map();
  const list = new ChatList({ tab: "queue" }, contacts);
  const lines = hours.map((hour) => waiting(contacts, hour));
  return { list, lines, contacts };
}

function waiting(contacts, hour) {
  const key = `contact ${hour}`;
  contacts.set(key, contact());
  return line({ key, protocol: `P${hour}`, queuedAt: `2026-11-28T${String(hour).padStart(2, "0")}:00:00Z` });
}

const protocols = (list) => list.lines.map(({ protocol }) => protocol);

test("a new line is inserted in order", () => {
  const { list, lines, contacts } = queue(9, 11);
  list.replace(lines, null);
  assert.ok(list.place(waiting(contacts, 10), contact(), ME));
  assert.deepEqual(protocols(list), ["P9", "P10", "P11"]);
});

test("a line that no longer matches is removed", () => {
  const { list, lines } = queue(9, 10);
  list.replace(lines, null);
  assert.equal(list.place({ ...lines[0], state: "serving" }, contact({ operatorId: ME }), ME), false);
  assert.deepEqual(protocols(list), ["P10"]);
});

test("a line after the loaded pages waits for its page", () => {
  const { list, lines, contacts } = queue(9, 10);
  list.replace(lines, "next");
  assert.equal(list.place(waiting(contacts, 11), contact(), ME), false);
  list.append([waiting(contacts, 11)], null);
  assert.deepEqual(protocols(list), ["P9", "P10", "P11"]);
});

test("overlapping pages show each line once", () => {
  const { list, lines } = queue(9, 10);
  list.replace([lines[0]], "next");
  list.append(lines, null);
  assert.deepEqual(protocols(list), ["P9", "P10"]);
});

test("a list that was not read is empty", () => {
  const { list, lines } = queue(9);
  assert.equal(list.place(lines[0], contact(), ME), false);
});

test("results of a search keep their order and are updated", () => {
  const list = new ChatList({ tab: "search", text: "x" }, new Map());
  const found = line({ hit: { id: "1", text: "words" } });
  list.replace([found], null);
  assert.ok(list.place(line({ state: "closed", open: false }), contact(), ME));
  assert.equal(list.lines[0].state, "closed");
  assert.deepEqual(list.lines[0].hit, found.hit);
  assert.equal(list.place(line({ protocol: "other" }), contact(), ME), false);
});
