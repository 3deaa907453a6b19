// Quoting: with the first message that is sent, kept with the draft until then.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../../../static/console/api/calls.js";
import { Quoting, quoteWords } from "../../../static/console/composer/quoting.js";
import { Writing } from "../../../static/console/composer/writing.js";
import { MemoryDatabase } from "../../../static/console/storage/database.js";
import { Drafts } from "../../../static/console/storage/drafts.js";
import { Conversation } from "../../../static/console/store/conversation.js";
import { keyOf } from "../../../static/console/store/store.js";
import { M, ME, contact, line, message } from "./rows.mjs";

const KEY = keyOf(M, 551133334444);

async function appWith(messages = [], database = new MemoryDatabase()) {
  const drafts = new Drafts(database, () => {});
  await drafts.open(ME);
  const conversation = new Conversation(KEY, { m: M, id: 551133334444 });
  conversation.replaceMessages(messages, false);
  const sent = [];
  const calls = new Calls({});
  calls.operatorId = ME;
  const app = {
    drafts,
    conversation,
    calls,
    sent,
    mayAnswer: true,
    isOperator: true,
    line: line(),
    contact: contact(),
    store: { me: ME, options: new Map(), operators: new Map([["8", {}]]), contacts: new Map([[KEY, contact()]]), managers: new Map([[M, { controllerPort: "5001" }]]) },
    names: { operatorName: () => "Bruno" },
    attaching: { list: [], reading: 0, take() {} },
    threadView: { toEnd() {} },
    outbox: { add: (entry) => sent.push(entry) },
    render() {},
    afterDraw() {},
    focusComposer() {},
  };
  app.quoting = new Quoting(app);
  app.writing = new Writing(app);
  return app;
}

test("only the next message quotes", async () => {
  const app = await appWith([message({ id: "a" })]);
  app.quoting.choose("a");
  for (const text of ["one", "two"]) {
    app.writing.text = text;
    app.writing.submit();
  }
  assert.deepEqual(app.sent.map(({ fields }) => [fields.content2, fields.replyTo]), [["one", "a"], ["two", undefined]]);
});

test("only the first of several files quotes", async () => {
  const app = await appWith([message({ id: "a" })]);
  app.quoting.choose("a");
  const file = { blob: new Blob(["x"]), type: "file", fileName: "x.txt" };
  app.attaching.list = [{ file }, { file }];
  app.writing.submit();
  assert.deepEqual(app.sent.map(({ fields }) => fields.replyTo), ["a", undefined]);
});

test("the quote is kept with the draft until it is removed", async () => {
  const database = new MemoryDatabase();
  const before = await appWith([message({ id: "a" })], database);
  before.quoting.choose("a");
  await before.drafts.save();
  const after = await appWith([message({ id: "a" })], database);
  assert.equal(after.quoting.id, "a");
  globalThis.document.getElementById = () => null;
  after.quoting.remove();
  await after.drafts.save();
  assert.equal((await appWith([], database)).quoting.id, "");
});

test("deleted and unsent messages and other operators' chats cannot be quoted", async () => {
  const app = await appWith();
  const offered = (over, isQueued) => app.quoting.isOffered(message(over), isQueued);
  assert.equal(offered({}), true);
  assert.equal(offered({ direction: "out", status: "sent" }), true);
  assert.equal(offered({ direction: "out", status: "failed" }), false);
  assert.equal(offered({ direction: "out" }, true), false);
  assert.equal(offered({ deleted: "2026-11-28T12:00:00Z" }), false);
  app.mayAnswer = false;
  assert.equal(offered({}), false);
});

test("a quote shows its author and text", async () => {
  const app = await appWith([
    message({ id: "a", content: "Oi" }),
    message({ id: "b", direction: "out", from: ME, content: "Olá" }),
    message({ id: "c", direction: "out", from: "8", content: "", url: "/f", type: "image" }),
  ]);
  assert.deepEqual(quoteWords(app, "a"), { who: "Maria Souza", text: "Oi" });
  assert.deepEqual(quoteWords(app, "b"), { who: "You", text: "Olá" });
  assert.deepEqual(quoteWords(app, "c"), { who: "Bruno", text: "Photo" });
  assert.deepEqual(quoteWords(app, "older"), { who: "", text: "A message that is not loaded" });
});

test("a text too long for a caption is sent after the file, and one too long for a message is kept", async () => {
  const app = await appWith();
  const writing = new Writing(app);
  app.writing = writing;
  app.attaching.list = [{ file: { blob: new Blob(["x"]), type: "image", fileName: "a.png" } }];
  writing.text = "a".repeat(1025);
  writing.submit();
  assert.deepEqual(app.sent.map(({ fields }) => [fields.type, fields.content2?.length, fields.caption]), [["image", undefined, undefined], [undefined, 1025, undefined]]);
  app.attaching.list = [];
  const said = [];
  app.overlay = { toast: (text) => said.push(text) };
  writing.text = "a".repeat(4097);
  writing.submit();
  assert.equal(app.sent.length, 2);
  assert.equal(writing.text.length, 4097);
  assert.deepEqual(said, ["The text is too long"]);
  // As the server counts: a picture of two code units is one character.
  writing.text = "🙂".repeat(4096);
  writing.submit();
  assert.equal(app.sent.length, 3);
});
