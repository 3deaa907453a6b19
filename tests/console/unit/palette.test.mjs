// The palette: what it offers in which group, and how letters find it.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsOf } from "../../../static/console/palette/items.js";
import { fits, split } from "../../../static/console/palette/match.js";
import { Names } from "../../../static/console/store/names.js";
import { Store, keyOf } from "../../../static/console/store/store.js";
import { M, ME, listed } from "./rows.mjs";

const MARIA = keyOf(M, 1);
const MARCOS = keyOf(M, 2);

function appWith({ open = null, mayAnswer = false, recent = [] } = {}) {
  const store = new Store();
  store.person = { operatorId: ME, name: "Ana", role: "operator", csrfToken: "" };
  store.putRow(listed({ protocol: "P1", state: "serving", tags: ["vip"] }, { id: 1, name: "Maria Souza", operatorId: ME }));
  store.putRow(listed({ protocol: "P2" }, { id: 2, name: "Márcio Dias" }));
  store.areas.set(keyOf(M, "vendas"), { id: "vendas", name: "Vendas" });
  for (const [id, name] of [[ME, "Ana"], ["8", "Márcia Reis"]]) store.operators.set(id, { id, name, areas: ["vendas"], online: true });
  store.options.set(M, { tags: [{ code: "vip", name: "VIP" }, { code: "marcenaria", name: "Marcenaria" }] });
  return {
    store,
    names: new Names(store),
    recent,
    mayAnswer,
    transfers: { current: null },
    isOperator: true,
    contact: open && store.contacts.get(open),
    line: open && store.lines.get(open),
    conversation: open ? { key: open } : undefined,
    tallies: { queues: [{ code: "vendas", name: "Vendas", count: 3 }] },
    moment: () => "ontem",
  };
}

const REPLIES = [{ shortcut: "prazo", filled: "O prazo da marcenaria é de 25 dias" }];
const state = (text, over = {}) => ({ text, lines: [], replies: REPLIES, at: 0, ...over });
const namesOf = (groups) => groups.map(({ name }) => name);
const itemsOf = (groups, name) => groups.find((group) => group.name === name)?.items.map((item) => item.name);

test("without text: recent chats except the open one, then actions", () => {
  const app = appWith({ open: MARIA, recent: [MARIA, MARCOS, "gone"] });
  const groups = groupsOf(app, state(""));
  assert.deepEqual(namesOf(groups), ["Recent chats", "In this chat", "Go to", "Console"]);
  assert.deepEqual(itemsOf(groups, "Recent chats"), ["Márcio Dias"]);
  assert.deepEqual(namesOf(groupsOf(appWith(), state(""))), ["Go to", "Console"]);
});

test("text finds chats, actions, replies and pages, each in its group", () => {
  const groups = groupsOf(appWith({ open: MARIA, mayAnswer: true, recent: [MARCOS] }), state("mar"));
  assert.deepEqual(namesOf(groups), ["Conversations", "In this chat", "Quick replies", "Search"]);
  assert.deepEqual(itemsOf(groups, "Conversations"), ["Márcio Dias", "Maria Souza"]);
  assert.deepEqual(itemsOf(groups, "In this chat"), ["Tag: Marcenaria", "Transfer to Márcia Reis"]);
  assert.deepEqual(itemsOf(groups, "Quick replies"), ["/prazo"]);
  assert.deepEqual(itemsOf(groupsOf(appWith(), state("vendas")), "Go to"), ["Queue of Vendas"]);
});

test("results of the server are added once, and chats of others cannot be tagged", () => {
  const app = appWith({ open: MARCOS });
  const lines = [app.store.lines.get(MARIA), { ...app.store.lines.get(MARCOS), key: keyOf(M, 9), protocol: "P9" }];
  const groups = groupsOf(app, state("mar", { lines }));
  assert.deepEqual(itemsOf(groups, "Conversations"), ["Maria Souza", "Márcio Dias", "P9"]);
  assert.equal(itemsOf(groups, "In this chat"), undefined);
  assert.equal(itemsOf(groups, "Quick replies"), undefined);
});

test("only possible actions on the open chat are offered", () => {
  const offered = (app) => itemsOf(groupsOf(app, state("")), "In this chat");
  assert.ok(offered(appWith({ open: MARIA, mayAnswer: true })).includes("Transfer"));
  assert.ok(!offered(appWith({ open: MARIA, mayAnswer: true })).includes("Answer chat"));
  assert.ok(!offered(appWith({ open: MARCOS })).includes("Transfer"));
  assert.ok(offered(appWith({ open: MARCOS })).includes("Answer chat"));
});

test("a search in all messages is always offered", () => {
  assert.deepEqual(namesOf(groupsOf(appWith(), state("xyz"))), ["Search"]);
});

test("words are found without accents, in any order", () => {
  assert.equal(fits("Márcia Yamamoto", "yama mar"), true);
  assert.equal(fits("Maria", "mario"), false);
});

test("matching letters are marked in the original spelling", () => {
  assert.deepEqual(split("Dona Márcia", "mar"), ["Dona ", "Már", "cia"]);
  assert.deepEqual(split("Jose\u0301 Lima", "jose l"), ["", "Jose\u0301 L", "ima"]);
  assert.deepEqual(split("👋 João", "joao"), ["👋 ", "João", ""]);
  assert.deepEqual(split("Maria", "x"), ["Maria", "", ""]);
  assert.deepEqual(split("Maria", " "), ["Maria", "", ""]);
});

test("undoing is offered while there is something to undo", () => {
  const app = appWith();
  assert.deepEqual(itemsOf(groupsOf(app, state("")), "Console"), ["Keys"]);
  app.transfers.current = {};
  assert.deepEqual(itemsOf(groupsOf(app, state("")), "Console"), ["Undo", "Keys"]);
});
