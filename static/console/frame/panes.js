// @ts-check
/** Which of the panes are shown: the list, the chat, the contact. */

import { addressOf } from "../router.js";

export class Panes {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** Whether the contact stands beside the chat, where there is room. */
    this.hasDetails = localStorage.getItem("details") !== "hidden";
  }

  /** Whether one pane is shown at a time: on a phone, or at 200 % zoom. */
  get isNarrow() {
    return !matchMedia("(min-width: 55rem)").matches;
  }

  /** Whether the contact is in sight. */
  get showsDetails() {
    return this.isNarrow ? this.app.router.place.pane === "details" : this.hasDetails;
  }

  /** Leaves the chat where it covers the list. */
  showList() {
    const { filter, ref } = this.app.router.place;
    if (ref && this.isNarrow) this.app.router.go(addressOf(filter));
  }

  toggleDetails = () => {
    const { app } = this;
    const { filter, ref } = app.router.place;
    if (this.isNarrow) {
      if (ref) app.router.go(`${addressOf(filter, ref)}${this.showsDetails ? "" : "#contact"}`);
      return;
    }
    this.hasDetails = !this.hasDetails;
    localStorage.setItem("details", this.hasDetails ? "shown" : "hidden");
    app.render();
  };

  /** The name opens the contact's page on a phone, and the side pane elsewhere. @param {Event} event */
  onContactLink = (event) => {
    if (this.isNarrow) return;
    event.preventDefault();
    this.toggleDetails();
  };
}
