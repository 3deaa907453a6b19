// @ts-check
/** Which events of the feed one is told of. */

/**
 * Returns what an event is to the operator: a chat that became his, a message of a
 * customer of his, or a chat that is his no more.
 * @param {import("../types.js").FeedEvent} event
 * @param {string} me
 * @param {import("../types.js").Contact | undefined} contact as it is after the event
 * @returns {"chat" | "message" | "gone" | null}
 */
export function noticeOf({ k, op, row, was, is }, me, contact) {
  if (me === "0") return null;
  if (k === "message") {
    const isCustomers = op === "I" && row?.direction === "in";
    return isCustomers && contact?.operatorId === me ? "message" : null;
  }
  if (k === "contact" && !row) return "gone";
  if (k !== "line") return null;
  const isMine = is?.operatorId === me && is.state !== "closed";
  const wasMine = was?.operatorId === me && was.state !== "closed";
  if (isMine && !wasMine) return "chat";
  return wasMine && !isMine ? "gone" : null;
}
