// @ts-check
/** Filters and sorts the lines of a list, like the server. */

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
      return false; // search results are not updated
  }
}

/**
 * Returns the sort value of a line: ascending numbers.
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
 * Returns the position for a value in ascending values: before the first greater one.
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
