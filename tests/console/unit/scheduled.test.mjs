// Scheduled messages: cancelled here, or by somebody else just before.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../../static/console/api/client.js";
import { ChatActions } from "../../../static/console/thread/actions.js";

async function cancel(answer) {
  const scheduled = new Map([["17", { id: "17" }]]);
  let error = null;
  const app = {
    router: { place: { ref: { m: 1, id: 2 } } },
    calls: { cancelScheduled: answer },
    store: { conversation: () => ({ scheduled }) },
    overlay: { during: (_name, act) => act().catch((failure) => (error = failure)) },
  };
  new ChatActions(app).cancelScheduled("17");
  await new Promise((done) => setTimeout(done, 1));
  return { left: [...scheduled.keys()], error };
}

const refused = (code) => async () => {
  throw new ApiError(404, code, code);
};

test("a cancelled message is removed from the list", async () => {
  assert.deepEqual(await cancel(async () => "Message cancelled"), { left: [], error: null });
});

test("a message cancelled by somebody else is removed, too", async () => {
  assert.deepEqual(await cancel(refused("not_found")), { left: [], error: null });
});

test("a message that was already sent is kept with a notice", async () => {
  const { left, error } = await cancel(refused("already_sent"));
  assert.deepEqual([left, error.code], [["17"], "already_sent"]);
});
