// Every icon that the scripts name is drawn.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../../static/console/", import.meta.url);

test("every icon that is named exists", () => {
  const drawn = new Set([...readFileSync(new URL("icons.svg", FOLDER), "utf8").matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id));
  const scripts = readdirSync(FOLDER, { recursive: true }).filter((name) => String(name).endsWith(".js"));
  for (const name of scripts) {
    const code = readFileSync(new URL(String(name), FOLDER), "utf8");
    for (const [, icon] of code.matchAll(/\bicon(?:\(|: )"([a-z-]+)"/g)) assert.ok(drawn.has(icon), `${name}: ${icon}`);
    for (const [, glyph] of code.matchAll(/\bglyph\("([a-z-]+)"/g)) assert.ok(drawn.has(`g-${glyph}`), `${name}: ${glyph}`);
  }
});
