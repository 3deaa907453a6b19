// @ts-check
/** Loads the console's data by REST, and retries failed requests. */

import { applyEvent, isNothing, nothingToRead } from "./apply.js";
import { recount } from "./counts.js";
import { Meanwhile } from "./meanwhile.js";
import { keyOf } from "./store.js";

/** @typedef {import("../types.js").Id} Id */
/** @typedef {import("../types.js").Filter} Filter */
/** @typedef {import("../api/calls.js").Ref} Ref */

const [PAGE, LARGEST_PAGE] = [60, 1000];
const READ_SOON = 150;
// Failed requests are retried after this time, and with each heartbeat.
const READ_AGAIN = 3000;
const QUEUES_WITHIN = 15_000; // all consoles run out of a long queue at the same moment

export class Reader {
  /**
   * @param {import("./store.js").Store} store
   * @param {import("../api/calls.js").Calls} calls
   */
  constructor(store, calls) {
    this.store = store;
    this.calls = calls;
    this.toRead = nothingToRead();
    this.readTimer = 0;
    this.againTimer = 0;
    this.queuesTimer = 0;
    /** Counts full reloads, so that responses to earlier requests are recognised. */
    this.generation = 0;
    /** The number of the last change included in the loaded counts. */
    this.countedTo = 0;
    /** The contact that is shown. @type {Ref | null} */
    this.ref = null;
    this.meanwhile = new Meanwhile();
    /** Called with a contact that the user may not see (any more). @type {(ref: Ref) => void} */
    this.onLost = () => {};
    /** Called with errors other than those of the visible list and conversation. @type {(error: Error) => void} */
    this.onError = () => {};
  }

  /** @param {Id} m @param {import("../types.js").Manager} manager */
  async readManager(m, manager) {
    const { generation } = this;
    const [areas, { operators }, options] = await Promise.all([
      this.calls.areas(manager),
      this.calls.operators(m),
      this.calls.options(m),
    ]);
    if (generation !== this.generation) return; // a reset came meanwhile
    for (const key of this.store.areas.keys()) if (JSON.parse(key)[0] === m) this.store.areas.delete(key);
    for (const area of areas) this.store.areas.set(keyOf(m, area.id), area);
    for (const operator of operators) this.store.operators.set(operator.id, operator);
    this.store.options.set(m, options);
  }

  /** @param {import("../types.js").FeedEvent} event */
  count(event) {
    if (event.k !== "line" || event.s <= this.countedTo) return;
    const { counts, queues, me } = this.store;
    recount(counts, event.was, event.is, me);
    queues.apply(event, counts);
    if (this.queuesTimer || !queues.isShort(counts)) return;
    this.queuesTimer = setTimeout(() => {
      this.queuesTimer = 0;
      this.toRead.counts ||= queues.isShort(this.store.counts);
      this.readSoon();
    }, Math.random() * QUEUES_WITHIN);
  }

  /** Loads the counts of the tabs; later lines of the feed update them. */
  async readCounts() {
    const { generation } = this;
    const asked = this.calls.list({ tab: "queue" }, { limit: 1, feedCounts: true });
    const [{ counts, s, oldest = [] }, events] = await this.meanwhile.during(asked);
    if (generation !== this.generation) return; // there was a reset meanwhile
    this.store.counts = counts;
    this.store.queues.replace(oldest);
    // The feed is far behind: the counts are current, but lines must not be applied to them.
    if (s === null) {
      this.toRead.counts = true;
      this.#readAgain();
    }
    this.countedTo = s ?? Infinity;
    for (const event of events) this.count(event);
    this.store.changed();
  }

  /** @param {import("../types.js").FeedEvent[]} events */
  applyAgain(events) {
    for (const event of events) applyEvent(this.store, event, this.toRead);
    this.readSoon();
  }

  /**
   * Loads the first page of a list, or the next page.
   * @param {Filter} filter
   * @param {boolean} [anew] read it although it has been read
   */
  async readList(filter, anew = false) {
    const list = this.store.list(filter);
    while (anew && list.reading) await list.reading;
    if (list.reading || (list.isRead && list.next === null && !anew)) return;
    list.reading = this.#readPage(list, anew);
    await list.reading;
    list.reading = null;
    this.store.changed();
  }

  /** @param {import("./list.js").ChatList} list @param {boolean} anew */
  async #readPage(list, anew) {
    const { filter } = list;
    const after = anew ? null : list.next;
    const shown = list.lines.length;
    list.error = null;
    this.store.changed();
    try {
      // As much as was loaded before, so that the scroll position is kept.
      const limit = after ? PAGE : Math.min(200, Math.max(PAGE, shown));
      const asked = this.calls.list(filter, { after, limit });
      const [{ chats, next }, events] = await this.meanwhile.during(asked);
      const lines = chats.map((/** @type {any} */ row) => this.store.putRow(row));
      if (after) list.append(lines, next);
      else list.replace(lines, next);
      this.applyAgain(events);
    } catch (error) {
      list.error = /** @type {Error} */ (error);
      if (list.isRead && anew) this.toRead.lists.add(list);
      this.#readAgain();
    }
  }

  /**
   * Loads a contact's line, messages, ledger and notes.
   * @param {Ref} ref
   * @param {boolean} [anew]
   */
  async readConversation(ref, anew = false) {
    const conversation = this.store.conversation(ref);
    while (anew && conversation.reading) await conversation.reading;
    if (conversation.reading || (conversation.isRead && !anew)) return;
    conversation.reading = this.#readAllOf(conversation, anew);
    await conversation.reading;
    conversation.reading = null;
    this.store.changed();
  }

  /** @param {import("./conversation.js").Conversation} conversation @param {boolean} anew */
  async #readAllOf(conversation, anew) {
    const { ref } = conversation;
    conversation.error = null;
    try {
      // The line of a chat in a loaded list is updated by the feed.
      const isKnown = this.store.lines.has(conversation.key) && !anew;
      // As much as was loaded before: who reads further up stays there.
      const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, conversation.messages.length));
      const asked = Promise.all([
        this.calls.messages(ref, { limit }),
        this.calls.history(ref),
        this.calls.notes(ref),
        isKnown ? null : this.calls.chat(ref),
      ]);
      const [[messages, history, { notes }, row], events] = await this.meanwhile.during(asked);
      if (row) this.store.putRow(row);
      conversation.replaceMessages(messages, messages.length >= limit);
      conversation.replaceHistory(history);
      conversation.notes = new Map(notes.map((/** @type {any} */ note) => [note.id, note]));
      this.store.placeLine(conversation.key);
      this.applyAgain(events);
      this.#readScheduled(conversation);
    } catch (error) {
      this.#couldNotRead(conversation, /** @type {any} */ (error));
    }
  }

  /** Loads scheduled messages, which are separate from messages. @param {import("./conversation.js").Conversation} conversation */
  async #readScheduled(conversation) {
    const { generation } = this;
    if (this.store.me === "0") return; // only operators see them
    try {
      const { scheduled } = await this.calls.scheduled(conversation.ref);
      if (generation !== this.generation) return; // as of a line
      conversation.scheduled = new Map(scheduled.map((/** @type {any} */ one) => [one.id, one]));
      this.store.changed();
    } catch {
      // It is loaded again with the conversation.
    }
  }

  /** @param {import("./conversation.js").Conversation} conversation @param {import("../api/client.js").ApiError} error */
  #couldNotRead(conversation, error) {
    const isLost = error.status === 403 || error.status === 404;
    if (isLost && conversation.isRead) {
      this.store.removeContact(conversation.key);
      this.onLost(conversation.ref);
    } else if (isLost || !conversation.isRead) conversation.error = error;
    else this.toRead.messages.add(conversation.key); // the earlier data stays until then
    this.#readAgain();
  }

  /** Loads the messages before the loaded ones. @param {Ref} ref @param {number} [limit] */
  async readOlder(ref, limit = PAGE) {
    const conversation = this.store.conversation(ref);
    if (conversation.reading || !conversation.hasOlder) return;
    conversation.reading = this.#readBefore(conversation, limit);
    await conversation.reading;
    conversation.reading = null;
    this.store.changed();
  }

  /** @param {import("./conversation.js").Conversation} conversation @param {number} limit */
  async #readBefore(conversation, limit) {
    try {
      const before = conversation.messages[0]?.id;
      const older = await this.calls.messages(conversation.ref, { before, limit });
      conversation.prependMessages(older, older.length >= limit);
    } catch (error) {
      this.onError(/** @type {Error} */ (error));
    }
  }

  /** Loads data that events refer to, or that failed to load. */
  readSoon() {
    if (this.readTimer || isNothing(this.toRead)) return;
    this.readTimer = setTimeout(() => {
      this.readTimer = 0;
      const toRead = this.toRead;
      this.toRead = nothingToRead();
      const lines = [...toRead.lines].map(([key, ref]) => this.#readLine(key, ref));
      Promise.all(lines).then(() => this.#readClosed(toRead.closings));
      for (const list of toRead.lists) this.readList(list.filter, true);
      for (const key of new Set([...toRead.messages, ...toRead.histories])) {
        const conversation = this.store.conversations.get(key);
        if (!conversation) continue;
        if (toRead.messages.has(key)) this.readConversation(conversation.ref, true);
        else if (this.ref && keyOf(this.ref.m, this.ref.id) === key) this.#readHistory(conversation);
        else conversation.isRead = false; // loaded again when it is opened
      }
      if (toRead.counts) this.readCounts().catch(() => {
        this.toRead.counts = true;
        this.#readAgain();
      });
    }, READ_SOON);
  }

  /**
   * Reloads lists of closed chats that lack one: its contact has opened another since.
   * @param {Map<string, string>} closings contacts' keys by protocol
   */
  #readClosed(closings) {
    const { contacts, lines, lists } = this.store;
    for (const list of lists.values())
      for (const [protocol, key] of closings)
        if (list.lacksClosed(protocol, key, contacts.get(key), lines.get(key))) this.toRead.lists.add(list);
    this.readSoon();
  }

  /** @param {string} key @param {Ref} ref */
  async #readLine(key, ref) {
    const { generation } = this;
    try {
      const [row, events] = await this.meanwhile.during(this.calls.chat(ref));
      // There was a reset meanwhile: no event reports what changed before it, and everything is reloaded.
      if (generation !== this.generation) return;
      this.store.putRow(row);
      this.store.placeLine(key);
      this.applyAgain(events);
      this.store.changed();
    } catch (error) {
      // Deleted or no longer accessible: an event reports it too.
      if (/** @type {any} */ (error).isTemporary) this.toRead.lines.set(key, ref);
      this.#readAgain();
    }
  }

  /** @param {import("./conversation.js").Conversation} conversation */
  async #readHistory(conversation) {
    const { generation } = this;
    try {
      const history = await this.calls.history(conversation.ref);
      if (generation !== this.generation) return; // as of a line
      conversation.replaceHistory(history);
      this.store.changed();
    } catch (error) {
      if (/** @type {any} */ (error).isTemporary) this.toRead.histories.add(conversation.key);
      else this.onError(/** @type {Error} */ (error));
      this.#readAgain();
    }
  }

  #readAgain() {
    if (this.againTimer || isNothing(this.toRead)) return;
    this.againTimer = setTimeout(() => {
      this.againTimer = 0;
      this.readSoon();
    }, READ_AGAIN);
  }
}
