// @ts-check
/** Counts of open chats by state and area, updated from `was` and `is` of lines. */

/** @typedef {import("../types.js").Counts} Counts */
/** @typedef {import("../types.js").Place} Place */

/** @returns {Counts} */
export function emptyCounts() {
  return Object.fromEntries(
    ["menu", "waiting", "serving", "answered", "mine"].map((name) => [name, { total: 0, areas: {} }]),
  );
}

/**
 * Subtracts a line's `was` and adds its `is`.
 * @param {Counts} counts
 * @param {Place | null | undefined} was
 * @param {Place | null | undefined} is
 * @param {string} me
 */
export function recount(counts, was, is, me) {
  if (was) change(counts, was, me, -1);
  if (is) change(counts, is, me, 1);
}

/** @param {Counts} counts @param {Place} place @param {string} me @param {number} by */
function change(counts, { state, area, operatorId }, me, by) {
  if (state === "closed") return;
  const isMine = operatorId === me && me !== "0";
  for (const name of isMine ? [state, "mine"] : [state]) {
    const count = (counts[name] ??= { total: 0, areas: {} });
    count.total += by;
    count.areas[area] = (count.areas[area] ?? 0) + by;
    if (count.areas[area] === 0) delete count.areas[area];
  }
}
