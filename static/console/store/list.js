// @ts-check
/** One list of chats: the part of it that has been read, kept up by the feed. */

import { fits, placeOf, rank } from "./order.js";

/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../types.js").Filter} Filter */
/** @typedef {import("../types.js").Contact} Contact */

export class ChatList {
  /**
   * @param {Filter} filter
   * @param {Map<string, Contact>} contacts by key
   */
  constructor(filter, contacts) {
    this.filter = filter;
    this.contacts = contacts;
    /** @type {Line[]} */
    this.lines = [];
    /** What each line is ordered by, by its protocol. @type {Map<string, number>} */
    this.protocols = new Map();
    /** The server's `next`; null once the list was read to its end. @type {string | null} */
    this.next = null;
    /** Whether the first page has been read. */
    this.isRead = false;
    /** The reading that is on its way. @type {Promise<void> | null} */
    this.reading = null;
    /** @type {Error | null} */
    this.error = null;
  }

  /** Whether all that it shows is open: of a contact it shows one chat at most. */
  get showsOpen() {
    return this.filter.tab !== "closed" && this.filter.tab !== "search";
  }

  /** @param {Line} line */
  #rank(line) {
    const contact = this.contacts.get(line.key);
    return contact ? rank(this.filter.tab, line, contact) : 0;
  }

  /** Replaces all lines by a first page. @param {Line[]} lines @param {string | null} next */
  replace(lines, next) {
    this.lines = [];
    this.protocols.clear();
    this.isRead = true;
    this.append(lines, next);
  }

  /** Adds a following page. @param {Line[]} lines @param {string | null} next */
  append(lines, next) {
    for (const line of lines)
      if (!this.protocols.has(line.protocol)) {
        this.protocols.set(line.protocol, this.#rank(line));
        this.lines.push(line);
      }
    this.next = next;
  }

  /** Takes a line out. @param {string} protocol */
  remove(protocol) {
    if (!this.protocols.delete(protocol)) return false;
    this.lines.splice(this.lines.findIndex((line) => line.protocol === protocol), 1);
    return true;
  }

  /**
   * Returns whether a chat that was closed now has to be in the list and is not.
   * @param {string} protocol
   * @param {string} key the contact's
   * @param {Contact} [contact] if it is known
   * @param {Line} [line] the contact's latest, if it is known
   */
  lacksClosed(protocol, key, contact, line) {
    if (this.filter.tab !== "closed" || !this.isRead || this.protocols.has(protocol)) return false;
    if (contact && line?.protocol === protocol) return false; // it has been placed
    const { m, area, channel } = this.filter;
    if (m != null && m !== JSON.parse(key)[0]) return false;
    return !contact || ((area == null || area === contact.area) && (channel == null || channel === contact.channel));
  }

  /**
   * Puts a changed line where it belongs now; returns whether the list shows it.
   * What sorts behind the part that has been read comes with a later page.
   * @param {Line} line
   * @param {Contact} contact
   * @param {string} me
   */
  place(line, contact, me) {
    if (this.filter.tab === "search") {
      const place = this.lines.findIndex((one) => one.protocol === line.protocol);
      if (place >= 0) this.lines[place] = { ...line, hit: this.lines[place].hit };
      return place >= 0;
    }
    const value = this.#rank(line);
    const isShown = this.isRead && fits(this.filter, line, contact, me);
    // Of several with the same value the server knows the order.
    if (isShown && this.protocols.get(line.protocol) === value) {
      this.lines[this.lines.findIndex((one) => one.protocol === line.protocol)] = line;
      return true;
    }
    this.remove(line.protocol);
    if (!isShown) return false;
    const ranks = (/** @type {number} */ index) => this.protocols.get(this.lines[index].protocol) ?? 0;
    const place = placeOf(this.lines.length, ranks, value);
    if (place === this.lines.length && this.next !== null) return false;
    this.lines.splice(place, 0, line);
    this.protocols.set(line.protocol, value);
    return true;
  }
}
