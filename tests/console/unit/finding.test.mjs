// Going to a message that is not loaded, and to the start of an earlier chat.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../../static/console/store/conversation.js";
import { Finding } from "../../../static/console/thread/finding.js";
import { M, message } from "./rows.mjs";

/** A conversation of which the last `read` messages have been read, two more each time. */
function appWith(messages, read) {
  const conversation = new Conversation("key", { m: M, id: 1 });
  conversation.replaceMessages(messages.slice(-read), read < messages.length);
  const shown = [];
  const said = [];
  return {
    said,
    overlay: { toast: (text, offer = {}) => said.push([text, offer.action ?? ""]) },
    folding: { reveal() {}, sessions: () => [], open: new Set() },
    conversation,
    shown,
    unseen: { before: null, count: 0 },
    line: { protocol: "P2" },
    outbox: { messagesFor: () => [] },
    threadView: { showAround() {}, showMessage: (id) => shown.push(id) },
    sync: {
      async readOlder() {
        const end = messages.length - conversation.messages.length;
        const older = messages.slice(Math.max(0, end - 2), end);
        conversation.prependMessages(older, end > 2);
      },
    },
    render() {},
    afterDraw: (act) => act(),
  };
}

test("older messages are read until the wanted one is found", async () => {
  const messages = Array.from({ length: 9 }, () => message());
  const app = appWith(messages, 2);
  const finding = new Finding(app);
  await finding.goTo(messages[3].id);
  clearTimeout(finding.timer);
  assert.deepEqual(app.shown, [messages[3].id]);
  assert.equal(app.conversation.messages.length, 6);
});

test("a message that does not exist ends the search with a notice", async () => {
  const app = appWith(Array.from({ length: 5 }, () => message()), 2);
  await new Finding(app).goTo("another's");
  assert.deepEqual(app.shown, []);
  assert.deepEqual(app.said, [["This message is not here any more.", ""]]);
});

test("a message too far back gives a notice with a link to its chat's page", async () => {
  const messages = Array.from({ length: 80 }, () => message());
  const app = appWith(messages, 2);
  const finding = new Finding(app);
  await finding.goTo(messages[0].id, "P1");
  await finding.goTo(messages[0].id);
  assert.deepEqual(app.shown, [messages[0].id]);
  assert.deepEqual(app.said, [["This message is too far back to be shown here.", "Transcript"]]);
});

test("a failed read is reported once", async () => {
  const app = appWith(Array.from({ length: 9 }, () => message()), 2);
  app.sync.readOlder = async () => {};
  const finding = new Finding(app);
  await finding.goTo("another's");
  assert.deepEqual(app.said, []);
  assert.equal(finding.isReading, false);
});

test("an earlier chat is shown from its first message, the latest one from its end", async () => {
  const messages = Array.from({ length: 9 }, (_, day) => message({ protocol: day < 3 ? "P0" : day < 6 ? "P1" : "P2" }));
  const app = appWith(messages, 2);
  const finding = new Finding(app);
  finding.wanted = { key: "key", protocol: "P1" };
  await finding.showWanted();
  finding.wanted = { key: "key", protocol: "P2" };
  await finding.showWanted();
  clearTimeout(finding.timer);
  assert.deepEqual(app.shown, [messages[3].id]);
});
