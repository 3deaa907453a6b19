// Mentions in notes: people whose names follow an `@`.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Suggestions } from "../../../static/console/composer/suggestions.js";
import { M, contact, line } from "./rows.mjs";

const PEOPLE = [["2", "Ana"], ["3", "Ana Lima"], ["4", "Bruno Dias"]].map(([id, name]) => ({ id, name, areas: ["vendas"] }));

test("a longer name does not mention the person whose name is its prefix", () => {
  const app = { line: line({ m: M }), contact: contact(), store: { me: "9" }, names: { operatorsOf: () => PEOPLE } };
  const mentionsIn = (text) => new Suggestions(app).mentionsIn(text);
  assert.deepEqual(mentionsIn("@Ana Lima, look"), ["3"]);
  assert.deepEqual(mentionsIn("@Ana, look"), ["2"]);
  assert.deepEqual(mentionsIn("@Bruno Dias and @Ana and @Ana Lima").sort(), ["2", "3", "4"]);
  assert.deepEqual(mentionsIn("Ana"), []);
});
