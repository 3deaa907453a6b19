// @ts-check
/** Notifies of new chats and messages that are not visible: by sound, desktop notification or in the page. */

import { contactName } from "../format/names.js";
import { preview } from "../list/card.js";
import { addressOf } from "../router.js";
import { keyOf } from "../store/store.js";
import { t } from "../words.js";
import { noticeOf } from "./decide.js";
import { Sound } from "./sound.js";

const REPEATED = 30_000;
// How long a notification of another tab of this browser counts.
const TOLD = 5000;
// How often one looks for a name, and after what time.
const NAMED_WITHIN = 6;
const NAME_LOOKED_FOR = 250;

export class Notices {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.sound = new Sound();
    this.hasSound = localStorage.getItem("sound") !== "off";
    this.hasDesktop = localStorage.getItem("notices") === "on" && permission() === "granted";
    /** Notifications that the user has not seen yet, by contact. @type {Map<string, "chat" | "message">} */
    this.unseen = new Map();
    /** @type {Map<string, Notification>} */
    this.shown = new Map();
    this.timer = setInterval(() => this.#repeat(), REPEATED);
    for (const name of ["pointerdown", "keydown"])
      document.addEventListener(name, () => this.hasSound && this.sound.unlock(), { capture: true, passive: true });
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("focus", () => this.look());
  }

  /** Whether the chat is visible in a focused page. @param {string} key */
  #isSeen(key) {
    return this.app.conversation?.key === key && !document.hidden && document.hasFocus();
  }

  /** Handles an event of the feed; to be called after it was applied. @param {import("../types.js").FeedEvent} event */
  heard(event) {
    const { store } = this.app;
    const key = keyOf(event.m, event.k === "message" ? event.row?.contactId : event.id);
    const kind = noticeOf(event, store.me, store.contacts.get(key));
    if (kind === "gone") this.seen(key);
    if ((kind !== "chat" && kind !== "message") || this.#isSeen(key)) return;
    if (this.unseen.get(key) !== "chat") this.unseen.set(key, kind);
    if (this.#isToldElsewhere(`${kind} ${key} ${event.s}`)) return;
    this.#tell(key, kind, event);
  }

  /** Whether another tab has just notified of it. @param {string} name */
  #isToldElsewhere(name) {
    const [last, at] = JSON.parse(localStorage.getItem("told") ?? "[null, 0]");
    const now = Date.now();
    if (last === name && now - at < TOLD) return true;
    localStorage.setItem("told", JSON.stringify([name, now]));
    return false;
  }

  /**
   * Who is new here is told of by name, which is read a moment after the event.
   * @param {string} key
   * @param {"chat" | "message"} kind
   * @param {import("../types.js").FeedEvent} event
   * @param {number} [tries]
   */
  #tell(key, kind, event, tries = NAMED_WITHIN) {
    const { app } = this;
    const contact = app.store.contacts.get(key);
    if (!contact && tries > 0) {
      setTimeout(() => this.unseen.has(key) && this.#tell(key, kind, event, tries - 1), NAME_LOOKED_FOR);
      return;
    }
    const name = contact ? contactName(contact) : t("A customer");
    const title = kind === "chat" ? t("{name} is with you now", { name }) : t("{name} wrote", { name });
    const text = kind === "message" && event.row ? preview(event.row) : "";
    if (this.hasSound) this.sound.play(kind);
    if (this.hasDesktop && (document.hidden || !document.hasFocus())) this.#show(key, title, text);
    else if (kind === "chat" || document.hidden) app.overlay.toast(title, { action: t("Open the chat"), act: () => this.#open(key) });
  }

  /** @param {string} key @param {string} title @param {string} body */
  #show(key, title, body) {
    try {
      const notice = new Notification(title, { body, tag: key, icon: document.querySelector("link[rel=icon]")?.getAttribute("href") ?? undefined });
      notice.onclick = () => {
        window.focus();
        this.#open(key);
      };
      this.shown.set(key, notice);
    } catch {
      // Chrome on Android only shows notifications of a service worker.
    }
  }

  /** @param {string} key */
  #open(key) {
    const [m, id] = JSON.parse(key);
    this.app.router.go(addressOf({ tab: "mine" }, { m, id }));
    this.look();
  }

  #repeat() {
    this.look();
    if (!this.unseen.size || !this.hasSound || this.app.account.gate.isOver) return;
    const kinds = new Set(this.unseen.values());
    if (!this.#isToldElsewhere("again")) this.sound.play(kinds.has("chat") ? "chat" : "message");
  }

  /** Visible messages have been seen, and so have those read elsewhere. */
  look() {
    for (const key of [...this.unseen.keys()]) {
      const contact = this.app.store.contacts.get(key);
      const isRead = this.unseen.get(key) === "message" && contact?.unread === 0;
      if (this.#isSeen(key) || isRead || contact?.operatorId !== this.app.store.me) this.seen(key);
    }
  }

  /** @param {string} key */
  seen(key) {
    this.unseen.delete(key);
    this.shown.get(key)?.close();
    this.shown.delete(key);
  }

  toggleSound = () => {
    this.setSound(!this.hasSound);
    if (!this.hasSound) return;
    this.sound.unlock();
    setTimeout(() => this.sound.play("message"), 50);
  };

  /** @param {boolean} isOn */
  setSound(isOn) {
    this.hasSound = isOn;
    localStorage.setItem("sound", isOn ? "on" : "off");
    this.app.render();
  }

  /** Why desktop notifications are not available, or "". */
  get obstacle() {
    if (permission() === "none") return t("This browser shows no notices here.");
    return permission() === "denied" ? t("Notices are blocked in the settings of the browser.") : "";
  }

  toggleDesktop = async () => {
    if (this.obstacle) return this.app.overlay.toast(this.obstacle);
    const isOn = !this.hasDesktop && (await Notification.requestPermission()) === "granted";
    this.hasDesktop = isOn;
    localStorage.setItem("notices", isOn ? "on" : "off");
    this.app.render();
  };
}

function permission() {
  return typeof Notification === "undefined" || !globalThis.isSecureContext ? "none" : Notification.permission;
}
