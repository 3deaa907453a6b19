// @ts-check
/** Which lines a list shows, and in which order; as the server's list does. */

/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../types.js").Filter} Filter */
/** @typedef {import("../types.js").Contact} Contact */

/**
 * Returns whether the list shows the line.
 * @param {Filter} filter
 * @param {Line} line
 * @param {Contact} contact
 * @param {string} me the operator's id
 */
export function fits(filter, line, contact, me) {
  return (
    fitsTab(filter.tab, line, contact, me) &&
    (filter.m == null || filter.m === line.m) &&
    (filter.area == null || filter.area === contact.area) &&
    (filter.tag == null || line.tags.includes(filter.tag)) &&
    (filter.channel == null || filter.channel === contact.channel)
  );
}

/** @param {Filter["tab"]} tab @param {Line} line @param {Contact} contact @param {string} me */
function fitsTab(tab, line, contact, me) {
  const isMine = line.open && contact.operatorId === me && me !== "0";
  switch (tab) {
    case "mine":
      return isMine;
    case "answered":
      return isMine && line.waitingSince === null;
    case "queue":
      return line.state === "waiting";
    case "closed":
      return !line.open;
    default:
      return false; // what a search finds is not kept up
  }
}

/**
 * Returns what the list is ordered by: a number that rises along it.
 * @param {Filter["tab"]} tab
 * @param {Line} line
 * @param {Contact} contact
 */
export function rank(tab, line, contact) {
  if (tab === "queue") return Date.parse(line.queuedAt ?? line.openedAt);
  if (tab === "closed") return -Date.parse(line.closedAt ?? line.openedAt);
  return -Date.parse(contact.lastMessageAt ?? line.openedAt);
}

/**
 * Returns the place of a value in ascending values: before the first that is higher.
 * @param {number} length
 * @param {(place: number) => number} valueAt
 * @param {number} value
 */
export function placeOf(length, valueAt, value) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
