// @ts-check
/** The chats of each area's queue that have waited longest, updated from lines of the feed. */

import { keyOf } from "./store.js";

/** @typedef {import("../types.js").Counts} Counts */
/** @typedef {import("../types.js").FeedEvent} FeedEvent */

// With fewer than that of a longer queue, it is read again.
const FEW = 5;

export class Queues {
  constructor() {
    /** Since when chats wait, by contact, of each area. @type {Map<string, Map<string, string>>} */
    this.areas = new Map();
  }

  /** @param {{m: import("../types.js").Id, id: import("../types.js").Id, area: string, queuedAt: string}[]} oldest */
  replace(oldest) {
    this.areas.clear();
    for (const { m, id, area, queuedAt } of oldest) this.#of(area).set(keyOf(m, id), queuedAt);
  }

  /**
   * Applies a line of the feed, after it has been counted.
   * @param {FeedEvent} event
   * @param {Counts} counts
   */
  apply({ m, id, row, was, is }, counts) {
    const key = keyOf(m, id);
    if (was?.state === "waiting") this.#of(was.area).delete(key);
    if (is?.state !== "waiting" || !row?.queuedAt) return;
    const chats = this.#of(is.area);
    // Of a longer queue only its beginning is known: who comes after that is not next to it.
    const isWhole = chats.size + 1 >= (counts.waiting?.areas[is.area] ?? 0);
    if (isWhole || [...chats.values()].some((at) => at >= row.queuedAt)) chats.set(key, row.queuedAt);
  }

  /** Since when the first of an area's queue has waited, or null. @param {string} area */
  oldest(area) {
    let oldest = null;
    for (const at of this.areas.get(area)?.values() ?? []) if (oldest === null || at < oldest) oldest = at;
    return oldest;
  }

  /** Whether little is left of what is known of a longer queue. @param {Counts} counts */
  isShort(counts) {
    return Object.entries(counts.waiting?.areas ?? {}).some(([area, count]) => {
      const known = this.areas.get(area)?.size ?? 0;
      return known < count && known < FEW;
    });
  }

  /** @param {string} area */
  #of(area) {
    let chats = this.areas.get(area);
    if (!chats) this.areas.set(area, (chats = new Map()));
    return chats;
  }
}
