// @ts-check
/** Keeps the store in sync with the server: by REST at first, then by the feed. */

import { applyEvent } from "./apply.js";
import { applyNow } from "./now.js";
import { OF_OPERATORS } from "../router.js";
import { Reader } from "./reader.js";

export class Sync extends Reader {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("../api/calls.js").Calls} calls
   */
  constructor(store, calls) {
    super(store, calls);
    /** Frames wait while the initial state is loaded. @type {any[] | null} */
    this.waiting = [];
    this.hasBegun = false;
    /** Changes since the connection was lost, while it catches up. */
    this.changesMissed = 0;
    /** Called with events that views handle. @type {(event: any) => void} */
    this.onEvent = () => {};
  }

  /** Handles a frame of the feed. @param {any} frame */
  hear(frame) {
    if (frame.t === "reset") {
      this.waiting = [];
      this.hasBegun = true;
      this.readAll();
    } else if (this.waiting === null) this.#apply(frame);
    else {
      this.waiting.push(frame);
      if (frame.t === "hb" && !this.hasBegun) {
        this.hasBegun = true;
        this.readAll();
      }
    }
  }

  /** @param {any} frame */
  #apply(frame) {
    if (frame.t === "ev") {
      for (const event of frame.e) {
        this.count(event);
        applyEvent(this.store, event, this.toRead);
        this.meanwhile.note(event);
        this.onEvent(event);
      }
      this.changesMissed += frame.e.length;
      this.readSoon();
    } else if (frame.t === "now") applyNow(this.store, frame);
    else this.readSoon(); // A heartbeat: failed requests are retried.
    this.store.changed();
  }

  /** Loads everything that the console shows, then applies the frames received meanwhile. */
  async readAll() {
    const { store } = this;
    const generation = ++this.generation;
    try {
      const managers = await this.#readManagers();
      await Promise.all([
        ...managers,
        this.readCounts(),
        ...this.#lists().map((list) => this.readList(list.filter, true)),
        ...[...store.conversations.values()].map((one) => this.readConversation(one.ref, true)),
      ]);
      store.forgetUnshown();
    } catch (error) {
      this.onError(/** @type {Error} */ (error));
      if (generation === this.generation) setTimeout(() => this.readAll(), 2000);
      return;
    }
    if (generation !== this.generation) return; // there was a reset meanwhile
    const frames = this.waiting ?? [];
    this.waiting = null;
    for (const frame of frames) this.#apply(frame);
    store.changed();
    this.readGateways();
  }

  /** Reads whether the numbers are connected; of what the line missed the feed tells nothing later. */
  async readGateways() {
    const { managers, gateways } = this.store;
    const reading = [...managers.keys()].map(async (m) => {
      const { state, since } = await this.calls.gateway(m);
      gateways.set(m, { state, since });
    });
    await Promise.allSettled(reading); // as it was, where it could not be read
    this.store.changed();
  }

  /** Reads which managers there are; returns the reading of what each has. */
  async #readManagers() {
    const { store } = this;
    const managers = await this.calls.managers();
    const known = new Set(managers.map((/** @type {any} */ one) => one.number ?? one.facebookId));
    for (const m of store.managers.keys()) if (!known.has(m)) store.managers.delete(m);
    for (const key of store.areas.keys()) if (!known.has(JSON.parse(key)[0])) store.areas.delete(key);
    for (const { contacts, ...manager } of managers)
      store.managers.set(manager.number ?? manager.facebookId, manager);
    return [...store.managers.entries()].map(([m, manager]) => this.readManager(m, manager));
  }

  /** The lists that are shown, and that of one's own chats; of these only an operator has some. */
  #lists() {
    const { store } = this;
    if (store.me !== "0") store.mine;
    return [...store.lists.values()].filter(({ filter }) => store.me !== "0" || !OF_OPERATORS.has(filter.tab));
  }
}
