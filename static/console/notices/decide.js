// @ts-check
/** Decides which events of the feed cause a notification. */

/**
 * Returns what an event means for the operator: a chat assigned to him, a message of one of
 * his customers, or a chat that is no longer his.
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
