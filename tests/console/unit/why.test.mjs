// Why a chat was given to its operator, in words.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { passedWords, ruleWords } from "../../../static/console/dialogs/why.js";

// As `chat/why` answers them.
const RULES = ["fewest", "rotation", "last"];
const PASSED = ["offline", "paused", "at_cap", "busier", "given_later", "not_last", "let_go"];

test("every rule and every reason has a text", () => {
  for (const rule of RULES) assert.notEqual(ruleWords(rule), rule);
  for (const passed of PASSED) assert.notEqual(passedWords(passed), passed);
});
