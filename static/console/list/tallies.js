// @ts-check
/** Numbers beside tabs and areas. */

export class Tallies {
  /** @param {import("../store/store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @type {import("../store/store.js").Store} */
  #store;

  /** How many of one's own chats wait for the customer; "" until the list is read. */
  get mineAnswered() {
    const { lists, me, contacts } = this.#store;
    const list = [...lists.values()].find(({ filter }) => filter.tab === "mine" && filter.m == null && filter.area == null);
    if (!list?.isRead) return "";
    return list.lines.filter((line) => line.waitingSince === null && contacts.get(line.key)?.operatorId === me).length;
  }

  /** How many of one's own chats have something unread. */
  get unreadOfMine() {
    const list = [...this.#store.lists.values()].find(({ filter }) => filter.tab === "mine");
    return list ? list.lines.filter((line) => this.#store.contacts.get(line.key)?.unread).length : 0;
  }

  /** The queues of the areas, by name. */
  get queues() {
    const waiting = this.#store.counts.waiting?.areas ?? {};
    const own = this.#store.me !== "0" ? this.#store.operators.get(this.#store.me)?.areas : null;
    /** @type {Map<string, {code: string, name: string, count: number}>} */
    const queues = new Map();
    for (const { id, name } of this.#store.areas.values())
      if (!own || own.includes(id)) queues.set(id, { code: id, name, count: waiting[id] ?? 0 });
    return [...queues.values()].sort((one, other) => one.name.localeCompare(other.name));
  }
}
