// @ts-check
/** Transfers that can still be undone: made after a few seconds, or as soon as one goes on. */

import { uuid } from "../parts/uuid.js";

/** @typedef {import("../api/calls.js").Ref} Ref */

/**
 * What was chosen. It is kept in the browser as it is, for a page that is closed meanwhile.
 * @typedef {{
 *   contact: string, ref: Ref, area: string, to: string, isMove: boolean,
 *   reason: string, note: string, name: string, small: string,
 * }} Choice
 * @typedef {Choice & {key: string, me: string, at: number}} Transfer
 */

export const UNDONE_FOR = 5000;
const PAUSE = 2000;
// What could not be made for so long is not made: the chat has gone on without it.
const KEPT_FOR = 10 * 60_000;

export class Transfers {
  /**
   * @param {{transfer: (transfer: Transfer) => Promise<void>}} calls
   * @param {() => void} changed
   * @param {import("../storage/database.js").Database} database
   * @param {import("../storage/locks.js").Locks} locks
   * @param {{undoneFor?: number, pause?: number}} [pace]
   */
  constructor(calls, changed, database, locks, { undoneFor = UNDONE_FOR, pause = PAUSE } = {}) {
    this.calls = calls;
    this.changed = changed;
    this.database = database;
    this.locks = locks;
    this.undoneFor = undoneFor;
    this.pause = pause;
    this.me = "";
    /** Which one can still be undone; one at a time. @type {Transfer | null} */
    this.current = null;
    /** @type {(isMade: boolean) => void} */
    this.decide = () => {};
    /** Those on their way. @type {Map<string, Promise<void>>} */
    this.running = new Map();
    /** Called with what was not made, and why. @type {(transfer: Transfer, error: Error | null) => void} */
    this.onFailed = () => {};
  }

  /** A person is signed in: what earlier pages left is made now. @param {string} me */
  async open(me) {
    this.me = me;
    const kept = await this.database.all("transfers", me).catch(() => []);
    for (const { value } of kept) if (this.me === me && !this.running.has(value.key)) this.#run(value, () => this.#isKept(value), true);
  }

  /** Makes what waits and forgets the person; what cannot be made now is left to his next sign-in. */
  async close() {
    await Promise.race([this.flush(), new Promise((done) => setTimeout(done, this.pause))]);
    this.me = "";
  }

  /** Makes a transfer after the time in which it can be undone; the one before it at once. @param {Choice} choice */
  add(choice) {
    this.flush();
    /** @type {Transfer} */
    const transfer = { ...choice, key: uuid(), me: this.me, at: Date.now() };
    const decided = new Promise((/** @type {(isMade: boolean) => void} */ done) => {
      const timer = setTimeout(() => this.decide(true), this.undoneFor);
      const ticker = setInterval(this.changed, Math.min(this.undoneFor, 1000));
      this.decide = (isMade) => {
        clearTimeout(timer);
        clearInterval(ticker);
        if (this.current === transfer) this.current = null;
        done(isMade);
        this.changed();
      };
    });
    this.current = transfer;
    const { key, me } = transfer;
    this.database.put("transfers", [me, key], transfer).catch(() => {});
    this.#run(transfer, () => decided, false);
    this.changed();
  }

  /** Takes back the one that waits, and returns it. */
  undo() {
    const { current } = this;
    if (current) this.decide(false);
    return current;
  }

  /** Makes the one that waits at once; resolves when nothing is on its way. */
  async flush() {
    if (this.current) this.decide(true);
    await Promise.all(this.running.values());
  }

  /** @param {string} contact */
  isPending(contact) {
    return this.current?.contact === contact;
  }

  /** How many seconds are left to undo. */
  get secondsLeft() {
    return this.current ? Math.max(1, Math.ceil((this.current.at + this.undoneFor - Date.now()) / 1000)) : 0;
  }

  /**
   * @param {Transfer} transfer
   * @param {() => Promise<boolean>} decide whether it is made
   * @param {boolean} isLeft whether an earlier page may have made it
   */
  #run(transfer, decide, isLeft) {
    const { me, key } = transfer;
    // Another page may still count down: whoever comes later waits for it.
    const running = this.locks.hold(`transfer ${me} ${key}`, async () => {
      if (await decide()) await this.#make(transfer, isLeft);
      else await this.#forget(transfer);
    });
    this.running.set(key, running.finally(() => this.running.delete(key)));
  }

  /** @param {Transfer} transfer @param {boolean} isLeft */
  async #make(transfer, isLeft) {
    for (let mayBeMade = isLeft; this.me === transfer.me; mayBeMade = true) {
      if (Date.now() - transfer.at > KEPT_FOR) return this.#failed(transfer, null);
      try {
        await this.calls.transfer(transfer);
        return this.#forget(transfer);
      } catch (error) {
        const { isTemporary, code, status } = /** @type {any} */ (error);
        if (code === "not_authenticated") return undefined; // made after the next sign-in
        // It was made before: one may not see the chat any more.
        if (mayBeMade && (status === 403 || status === 404)) return this.#forget(transfer);
        if (!isTemporary) return this.#failed(transfer, /** @type {Error} */ (error));
      }
      await new Promise((done) => setTimeout(done, this.pause));
    }
    return undefined;
  }

  /** @param {Transfer} transfer @param {Error | null} error */
  async #failed(transfer, error) {
    await this.#forget(transfer);
    this.onFailed(transfer, error);
  }

  /** @param {Transfer} transfer */
  async #isKept({ me, key }) {
    return Boolean(await this.database.get("transfers", [me, key]).catch(() => null));
  }

  /** @param {Transfer} transfer */
  async #forget({ me, key }) {
    await this.database.remove("transfers", [me, key]).catch(() => {});
  }
}
