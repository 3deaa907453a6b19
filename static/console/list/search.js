// @ts-check
/** The search field above the list. */

import { addressOf } from "../router.js";

const PAUSE = 200;
const SHORTEST = 2;

export class SearchBox {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The text of the field, as typed. */
    this.text = "";
    this.timer = 0;
    this.isSearching = false;
    /** Where one was before. @type {string} */
    this.before = "/inbox/mine";
  }

  focus() {
    const { app } = this;
    const focus = () => document.getElementById("search")?.focus();
    const { ref } = app.router.place;
    app.panes.showList();
    if (app.router.place.ref === ref) focus();
    else app.afterDraw(focus);
  }

  /** The field says what the list shows; what is being typed stays as it is. @param {import("../types.js").Filter} filter */
  follow({ tab, text = "" }) {
    const wasSearching = this.isSearching;
    this.isSearching = tab === "search";
    if (this.isSearching && this.text.trim() !== text) this.text = text;
    if (this.isSearching) return;
    this.before = location.pathname + location.search;
    if (!wasSearching) return;
    clearTimeout(this.timer);
    this.text = "";
  }

  /** @param {Event} event */
  onInput = (event) => {
    this.text = /** @type {HTMLInputElement} */ (event.target).value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#search(), PAUSE);
  };

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    // What is found goes first, then the focus goes.
    if (event.key === "Escape" && !this.text && !this.isSearching) return;
    if (event.key === "Escape") this.end();
    else if (event.key === "ArrowDown") document.getElementById("cards")?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #search() {
    const { router } = this.app;
    const { filter, ref } = router.place;
    const text = this.text.trim();
    if (text.length < SHORTEST) {
      if (filter.tab === "search" && !text) this.end();
      return;
    }
    const isSearching = filter.tab === "search";
    const words = isSearching ? filter.words : false;
    router.go(addressOf({ tab: "search", m: filter.m, text, words }, ref), { replace: isSearching });
  }

  end = () => {
    clearTimeout(this.timer);
    this.text = "";
    if (this.app.router.place.filter.tab === "search") this.app.router.go(this.before);
    this.app.render();
  };
}
