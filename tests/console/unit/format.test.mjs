import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { contactName, fileSize, hue, initials, phone, tint } from "../../../static/console/format/names.js";
import { dayName, lasting, minutes, moment, span } from "../../../static/console/format/times.js";
import { contact } from "./rows.mjs";

test("numbers are formatted for people", () => {
  assert.equal(phone(5511987654321), "+55 11 98765-4321");
  assert.equal(phone("551133334444"), "+55 11 3333-4444");
  assert.equal(phone(14155550100), "+14155550100");
  assert.equal(phone("page"), "page");
});

test("a contact without a name has its number", () => {
  assert.equal(contactName(contact({ name: "  " })), "+55 11 3333-4444");
  assert.equal(contactName(contact({ name: "", id: "7418252963" })), "No name");
});

test("initials are of the first and last name", () => {
  const cases = { "Maria Souza": "MS", "ana": "AN", "Ana de Sá": "AS", "5511": "#", "": "#", "É": "É", "🙂 Íris": "ÍR" };
  for (const [name, letters] of Object.entries(cases)) assert.equal(initials(name), letters, name);
});

test("a colour is stable and exists", () => {
  for (const code of ["", "vendas", "suporte", "🙂"]) {
    assert.match(hue(code), /^hue-[1-8]$/);
    assert.match(tint(code), /^tint-[1-6]$/);
    assert.equal(hue(code), hue(code));
  }
});

test("sizes and durations", () => {
  assert.equal(fileSize(999, "en"), "999 B");
  assert.equal(fileSize(188_416, "en"), "184 KB");
  assert.equal(fileSize(1_500_000, "en"), "1.4 MB");
  assert.equal(minutes(42), "0:42");
  assert.equal(minutes(-1), "0:00");
  assert.equal(minutes(125.9), "2:05");
  assert.equal(span(59_999), "just now");
  assert.equal(span(60_000), "1 min");
  assert.equal(span(2 * 3_600_000), "2 h");
  assert.equal(span(24 * 3_600_000), "1 day");
  assert.equal(span(72 * 3_600_000), "3 days");
});

test("days and times are relative to today", () => {
  const now = new Date(2026, 10, 28, 15).getTime();
  const at = (...when) => new Date(...when).toISOString();
  assert.match(dayName(at(2026, 10, 28, 1), now), /^Today, /);
  assert.match(dayName(at(2026, 10, 27, 23), now), /^Yesterday, /);
  assert.match(dayName(at(2025, 10, 27), now), /2025/);
  assert.match(moment(at(2026, 10, 27, 11, 20), now), /^yesterday, 11:20/);
  assert.match(moment(at(2026, 9, 14), now), /^Oct 14$/);
});

test("a future time has its hour, and one of another year its year", () => {
  const now = new Date(2026, 10, 28, 15).getTime();
  const at = (...when) => new Date(...when).toISOString();
  assert.match(moment(at(2026, 10, 29, 9), now), /^tomorrow, 0?9:00/);
  assert.match(moment(at(2026, 11, 2, 9), now), /^Dec 2, 0?9:00/);
  assert.match(moment(at(2027, 0, 2, 9), now), /^Jan 2, 2027, 0?9:00/);
  assert.match(moment(at(2025, 9, 14), now), /^Oct 14, 2025$/);
});

test("a duration in a sentence is never shown as a time", () => {
  assert.equal(lasting(59_999), "less than 1 min");
  assert.equal(lasting(60_000), "1 min");
});
