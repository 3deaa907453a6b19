// The search field says what the list shows, and keeps what is being typed.

import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location = { pathname: "/inbox/queue", search: "?area=vendas" };
const { SearchBox } = await import("../../../static/console/list/search.js");

test("a trailing space is kept while typing", () => {
  const box = new SearchBox({});
  box.text = "ana ";
  box.follow({ tab: "search", text: "ana" });
  assert.equal(box.text, "ana ");
});

test("a search from the address or the palette is shown in the field", () => {
  const box = new SearchBox({});
  box.follow({ tab: "search", text: "bolo" });
  assert.equal(box.text, "bolo");
});

test("the field is empty after leaving the search by the back button", () => {
  const box = new SearchBox({});
  box.follow({ tab: "queue", area: "vendas" });
  box.text = "ana";
  box.follow({ tab: "search", text: "ana" });
  box.follow({ tab: "mine" });
  assert.equal(box.text, "");
});

test("leaving the search returns to the previous list", () => {
  const went = [];
  const box = new SearchBox({ render() {}, router: { place: { filter: { tab: "search" } }, go: (address) => went.push(address) } });
  box.follow({ tab: "queue", area: "vendas" });
  globalThis.location.pathname = "/inbox/search";
  box.follow({ tab: "search", text: "ana" });
  box.end();
  assert.deepEqual(went, ["/inbox/queue?area=vendas"]);
});
