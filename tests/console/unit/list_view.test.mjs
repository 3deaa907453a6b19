// The visible part of a list.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ListView } from "../../../static/console/list/view.js";
import { ChatList } from "../../../static/console/store/list.js";

test("another list is shown from its start, and the first one from its last position", () => {
  const [queue, found] = ["queue", "search"].map((tab) => new ChatList({ tab }, new Map()));
  const view = new ListView({ afterDraw() {} });
  view.lines(queue);
  view.top = 5000;
  view.lines(queue);
  assert.equal(view.top, 5000);
  view.lines(found);
  assert.equal(view.top, 0);
  view.lines(queue);
  assert.equal(view.top, 5000);
});
