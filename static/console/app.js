// @ts-check
/** The console: creates its parts and connects them. */

import { Access } from "./session/access.js";
import { Attaching } from "./composer/attaching.js";
import { Calls } from "./api/calls.js";
import { Client } from "./api/client.js";
import { ContactFiles } from "./contact/files.js";
import { Connection } from "./feed/connection.js";
import { moment } from "./format/times.js";
import { Finding } from "./thread/finding.js";
import { Folding } from "./thread/folding.js";
import { ListView } from "./list/view.js";
import { Tallies } from "./list/tallies.js";
import { SearchBox } from "./list/search.js";
import { Overlay } from "./dialogs/overlay.js";
import { Panes } from "./frame/panes.js";
import { Notices } from "./notices/notices.js";
import { Presence } from "./thread/presence.js";
import { Quoting } from "./composer/quoting.js";
import { Recording } from "./composer/recording.js";
import { Shell } from "./shell/shell.js";
import { OF_OPERATORS, Router, addressOf } from "./router.js";
import { Account } from "./session/account.js";
import { PersonSettings } from "./session/settings.js";
import { ChatActions } from "./thread/actions.js";
import { Transferring } from "./thread/transferring.js";
import { Store, keyOf } from "./store/store.js";
import { Sync } from "./store/sync.js";
import { ThreadView } from "./thread/view.js";
import { Names } from "./store/names.js";
import { Writing } from "./composer/writing.js";
import { Local } from "./storage/local.js";

/** @typedef {import("./types.js").Id} Id */
/** @typedef {import("./types.js").Filter} Filter */
/** @typedef {import("./types.js").Line} Line */
/** @typedef {import("./router.js").Place} Place */

// How often times on the screen are updated.
const TICK = 5000;

export class App {
  /** @param {() => void} draw renders the page */
  constructor(draw) {
    this.draw = draw;
    this.now = Date.now();
    this.isDrawn = true;
    this.store = new Store();
    this.client = new Client();
    this.calls = new Calls(this.client);
    this.calls.channelOf = (ref) => this.store.contacts.get(keyOf(ref.m, ref.id))?.channel;
    this.calls.managerOf = (m) => this.store.managers.get(m);
    this.sync = new Sync(this.store, this.calls);
    this.local = new Local(this);
    this.outbox = this.local.outbox;
    this.transfers = this.local.transfers;
    this.drafts = this.local.drafts;
    this.cache = this.local.cache;
    this.names = new Names(this.store);
    this.tallies = new Tallies(this.store);
    this.overlay = new Overlay(this);
    this.panes = new Panes(this);
    this.settings = new PersonSettings(this);
    this.account = new Account(this);
    this.connection = new Connection(this);
    this.listView = new ListView(this);
    this.threadView = new ThreadView(this);
    this.finding = new Finding(this);
    this.folding = new Folding(this);
    this.search = new SearchBox(this);
    this.actions = new ChatActions(this);
    this.transferring = new Transferring(this);
    this.writing = new Writing(this);
    this.attaching = new Attaching(this);
    this.recording = new Recording(this);
    this.quoting = new Quoting(this);
    this.files = new ContactFiles(this);
    this.access = new Access(this);
    this.notices = new Notices(this);
    this.shell = new Shell(this);
    this.presence = new Presence(this);
    this.router = new Router((place) => this.moved(place));
    /** The first message that was unread when the chat was opened. @type {{before: string | null, count: number}} */
    this.unseen = { before: null, count: 0 };
    /** Recently opened contacts, the latest first. @type {string[]} */
    this.recent = [];
    this.store.subscribe(() => this.render());
    this.sync.onEvent = (event) => this.heard(event);
    this.sync.onError = (error) => this.overlay.failed(error);
    this.sync.onLost = (ref) => this.access.lose(this.keyOf(ref));
    setInterval(() => this.render(), TICK);
  }

  /** @type {(() => void)[]} */
  #afterDraw = [];

  /** Runs a callback after the next render. @param {() => void} act */
  afterDraw(act) {
    this.#afterDraw.push(act);
    this.render();
  }

  /** Renders the page before the next animation frame. */
  render() {
    if (!this.isDrawn) return;
    this.isDrawn = false;
    requestAnimationFrame(() => {
      this.isDrawn = true;
      this.now = Date.now();
      this.draw();
      this.threadView.settle();
      for (const act of this.#afterDraw.splice(0)) act();
    });
  }

  // Where one is

  /** @param {Filter} filter @param {{replace?: boolean}} [how] */
  go(filter, how) {
    this.router.go(addressOf(filter), how);
  }

  /** @param {Filter["tab"]} tab */
  goTab(tab) {
    this.go({ tab });
  }

  /** Loads the data of a route. @param {Place} place */
  moved(place) {
    if (place.protocol) {
      this.actions.openProtocol(place.protocol);
      return;
    }
    if (!this.isOperator && OF_OPERATORS.has(place.filter.tab)) {
      this.router.go(addressOf({ ...place.filter, ...this.home }, place.ref), { replace: true });
      return;
    }
    this.search.follow(place.filter);
    const list = this.store.list(place.filter);
    if (!list.isRead) this.sync.readList(place.filter);
    const before = this.sync.ref;
    const isOther = !place.ref || !before || keyOf(before.m, before.id) !== keyOf(place.ref.m, place.ref.id);
    this.sync.ref = place.ref;
    if (isOther) this.#opened(place.ref);
    this.render();
  }

  /** @param {import("./api/calls.js").Ref | null} ref */
  async #opened(ref) {
    this.overlay.leaveChat();
    this.threadView.reset();
    this.folding.reset();
    this.writing.reset();
    this.access.reset();
    this.actions.lostClaim = null;
    this.unseen = { before: null, count: 0 };
    this.presence.look(ref);
    if (!ref) return;
    const key = keyOf(ref.m, ref.id);
    this.recent = [key, ...this.recent.filter((one) => one !== key)].slice(0, 20);
    await this.sync.readConversation(ref);
    if (this.sync.ref !== ref) return;
    this.#markNew();
    this.seen();
    this.notices.look();
    this.finding.showWanted();
    this.listView.readNext();
  }

  /** Places the marker "3 novas" before the first unread message. */
  #markNew() {
    const { contact, conversation } = this;
    if (!contact?.unread || !conversation) return;
    const incoming = conversation.messages.filter(({ direction }) => direction === "in");
    const first = incoming[incoming.length - contact.unread];
    if (first) this.unseen = { before: first.id, count: contact.unread };
  }

  /** Marks the open chat as read, if it belongs to the user and its end is visible. */
  seen() {
    const { contact, line, conversation } = this;
    if (!contact?.unread || !line?.open || !conversation?.isRead || !this.threadView.isAtEnd) return;
    if (!this.isOperator || contact.operatorId !== this.store.me || document.hidden) return;
    this.calls.markRead(conversation.ref).catch(() => {});
  }

  /** Reloads the open chat. */
  reopenPlace() {
    const { ref } = this.router.place;
    if (ref) this.sync.readConversation(ref, true);
  }

  /** Opens a chat: where words were found that were looked for, or where an earlier one began. @param {Line} line */
  openLine(line) {
    const [m, id] = JSON.parse(line.key);
    const isOpen = this.conversation?.key === line.key;
    this.finding.wanted = line.hit || !line.open ? line : null;
    this.listView.active = line.protocol;
    this.router.go(addressOf(this.router.place.filter, { m, id }));
    if (isOpen) this.finding.showWanted();
  }

  openNext = () => {
    this.router.go(addressOf(this.router.place.filter));
    this.listView.step(0);
  };

  readMoreOfList() {
    const { currentList: list, listView } = this;
    if (!list.isRead || !list.next) return;
    // What is being read may be the first page again: no scrolling will ask once more at the foot.
    if (list.reading) list.reading.then(() => this.afterDraw(listView.readAtFoot));
    else this.sync.readList(list.filter);
  }

  /** Handles an event of the feed. @param {import("./types.js").FeedEvent} event */
  heard(event) {
    const { k, op, m, row } = event;
    this.notices.heard(event);
    this.access.heard(event);
    if (k !== "message" || op !== "I" || row?.direction !== "in") return;
    const key = keyOf(m, row.contactId);
    const isOpen = this.conversation?.key === key;
    if (isOpen && !this.threadView.isAtEnd) this.threadView.arrived += 1;
    if (isOpen) queueMicrotask(() => this.seen());
  }

  /** Focuses the composer or the claim button, once the chat is loaded. @param {unknown} [of] the chat */
  focusComposer(of = this.router.place.ref) {
    this.afterDraw(() => {
      if (this.router.place.ref !== of) return;
      if (this.conversation?.reading) setTimeout(() => this.focusComposer(of), 30);
      else /** @type {HTMLElement | null} */ (document.querySelector(this.mayAnswer ? "#composer, #templates-search" : "#claim"))?.focus();
    });
  }

  // What is open

  get currentList() {
    return this.store.list(this.router.place.filter);
  }

  get conversation() {
    const { ref } = this.router.place;
    return ref ? this.store.conversations.get(keyOf(ref.m, ref.id)) : undefined;
  }

  get line() {
    const { ref } = this.router.place;
    return ref ? this.store.lines.get(keyOf(ref.m, ref.id)) : undefined;
  }

  get contact() {
    const { ref } = this.router.place;
    return ref ? this.store.contacts.get(keyOf(ref.m, ref.id)) : undefined;
  }

  /** The list to begin with: a supervisor has no chats of his own. @returns {Filter} */
  get home() {
    return { tab: this.isOperator ? "mine" : "queue" };
  }

  get isOperator() {
    return this.store.me !== "0";
  }

  /** Whether the user may write in the open chat. */
  get mayAnswer() {
    const { line, contact } = this;
    return Boolean(this.isOperator && line?.open && contact?.operatorId === this.store.me);
  }

  /** @param {import("./api/calls.js").Ref} ref */
  keyOf(ref) {
    return keyOf(ref.m, ref.id);
  }

  /** @param {string} time */
  moment(time) {
    return moment(time, this.now);
  }
}
