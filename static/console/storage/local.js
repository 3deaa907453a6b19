// @ts-check
/** The user's data in this browser: drafts, outbox and cache. */

import { Outbox } from "../outbox/outbox.js";
import { Transfers } from "../outbox/transfers.js";
import { t } from "../words.js";
import { Cache } from "./cache.js";
import { openDatabase } from "./database.js";
import { Drafts } from "./drafts.js";
import { locksOf } from "./locks.js";

/** The id of the user whose data it is. @param {import("../types.js").Person} person */
export function ownerOf(person) {
  return person.operatorId ?? `user ${person.name}`;
}

export class Local {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    const database = openDatabase();
    const render = () => app.render();
    /** Notifies the other tabs of this browser. */
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("hci-console");
    this.outbox = new Outbox(app.calls, render, database, locksOf(database), this.channel);
    this.transfers = new Transfers(app.calls, render, database, locksOf(database));
    this.drafts = new Drafts(database, render, this.channel, localStorage);
    this.cache = new Cache(database, app.store, () => app.connection.isCurrent);
    this.outbox.onSent = (entry, message) => {
      app.connection.messageSent();
      app.store.conversations.get(entry.contact)?.putSent(message);
    };
    this.outbox.onNotKept = () => app.overlay.toast(t("This browser cannot keep messages. Leave the page open until they are sent."));
    addEventListener("pagehide", () => this.#left());
    document.addEventListener("visibilitychange", () => document.hidden && this.#left());
    this.channel?.addEventListener("message", ({ data }) => this.#heard(data));
  }

  /** The page is hidden, and may never become visible again. */
  #left() {
    this.transfers.flush();
    this.drafts.leave();
  }

  /** Another tab of this browser signed in or out. @param {any} data */
  #heard({ signedIn, signedOut }) {
    const { account } = this.app;
    const person = account.person && ownerOf(account.person);
    if (signedOut && person) location.assign("/");
    else if (signedIn && person && person !== signedIn) location.assign("/");
    else if (signedIn && (account.gate.isOver || account.gate.isShown)) account.start();
  }

  /** After sign-in: loads the user's drafts and outbox; another user's messages are cleared. @param {import("../types.js").Person} person */
  async open(person) {
    const owner = ownerOf(person);
    this.channel?.postMessage({ signedIn: owner });
    this.outbox.isPaused = false;
    await Promise.all([this.cache.open(person, owner), this.drafts.open(owner).catch(() => {}), this.outbox.open(owner)]);
    this.outbox.flush();
    this.transfers.open(owner);
  }

  /** Nobody is signed in: nothing is sent. */
  pause() {
    this.outbox.isPaused = true;
    return this.drafts.save();
  }

  /** After sign-out: deletes the cache; drafts and outbox are kept for the user. */
  async close() {
    this.outbox.close();
    await this.transfers.close();
    await this.drafts.close();
    await this.cache.wipe();
    this.app.attaching.clear();
    this.channel?.postMessage({ signedOut: true });
  }
}
