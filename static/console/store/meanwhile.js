// @ts-check
/** Buffers events that arrive during a request. */

/** @typedef {import("../types.js").FeedEvent} FeedEvent */

/**
 * A response may be older than events that were applied before it arrived, and would undo
 * them. So events are buffered during requests, and applied again afterwards.
 */
export class Meanwhile {
  /** @type {Set<FeedEvent[]>} */
  #reads = new Set();

  /** @param {FeedEvent} event */
  note(event) {
    for (const events of this.#reads) events.push(event);
  }

  /**
   * Returns a response, and the events that arrived since the request.
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
