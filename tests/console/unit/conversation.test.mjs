import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../../static/console/store/conversation.js";
import { M, message } from "./rows.mjs";

const open = () => new Conversation("key", { m: M, id: 551133334444 });
const ids = (conversation) => conversation.messages.map(({ id }) => id);

test("a new message is last, a changed one keeps its place", () => {
  const conversation = open();
  const [first, second, third] = [message(), message(), message()];
  conversation.replaceMessages([first, second], false);
  conversation.putMessage({ ...first, status: "read" }, false);
  conversation.putMessage(third, true);
  assert.deepEqual(ids(conversation), [first.id, second.id, third.id]);
  assert.equal(conversation.messages[0].status, "read");
});

test("own messages stay after messages stored earlier and received later", () => {
  const conversation = open();
  const [first, second, third, fourth] = [message(), message(), message(), message()];
  conversation.replaceMessages([first], false);
  conversation.putSent(third);
  conversation.putSent(fourth);
  conversation.putMessage(second, true);
  const wanted = [first.id, second.id, third.id, fourth.id];
  assert.deepEqual(ids(conversation), wanted);
  conversation.putMessage({ ...third, status: "sent" }, true);
  assert.deepEqual(ids(conversation), wanted);
  assert.equal(conversation.messages[2].status, "sent");
  conversation.putMessage(fourth, true);
  const last = message();
  conversation.putMessage(last, true);
  conversation.putSent(fourth);
  assert.deepEqual(ids(conversation), [...wanted, last.id]);
});

test("a change of a message that is not loaded adds nothing", () => {
  const conversation = open();
  const { version } = conversation;
  conversation.putMessage(message(), false);
  assert.deepEqual(conversation.messages, []);
  assert.equal(conversation.version, version);
});

test("older pages are added before, without duplicates", () => {
  const conversation = open();
  const [first, second, third] = [message(), message(), message()];
  conversation.replaceMessages([second, third], true);
  conversation.prependMessages([first, second], false);
  assert.deepEqual(ids(conversation), [first.id, second.id, third.id]);
  assert.equal(conversation.hasOlder, false);
});

test("the link of a file stays while its signature changes", () => {
  const conversation = open();
  const photo = message({ type: "image", url: "/file/1?signature=a" });
  conversation.replaceMessages([photo], false);
  conversation.putMessage({ ...photo, url: "/file/1?signature=b", status: "read" }, false);
  assert.equal(conversation.messages[0].url, "/file/1?signature=a");
});

test("a removed message is not shown", () => {
  const conversation = open();
  const [first, second] = [message(), message()];
  conversation.replaceMessages([first, second], false);
  conversation.removeMessage(first.id);
  conversation.removeMessage("unknown");
  assert.deepEqual(ids(conversation), [second.id]);
});
