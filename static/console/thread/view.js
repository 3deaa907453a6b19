// @ts-check
/** The view state of a conversation: its window of rows and its scroll position. */

import { n } from "../words.js";

// The number of rows rendered; the window moves while scrolling.
const MOST = 240;
const STEP = 80;
const NEAR = 900;
// What arrow keys stop at, and what can keep its place on the screen.
const STOPS = "[data-message], .earlier";

export class ThreadView {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** Rows left out at the end; 0 shows the latest. */
    this.skipped = 0;
    this.shown = STEP;
    this.isAtEnd = true;
    /** The number of messages that arrived while the user was scrolled up. */
    this.arrived = 0;
    this.isScrolling = false;
    this.scrollTimer = 0;
    /** The message that has the focus, by its id. */
    this.focused = "";
    this.total = 0;
    /** The last row that is rendered, where later ones are left out. */
    this.last = "";
    /** Whether the next render scrolls to the end in any case. */
    this.goesToEnd = false;
    /** The pictures that could not be loaded. @type {Set<string>} */
    this.broken = new Set();
    /** What keeps its place on the screen over the next render. @type {{element: Element, top: number} | null} */
    this.anchor = null;
  }

  /** Resets the state for another conversation. */
  reset() {
    this.skipped = 0;
    this.shown = STEP;
    this.isAtEnd = true;
    this.arrived = 0;
    this.anchor = null;
    this.total = 0;
    this.last = "";
    this.goesToEnd = true;
    this.broken.clear();
  }

  /**
   * Returns the part of the rows that is rendered.
   * @template {{id: string}} Row
   * @param {Row[]} rows
   */
  windowOf(rows) {
    // While the user is scrolled up, new rows are not rendered, so that nothing moves.
    if (this.skipped > 0 && this.last) {
      const place = rows.findIndex(({ id }) => id === this.last);
      this.skipped = place < 0 ? this.skipped + rows.length - this.total : rows.length - place - 1;
    }
    this.total = rows.length;
    this.skipped = Math.max(0, Math.min(this.skipped, rows.length - 1));
    const end = rows.length - this.skipped;
    this.last = rows[end - 1]?.id ?? "";
    return rows.slice(Math.max(0, end - this.shown), end);
  }

  get log() {
    return document.getElementById("log");
  }

  /**
   * Keeps the end in view when the pane becomes lower or its content longer. The browser
   * reports this after its own layout: measuring after each render would cost another
   * layout.
   */
  #watch = new ResizeObserver(() => {
    if (this.isAtEnd && this.log) this.log.scrollTop = this.log.scrollHeight;
  });
  /** @type {HTMLElement | null} */
  #watched = null;

  /** Records the element that must keep its position; to be called before a render that adds rows above. */
  hold() {
    const { log } = this;
    if (!log || this.isAtEnd) return;
    const edge = log.getBoundingClientRect().top;
    for (const element of log.querySelectorAll(STOPS)) {
      const { top, bottom } = element.getBoundingClientRect();
      if (bottom > edge) {
        this.anchor = { element, top };
        return;
      }
    }
  }

  /** Keeps the end or the recorded row in position; to be called after each render. */
  settle() {
    const { log } = this;
    if (log !== this.#watched) {
      this.#watch.disconnect();
      if (log?.firstElementChild) {
        this.#watch.observe(log);
        this.#watch.observe(log.firstElementChild);
      }
      this.#watched = log;
    }
    if (!log) return;
    if (this.goesToEnd) log.scrollTop = log.scrollHeight;
    else if (this.anchor?.element.isConnected) {
      const moved = this.anchor.element.getBoundingClientRect().top - this.anchor.top;
      if (Math.abs(moved) > 1) log.scrollTop += moved;
    }
    this.anchor = null;
    this.goesToEnd = false;
  }

  onScroll = () => {
    const { log } = this;
    if (!log) return;
    const below = log.scrollHeight - log.scrollTop - log.clientHeight;
    const wasAtEnd = this.isAtEnd;
    this.isAtEnd = below < 40 && this.skipped === 0;
    if (this.isAtEnd) this.arrived = 0;
    if (log.scrollTop < NEAR) this.#earlier();
    else if (below < NEAR && this.skipped > 0) this.#later();
    this.#float();
    if (wasAtEnd !== this.isAtEnd) {
      if (this.isAtEnd) this.app.seen();
      this.app.render();
    }
  };

  #earlier() {
    const first = this.total - this.skipped - this.shown;
    if (first <= 0) {
      this.#readOlder();
      return;
    }
    this.hold();
    this.last = "";
    this.shown += Math.min(STEP, first);
    if (this.shown > MOST) {
      this.skipped += this.shown - MOST;
      this.shown = MOST;
    }
    this.app.render();
  }

  async #readOlder() {
    const { app } = this;
    const { conversation } = app;
    if (!conversation || conversation.reading || !app.folding.wantsOlder(conversation)) return;
    const known = conversation.messages.length;
    await app.sync.readOlder(conversation.ref);
    if (conversation !== app.conversation || conversation.messages.length === known) return;
    this.hold();
    // At the very top nothing scrolls any more that would show them.
    app.afterDraw(this.onScroll);
  }

  #later() {
    this.hold();
    this.last = "";
    this.skipped = Math.max(0, this.skipped - STEP);
    this.app.render();
  }

  /** The day is shown above the messages only while scrolling. */
  #float() {
    clearTimeout(this.scrollTimer);
    this.log?.classList.add("is-scrolling");
    this.scrollTimer = setTimeout(() => this.log?.classList.remove("is-scrolling"), 700);
  }

  toEnd = () => {
    this.skipped = 0;
    this.shown = STEP;
    this.isAtEnd = true;
    this.goesToEnd = true;
    this.arrived = 0;
    this.app.seen();
    this.app.render();
  };

  /** @param {string} id @param {boolean} isBroken false tries it again */
  setBroken(id, isBroken) {
    if (isBroken) this.broken.add(id);
    else this.broken.delete(id);
    this.app.render();
  }

  get pill() {
    return this.arrived ? n("{count} new", "{count} new ones", this.arrived) : "";
  }

  /** Draws the rows around one, wherever one is. @param {number} place @param {number} total */
  showAround(place, total) {
    this.total = total;
    this.last = "";
    this.skipped = Math.max(0, total - place - STEP / 2);
    this.shown = STEP;
    this.isAtEnd = false;
  }

  /** Draws rows that come after an element, or go, without moving it. @param {string} selector @param {() => number} count the number of rows then */
  keepAt(selector, count) {
    const element = this.log?.querySelector(selector);
    if (element) this.anchor = { element, top: element.getBoundingClientRect().top };
    const first = Math.max(0, this.total - this.skipped - this.shown);
    this.total = count();
    const end = Math.min(this.total, first + MOST);
    this.last = "";
    this.skipped = this.total - end;
    this.shown = Math.max(STEP, end - first);
    this.isAtEnd = false;
    this.app.afterDraw(this.onScroll);
  }

  /** Scrolls to a message that is drawn. @param {string} id */
  showMessage(id) {
    this.showElement(`[data-message="${CSS.escape(id)}"]`);
  }

  /** @param {string} selector */
  showElement(selector) {
    const element = /** @type {HTMLElement | null | undefined} */ (this.log?.querySelector(selector));
    element?.scrollIntoView({ block: "center" });
    element?.focus({ preventScroll: true });
    this.onScroll(); // it may have been in sight
  }

  /** Arrow keys go from message to message. @param {KeyboardEvent} event */
  onKey = (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const target = /** @type {Element} */ (event.target);
    if (!by || !this.log || target.closest("input, video, [role=slider]")) return;
    const all = [.../** @type {NodeListOf<HTMLElement>} */ (this.log.querySelectorAll(STOPS))];
    const at = all.indexOf(/** @type {HTMLElement} */ (target.closest(STOPS)));
    const next = at < 0 && by < 0 ? all[all.length - 1] : at < 0 ? undefined : all[at + by];
    if (!next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  /** @param {FocusEvent} event */
  onFocus = (event) => {
    const id = /** @type {Element} */ (event.target).closest("[data-message]")?.getAttribute("data-message") ?? "";
    if (id === this.focused) return;
    this.focused = id;
    this.app.render();
  };
}
