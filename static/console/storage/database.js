// @ts-check
/** The browser's storage: an IndexedDB database, or memory if that is not available. */

/**
 * Keys are arrays that start with the user's id, so that users cannot read each other's data.
 * @typedef {(string | number)[]} Key
 * @typedef {"drafts" | "outbox" | "transfers" | "cache" | "leases"} Kind
 * @typedef {{key: Key, value: any}} Kept
 * @typedef {{
 *   put: (kind: Kind, key: Key, value: any) => Promise<void>,
 *   get: (kind: Kind, key: Key) => Promise<any>,
 *   remove: (kind: Kind, key: Key) => Promise<void>,
 *   removeAll: (kind: Kind, owner: string) => Promise<void>,
 *   all: (kind: Kind, owner?: string) => Promise<Kept[]>,
 *   update: (kind: Kind, key: Key, change: (value: any) => any) => Promise<any>,
 * }} Database
 */

const NAME = "hci-console";
const VERSION = 2;
/** @type {Kind[]} */
const KINDS = ["drafts", "outbox", "transfers", "cache", "leases"];

/** @implements {Database} */
export class BrowserDatabase {
  /** @type {Promise<IDBDatabase> | null} */
  #opening = null;

  #open() {
    this.#opening ??= new Promise((done, failed) => {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        const { objectStoreNames } = request.result;
        for (const kind of KINDS) if (!objectStoreNames.contains(kind)) request.result.createObjectStore(kind);
      };
      request.onerror = () => failed(request.error);
      request.onsuccess = () => {
        const database = request.result;
        // A later version of the page needs to upgrade it: the next use opens it again.
        database.onversionchange = () => {
          database.close();
          this.#opening = null;
        };
        database.onclose = () => {
          this.#opening = null;
        };
        done(database);
      };
    });
    this.#opening.catch(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  /**
   * Runs one transaction and returns the result of the last request, once it is durable.
   * @param {Kind} kind
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest | void} act
   */
  async #transact(kind, mode, act) {
    const database = await this.#open();
    return new Promise((done, failed) => {
      const transaction = database.transaction(kind, mode);
      const request = act(transaction.objectStore(kind));
      transaction.oncomplete = () => done(request?.result);
      transaction.onabort = transaction.onerror = () => failed(transaction.error);
    });
  }

  /** @param {Kind} kind @param {Key} key @param {any} value */
  async put(kind, key, value) {
    await this.#transact(kind, "readwrite", (store) => void store.put(value, key));
  }

  /** @param {Kind} kind @param {Key} key @returns {Promise<any>} */
  get(kind, key) {
    return this.#transact(kind, "readonly", (store) => store.get(key));
  }

  /** @param {Kind} kind @param {Key} key */
  async remove(kind, key) {
    await this.#transact(kind, "readwrite", (store) => void store.delete(key));
  }

  /** @param {Kind} kind @param {string} owner */
  async removeAll(kind, owner) {
    await this.#transact(kind, "readwrite", (store) => void store.delete(rangeOf(owner)));
  }

  /** @param {Kind} kind @param {string} [owner] everybody's, without it @returns {Promise<Kept[]>} */
  async all(kind, owner) {
    /** @type {Kept[]} */
    const found = [];
    await this.#transact(kind, "readonly", (store) => {
      const request = store.openCursor(owner === undefined ? null : rangeOf(owner));
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return;
        found.push({ key: /** @type {Key} */ (cursor.key), value: cursor.value });
        cursor.continue();
      };
    });
    return found;
  }

  /**
   * Updates a value in one transaction, isolated from other tabs; undefined keeps the
   * value.
   * @param {Kind} kind @param {Key} key @param {(value: any) => any} change
   */
  async update(kind, key, change) {
    /** @type {any} */
    let result;
    await this.#transact(kind, "readwrite", (store) => {
      const request = store.get(key);
      request.onsuccess = () => {
        const changed = change(request.result);
        result = changed ?? request.result;
        if (changed !== undefined) store.put(changed, key);
      };
    });
    return result;
  }
}

/** @param {string} owner */
function rangeOf(owner) {
  // Arrays sort after all strings and numbers.
  return IDBKeyRange.bound([owner], [owner, []]);
}

/** Storage in memory, for browsers without a database. @implements {Database} */
export class MemoryDatabase {
  constructor() {
    /** @type {Map<string, any>} */
    this.kept = new Map();
  }

  /** @param {Kind} kind @param {Key} key @param {any} value */
  async put(kind, key, value) {
    this.kept.set(JSON.stringify([kind, ...key]), value);
  }

  /** @param {Kind} kind @param {Key} key */
  async get(kind, key) {
    return this.kept.get(JSON.stringify([kind, ...key]));
  }

  /** @param {Kind} kind @param {Key} key */
  async remove(kind, key) {
    this.kept.delete(JSON.stringify([kind, ...key]));
  }

  /** @param {Kind} kind @param {string} owner */
  async removeAll(kind, owner) {
    for (const { key } of await this.all(kind, owner)) await this.remove(kind, key);
  }

  /** @param {Kind} kind @param {string} [owner] @returns {Promise<Kept[]>} */
  async all(kind, owner) {
    return [...this.kept]
      .map(([name, value]) => ({ name: JSON.parse(name), value }))
      .filter(({ name }) => name[0] === kind && (owner === undefined || name[1] === owner))
      .map(({ name, value }) => ({ key: name.slice(1), value }));
  }

  /** @param {Kind} kind @param {Key} key @param {(value: any) => any} change */
  async update(kind, key, change) {
    const value = this.kept.get(JSON.stringify([kind, ...key]));
    const changed = change(value);
    if (changed !== undefined) await this.put(kind, key, changed);
    return changed ?? value;
  }
}

/** Returns the database of this browser. @returns {Database} */
export function openDatabase() {
  return typeof indexedDB === "undefined" ? new MemoryDatabase() : new BrowserDatabase();
}
