// @ts-check
/** One contact's conversation: its messages, ledger and notes, as far as they are read. */

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Note} Note */
/** @typedef {import("../types.js").LedgerEvent} LedgerEvent */
/** @typedef {import("../types.js").Session} Session */

export class Conversation {
  /** @param {string} key @param {import("../api/calls.js").Ref} ref */
  constructor(key, ref) {
    this.key = key;
    this.ref = ref;
    /** Oldest first. @type {Message[]} */
    this.messages = [];
    /** @type {Map<string, Message>} */
    this.byId = new Map();
    /**
     * Own messages that the server has answered and the feed has not told yet: the last
     * ones, as others that were stored before them may still come. @type {Set<string>}
     */
    this.untold = new Set();
    /** @type {LedgerEvent[]} */
    this.events = [];
    /** @type {Session[]} */
    this.sessions = [];
    /** @type {Map<string, Note>} */
    this.notes = new Map();
    /** @type {Map<string, any>} */
    this.scheduled = new Map();
    this.isRead = false;
    /** The reading that is on its way. @type {Promise<void> | null} */
    this.reading = null;
    /** Whether older messages are on the server. */
    this.hasOlder = false;
    /** @type {Error | null} */
    this.error = null;
    /** Counts changes, so that a view knows when to build its rows anew. */
    this.version = 0;
  }

  /** Replaces all messages by the newest. @param {Message[]} messages @param {boolean} hasOlder */
  replaceMessages(messages, hasOlder) {
    this.messages = messages;
    this.byId = new Map(messages.map((message) => [message.id, message]));
    this.untold.clear();
    this.hasOlder = hasOlder;
    this.isRead = true;
    this.version += 1;
  }

  /** Adds older messages before those that are there. @param {Message[]} messages @param {boolean} hasOlder */
  prependMessages(messages, hasOlder) {
    const older = messages.filter((message) => !this.byId.has(message.id));
    this.messages = [...older, ...this.messages];
    for (const message of older) this.byId.set(message.id, message);
    this.hasOlder = hasOlder;
    this.version += 1;
  }

  /** Stores an own message as the server has answered it. @param {Message} message */
  putSent(message) {
    if (this.byId.has(message.id)) return;
    this.untold.add(message.id);
    this.messages.push(message);
    this.byId.set(message.id, message);
    this.version += 1;
  }

  /** Stores a message of the feed that is new or has changed. @param {Message} message @param {boolean} isNew */
  putMessage(message, isNew) {
    const known = this.byId.get(message.id);
    if (known) {
      // The link's signature is new in each answer; the same file stays.
      const url = known.url && message.url ? known.url : message.url;
      const merged = { ...message, ...(url ? { url } : {}) };
      const place = this.messages.indexOf(known);
      if (isNew && this.untold.delete(message.id)) {
        this.messages.splice(place, 1);
        this.#insert(merged);
      } else this.messages[place] = merged;
      this.byId.set(message.id, merged);
    } else if (isNew) {
      this.#insert(message);
      this.byId.set(message.id, message);
    } else return;
    this.version += 1;
  }

  /** Puts it behind all that the feed has told. @param {Message} message */
  #insert(message) {
    this.messages.splice(this.messages.length - this.untold.size, 0, message);
  }

  /** @param {string} id */
  removeMessage(id) {
    const known = this.byId.get(id);
    if (!known) return;
    this.byId.delete(id);
    this.untold.delete(id);
    this.messages.splice(this.messages.indexOf(known), 1);
    this.version += 1;
  }

  /** @param {{sessions: Session[], events: LedgerEvent[]}} history */
  replaceHistory({ sessions, events }) {
    this.sessions = sessions;
    this.events = events;
    this.version += 1;
  }

  /** @param {Note} note */
  putNote(note) {
    this.notes.set(note.id, note);
    this.version += 1;
  }
}
