// @ts-check
/** The view state of the list: row order, scroll position, keyboard focus. */

/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../store/list.js").ChatList} ChatList */

/**
 * While the pointer or the focus is in the list, rows keep their positions: new ones wait
 * behind a button, and removed ones stay, dimmed.
 */
export class ListView {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.top = 0;
    this.height = 800;
    this.isHeld = false;
    /** The frozen order. @type {Line[] | null} */
    this.held = null;
    /** @type {ChatList | null} */
    this.heldList = null;
    /** The number of lines behind the button. */
    this.fresh = 0;
    /** The protocol of the card with the keyboard focus. */
    this.active = "";
  }

  /** Returns the lines to show, in order. @param {ChatList} list */
  lines(list) {
    // Without a row there is nothing to hold, nor what would say that one has left.
    if (!list.lines.length && !this.held?.length) this.isHeld = false;
    if (this.heldList !== list) this.#show(list);
    if (!this.isHeld) {
      this.held = null;
      this.fresh = 0;
    }
    if (!this.isHeld) return list.lines;
    this.held ??= list.lines.slice();
    const known = new Set(this.held.map((line) => line.protocol));
    const current = new Map(list.lines.map((line) => [line.protocol, line]));
    this.fresh = list.lines.reduce((count, { protocol }) => count + (known.has(protocol) ? 0 : 1), 0);
    // Pages loaded meanwhile are appended.
    const last = this.held[this.held.length - 1];
    const behind = last ? list.lines.findIndex((line) => line.protocol === last.protocol) : -1;
    if (behind >= 0) {
      const more = list.lines.slice(behind + 1).filter((line) => !known.has(line.protocol));
      this.held.push(...more);
      this.fresh -= more.length;
    }
    this.held = this.held.map((line) => current.get(line.protocol) ?? this.app.store.lines.get(line.key) ?? line);
    return this.held;
  }

  /** How far each list was scrolled. @type {WeakMap<ChatList, number>} */
  #tops = new WeakMap();

  /** Shows another list: from where it was left, else from its beginning. @param {ChatList} list */
  #show(list) {
    if (this.heldList) this.#tops.set(this.heldList, this.top);
    this.heldList = list;
    this.held = null;
    this.fresh = 0;
    this.top = this.#tops.get(list) ?? 0;
    this.app.afterDraw(() => document.getElementById("cards")?.scrollTo({ top: this.top }));
  }

  /** Returns the line with the keyboard focus. @param {Line[]} lines */
  activeIn(lines) {
    return lines.find((line) => line.protocol === this.active) ?? null;
  }

  /** Unfreezes the order of rows. */
  release() {
    this.isHeld = false;
    this.held = null;
    this.app.render();
  }

  toTop = () => {
    this.release();
    document.getElementById("cards")?.scrollTo({ top: 0 });
  };

  onEnter = () => {
    this.isHeld = true;
  };

  onFocus = () => {
    this.isHeld = true;
  };

  /** Pointer or focus leaves; the other one may still be there. */
  onLeave = () => {
    if (!document.getElementById("cards")?.matches(":hover, :focus")) this.release();
  };

  /** @param {Event} event */
  onScroll = (event) => {
    const element = /** @type {HTMLElement} */ (event.target);
    this.top = element.scrollTop;
    this.height = element.clientHeight;
    this.readAtFoot();
    this.app.render();
  };

  /** Reads the next page if the end of those that are there is near. */
  readAtFoot = () => {
    const element = document.getElementById("cards");
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 1200) this.app.readMoreOfList();
  };

  /** @param {Event} event */
  onClick = (event) => {
    const element = /** @type {Element} */ (event.target).closest?.("[data-protocol]");
    if (element) this.open(/** @type {HTMLElement} */ (element).dataset.protocol ?? "");
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else if (event.key === "Home") this.step(-Infinity);
    else if (event.key === "End") this.step(Infinity);
    else if (event.key === "Enter") {
      this.open(this.active);
      this.app.focusComposer();
    } else return;
    event.preventDefault();
  };

  /** Moves between the tabs with arrow keys. @param {KeyboardEvent} event */
  onTabKey = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const tabs = /** @type {HTMLElement[]} */ ([.../** @type {Element} */ (event.currentTarget).querySelectorAll("[role=tab]")]);
    const at = tabs.indexOf(/** @type {HTMLElement} */ (event.target));
    const next = tabs[(at + by + tabs.length) % tabs.length];
    next.click();
    next.focus();
  };

  /** Moves by rows and opens that chat. @param {number} by */
  step(by) {
    const lines = this.lines(this.app.currentList);
    if (!lines.length) return;
    const at = lines.findIndex((line) => line.protocol === this.active);
    const place = Math.max(0, Math.min(lines.length - 1, at < 0 ? 0 : at + by));
    this.open(lines[place].protocol);
    this.reveal(place);
  }

  /** @param {string} protocol */
  open(protocol) {
    const line = this.lines(this.app.currentList).find((one) => one.protocol === protocol);
    if (!line) return;
    this.active = protocol;
    this.app.openLine(line);
  }

  /** Preloads the chat after the open one, which is often opened next. */
  readNext() {
    const { currentList, line, store, sync } = this.app;
    const at = currentList.lines.findIndex(({ protocol }) => protocol === line?.protocol);
    const next = at >= 0 ? currentList.lines[at + 1] : undefined;
    if (!next || store.conversations.has(next.key)) return;
    const [m, id] = JSON.parse(next.key);
    sync.readConversation({ m, id });
  }

  /** Scrolls a row into view. @param {number} place */
  reveal(place) {
    const element = document.getElementById("cards");
    if (!element) return;
    const height = element.scrollHeight / Math.max(1, this.lines(this.app.currentList).length);
    const top = place * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + element.clientHeight)
      element.scrollTop = top + height - element.clientHeight;
  }
}
