// @ts-check
/** Keeps the store equal to the server: by REST at first, then by the feed. */

import { applyEvent } from "./apply.js";
import { applyNow } from "./now.js";
import { Reader } from "./reader.js";

export class Sync extends Reader {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("../api/calls.js").Calls} calls
   */
  constructor(store, calls) {
    super(store, calls);
    /** Frames wait while the first state is read. @type {any[] | null} */
    this.waiting = [];
    this.hasBegun = false;
    /** Changes since the connection was lost, while it catches up. */
    this.changesMissed = 0;
    /** Called with events that views react to. @type {(event: any) => void} */
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
    else this.readSoon(); // A heartbeat: what could not be read is tried again.
    this.store.changed();
  }

  /** Reads all that the console shows; then applies the frames that came meanwhile. */
  async readAll() {
    const { store, calls } = this;
    const generation = ++this.generation;
    try {
      const managers = await calls.managers();
      const known = new Set(managers.map((/** @type {any} */ one) => one.number ?? one.facebookId));
      for (const m of store.managers.keys()) if (!known.has(m)) store.managers.delete(m);
      for (const { contacts, ...manager } of managers)
        store.managers.set(manager.number ?? manager.facebookId, manager);
      await Promise.all([
        ...[...store.managers.entries()].map(([m, manager]) => this.readManager(m, manager)),
        this.readCounts(),
        ...[...store.lists.values()].map((list) => this.readList(list.filter, true)),
        ...[...store.conversations.values()].map((one) => this.readConversation(one.ref, true)),
      ]);
    } catch (error) {
      this.onError(/** @type {Error} */ (error));
      if (generation === this.generation) setTimeout(() => this.readAll(), 2000);
      return;
    }
    if (generation !== this.generation) return; // a reset came meanwhile
    const frames = this.waiting ?? [];
    this.waiting = null;
    for (const frame of frames) this.#apply(frame);
    store.changed();
  }
}
