// @ts-check
/** One contact's conversation: the loaded messages, ledger and notes. */

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
     * Own messages that the server has confirmed but the feed has not sent yet: kept last,
     * as earlier ones may still arrive. @type {Set<string>}
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
    /** The request in progress. @type {Promise<void> | null} */
    this.reading = null;
    /** Whether the server has older messages. */
    this.hasOlder = false;
    /** @type {Error | null} */
    this.error = null;
    /** A change counter, so that views know when to rebuild their rows. */
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

  /** Adds older messages before the loaded ones. @param {Message[]} messages @param {boolean} hasOlder */
  prependMessages(messages, hasOlder) {
    const older = messages.filter((message) => !this.byId.has(message.id));
    this.messages = [...older, ...this.messages];
    for (const message of older) this.byId.set(message.id, message);
    this.hasOlder = hasOlder;
    this.version += 1;
  }

  /** Stores an own message from the server's response. @param {Message} message */
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
      // The link's signature differs in each response, but the file is the same.
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

  /** Moves it after all messages from the feed. @param {Message} message */
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
