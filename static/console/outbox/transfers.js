// @ts-check
/** Transfers that can be undone: executed after a few seconds, or when the user moves on. */

import { uuid } from "../parts/uuid.js";

/** @typedef {import("../api/calls.js").Ref} Ref */

/**
 * The chosen transfer. It is stored in the browser, in case the page is closed meanwhile.
 * @typedef {{
 *   contact: string, ref: Ref, area: string, to: string, isMove: boolean,
 *   reason: string, note: string, name: string, small: string,
 * }} Choice
 * @typedef {Choice & {key: string, me: string, at: number}} Transfer
 */

export const UNDONE_FOR = 5000;
const PAUSE = 2000;
// A transfer that could not be executed for this long is dropped: the chat has changed since.
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
    /** The transfer that can still be undone; one at a time. @type {Transfer | null} */
    this.current = null;
    /** @type {(isMade: boolean) => void} */
    this.decide = () => {};
    /** Transfers being executed. @type {Map<string, Promise<void>>} */
    this.running = new Map();
    /** Called with a failed transfer and the error. @type {(transfer: Transfer, error: Error | null) => void} */
    this.onFailed = () => {};
  }

  /** After sign-in: executes the transfers that earlier pages left. @param {string} me */
  async open(me) {
    this.me = me;
    const kept = await this.database.all("transfers", me).catch(() => []);
    for (const { value } of kept) if (this.me === me && !this.running.has(value.key)) this.#run(value, () => this.#isKept(value), true);
  }

  /** Executes pending transfers before sign-out; failed ones are left for the next sign-in. */
  async close() {
    await Promise.race([this.flush(), new Promise((done) => setTimeout(done, this.pause))]);
    this.me = "";
  }

  /** Schedules a transfer after the undo time; executes the previous one at once. @param {Choice} choice */
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

  /** Cancels and returns the pending transfer. */
  undo() {
    const { current } = this;
    if (current) this.decide(false);
    return current;
  }

  /** Executes the pending transfer at once; resolves when none is in progress. */
  async flush() {
    if (this.current) this.decide(true);
    await Promise.all(this.running.values());
  }

  /** @param {string} contact */
  isPending(contact) {
    return this.current?.contact === contact;
  }

  /** The remaining seconds to undo. */
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
    // Another page may still be counting down: wait for it.
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
        if (code === "not_authenticated") return undefined; // executed after the next sign-in
        // It was executed before, so the user may no longer see the chat.
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
