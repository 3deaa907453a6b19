// @ts-check
/** The counts next to tabs and areas. */

import { t } from "../words.js";

export class Tallies {
  /** @param {import("../store/store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @type {import("../store/store.js").Store} */
  #store;

  /** The number of own chats that wait for the customer, "60+" if there may be more; "" until the list is loaded. */
  get mineAnswered() {
    const { mine, me, contacts } = this.#store;
    if (!mine.isRead) return "";
    const count = mine.lines.filter((line) => line.waitingSince === null && contacts.get(line.key)?.operatorId === me).length;
    return mine.next === null ? count : `${count}+`;
  }

  /** The number of own chats with unread messages. */
  get unreadOfMine() {
    const { mine, contacts } = this.#store;
    return mine.lines.filter((line) => contacts.get(line.key)?.unread).length;
  }

  /** The queues of the areas, by name, and of who waits without one; and since when the first of each has waited. */
  get queues() {
    const waiting = this.#store.counts.waiting?.areas ?? {};
    const own = this.#store.me !== "0" ? this.#store.operators.get(this.#store.me)?.areas : null;
    /** @type {Map<string, {code: string, name: string, count: number, oldest: string | null}>} */
    const queues = new Map();
    for (const { id, name } of this.#store.areas.values())
      if (!own || own.includes(id)) queues.set(id, { code: id, name, count: waiting[id] ?? 0, oldest: this.#store.queues.oldest(id) });
    // As long as somebody is there.
    if (waiting[""]) queues.set("", { code: "", name: t("No area"), count: waiting[""], oldest: this.#store.queues.oldest("") });
    return [...queues.values()].sort((one, other) => one.name.localeCompare(other.name));
  }
}
