// @ts-check
/** Locks between tabs: by Web Locks, or by a lease in the database. */

import { uuid } from "../parts/uuid.js";

// How long a closed or crashed tab can block others.
const LEASE = 20_000;
const RENEWED = 5000;
const ASKED = 400;

/**
 * Runs `act` while no other tab holds the lock with that name.
 * @typedef {{hold: (name: string, act: () => Promise<void>) => Promise<void>}} Locks
 */

/** @implements {Locks} */
class WebLocks {
  /** @param {string} name @param {() => Promise<void>} act */
  async hold(name, act) {
    await navigator.locks.request(`hci-${name}`, act);
  }
}

/** For pages opened by plain HTTP, where there are no Web Locks. @implements {Locks} */
export class Leases {
  /** @param {import("./database.js").Database} database @param {{asked?: number}} [pace] */
  constructor(database, { asked = ASKED } = {}) {
    this.database = database;
    this.asked = asked;
  }

  /** @param {string} name @param {() => Promise<void>} act */
  async hold(name, act) {
    const holder = uuid();
    while (!(await this.#take(name, holder))) await new Promise((done) => setTimeout(done, this.asked));
    const renewing = setInterval(() => this.#take(name, holder).catch(() => {}), RENEWED);
    try {
      await act();
    } finally {
      clearInterval(renewing);
      const free = (/** @type {any} */ lease) => (lease?.holder === holder ? { holder: "", until: 0 } : undefined);
      await this.database.update("leases", [name], free).catch(() => {});
    }
  }

  /** Returns whether the lease is taken or renewed. @param {string} name @param {string} holder */
  async #take(name, holder) {
    const now = Date.now();
    const take = (/** @type {any} */ known) => {
      const isFree = !known || known.holder === holder || known.until < now;
      return isFree ? { holder, until: now + LEASE } : undefined;
    };
    try {
      const lease = await this.database.update("leases", [name], take);
      return lease.holder === holder;
    } catch {
      return true; // no database: nothing is shared with other tabs
    }
  }
}

/** @param {import("./database.js").Database} database @returns {Locks} */
export function locksOf(database) {
  return globalThis.navigator?.locks ? new WebLocks() : new Leases(database);
}
