import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, placeOf } from "../../../static/console/router.js";

const at = (address) => placeOf(new URL(address, "https://chat.example"));

test("every address is parsed and built the same", () => {
  const filters = [
    { tab: "mine" },
    { tab: "queue", area: "vendas", channel: "facebook", tag: "vip", m: 5511400011111 },
    { tab: "closed", area: "", m: "1234567890" },
    { tab: "queue", area: "10", tag: "5" },
    { tab: "search", text: "são & <b>", words: true },
    { tab: "search", text: "", words: false },
  ];
  const refs = [null, { m: 5511400011111, id: 551133334444 }, { m: "369258147", id: "7418252963" }, { m: "f:1", id: "a/b ?#" }];
  for (const filter of filters)
    for (const ref of refs) {
      const place = at(addressOf(filter, ref));
      assert.deepEqual(place.filter, filter);
      assert.deepEqual(place.ref, ref);
    }
});

test("an unknown address shows the operator's own list", () => {
  for (const address of ["/", "/inbox/nothing", "/elsewhere"]) {
    assert.equal(at(address).filter.tab, "mine");
    assert.equal(at(address).ref, null);
  }
});

test("panes and protocols are in the address", () => {
  assert.equal(at("/protocol/BR1").protocol, "BR1");
  assert.equal(at("/inbox/mine/1/2").pane, "chat");
  assert.equal(at("/inbox/mine/1/2#contact").pane, "details");
  assert.equal(at("/inbox/mine#contact").pane, "list");
});
