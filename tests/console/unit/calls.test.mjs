// How calls identify the manager of a contact.

import assert from "node:assert/strict";
import { test } from "node:test";

import "./setup.mjs";

const { Calls } = await import("../../../static/console/api/calls.js");

/** @param {any} manager @param {string | undefined} channel */
async function named(manager, channel, ref = { m: 551140000000, id: "3001" }) {
  /** @type {any} */
  let body = null;
  const calls = new Calls(/** @type {any} */ ({ call: async (/** @type {string} */ _method, /** @type {string} */ _path, /** @type {any} */ sent) => (body = sent) }));
  calls.managerOf = () => manager;
  calls.channelOf = () => channel;
  await calls.messages(ref);
  return { number: body.number, facebookId: body.facebookId };
}

test("a customer of a page is identified with the page", async () => {
  const manager = { number: 551140000000, facebookId: "369" };
  assert.deepEqual(await named(manager, "facebook"), { number: undefined, facebookId: "369" });
  assert.deepEqual(await named(manager, "whatsapp"), { number: 551140000000, facebookId: undefined });
});

test("before the managers are read, a customer of a page cannot be identified", async () => {
  assert.deepEqual(await named(undefined, "facebook"), { number: undefined, facebookId: undefined });
  assert.deepEqual(await named(undefined, undefined), { number: undefined, facebookId: undefined });
});

test("a customer with a phone is identified with the number", async () => {
  const ref = { m: 551140000000, id: 5511988887777 };
  const found = await named(undefined, undefined, /** @type {any} */ (ref));
  assert.deepEqual(found, { number: 551140000000, facebookId: undefined });
});
