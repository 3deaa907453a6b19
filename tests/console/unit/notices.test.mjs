// Which events give notices, and how pictures are scaled down.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { isHeic, kindOf } from "../../../static/console/composer/files.js";
import { LONGEST_SIDE, sizeWithin } from "../../../static/console/composer/pictures.js";
import { noticeOf } from "../../../static/console/notices/decide.js";

const MINE = { state: "serving", area: "vendas", operatorId: "7" };
const QUEUE = { state: "waiting", area: "vendas", operatorId: "0" };
const line = (was, is) => ({ k: "line", op: is ? "U" : "X", s: 1, id: 2, m: 1, row: is ? {} : undefined, was, is });
const message = (direction, op = "I") => ({ k: "message", op, s: 1, id: "5", m: 1, row: { direction, contactId: 2 } });

test("a notice is shown only when a chat becomes the operator's own", () => {
  assert.equal(noticeOf(line(QUEUE, MINE), "7", undefined), "chat");
  assert.equal(noticeOf(line(null, MINE), "7", undefined), "chat");
  assert.equal(noticeOf(line(MINE, { ...MINE, state: "answered" }), "7", undefined), null);
  assert.equal(noticeOf(line(QUEUE, MINE), "8", undefined), null);
  assert.equal(noticeOf(line(QUEUE, MINE), "0", undefined), null);
  assert.equal(noticeOf(line(MINE, QUEUE), "7", undefined), "gone");
  assert.equal(noticeOf(line(MINE, { ...MINE, state: "closed" }), "7", undefined), "gone");
  assert.equal(noticeOf(line(MINE, undefined), "7", undefined), "gone");
});

test("a notice is shown for a new message of an own customer", () => {
  const contact = { operatorId: "7" };
  assert.equal(noticeOf(message("in"), "7", contact), "message");
  assert.equal(noticeOf(message("out"), "7", contact), null);
  assert.equal(noticeOf(message("in", "U"), "7", contact), null);
  assert.equal(noticeOf(message("in"), "8", contact), null);
  assert.equal(noticeOf(message("in"), "7", undefined), null);
});

test("kinds of files", () => {
  assert.equal(kindOf({ type: "image/png" }), "image");
  assert.equal(kindOf({ type: "audio/webm;codecs=opus" }), "audio");
  assert.equal(kindOf({ type: "video/quicktime" }), "file");
  assert.equal(kindOf({ type: "application/pdf" }), "pdf");
  assert.equal(kindOf({ type: "", name: "IMG_1.HEIC" }), "image");
  assert.ok(isHeic({ type: "image/heif", name: "x" }));
  assert.ok(!isHeic({ type: "image/jpeg", name: "x.heic" }));
});

test("pictures keep their proportions when scaled down", () => {
  assert.deepEqual(sizeWithin(800, 600), { width: 800, height: 600 });
  assert.deepEqual(sizeWithin(5120, 2560), { width: LONGEST_SIDE, height: 1280 });
  assert.deepEqual(sizeWithin(10, 100_000), { width: 1, height: LONGEST_SIDE });
});
