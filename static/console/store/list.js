// @ts-check
/** One list of chats: its loaded part, updated by the feed. */

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
    /** The sort value of each line, by protocol. @type {Map<string, number>} */
    this.protocols = new Map();
    /** The server's `next`; null when the list is loaded completely. @type {string | null} */
    this.next = null;
    /** Whether the first page is loaded. */
    this.isRead = false;
    /** The request in progress. @type {Promise<void> | null} */
    this.reading = null;
    /** @type {Error | null} */
    this.error = null;
  }

  /** Whether it only contains open chats, so at most one per contact. */
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

  /** Removes a line. @param {string} protocol */
  remove(protocol) {
    if (!this.protocols.delete(protocol)) return false;
    this.lines.splice(this.lines.findIndex((line) => line.protocol === protocol), 1);
    return true;
  }

  /**
   * Returns whether a closed chat is missing from the list.
   * @param {string} protocol
   * @param {string} key the contact's
   * @param {Contact} [contact] if it is known
   * @param {Line} [line] the contact's latest, if it is known
   */
  lacksClosed(protocol, key, contact, line) {
    if (this.filter.tab !== "closed" || !this.isRead || this.protocols.has(protocol)) return false;
    if (contact && line?.protocol === protocol) return false; // its position is known
    const { m, area, channel } = this.filter;
    if (m != null && m !== JSON.parse(key)[0]) return false;
    return !contact || ((area == null || area === contact.area) && (channel == null || channel === contact.channel));
  }

  /**
   * Moves a changed line to its position; returns whether the list shows it. Lines after
   * the loaded part come with a later page.
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
    // For equal values, only the server knows the order.
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
