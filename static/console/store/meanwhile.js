// @ts-check
/** Events that arrive while an answer is on its way. */

/** @typedef {import("../types.js").FeedEvent} FeedEvent */

/**
 * An answer may be older than events that were applied before it came: it would undo
 * them. They are kept while something is read, and applied again after it.
 */
export class Meanwhile {
  /** @type {Set<FeedEvent[]>} */
  #reads = new Set();

  /** @param {FeedEvent} event */
  note(event) {
    for (const events of this.#reads) events.push(event);
  }

  /**
   * Returns an answer, and what arrived since it was asked for.
   * @template Answer
   * @param {Promise<Answer>} asked
   * @returns {Promise<[Answer, FeedEvent[]]>}
   */
  async during(asked) {
    /** @type {FeedEvent[]} */
    const events = [];
    this.#reads.add(events);
    try {
      return [await asked, events];
    } finally {
      this.#reads.delete(events);
    }
  }
}
