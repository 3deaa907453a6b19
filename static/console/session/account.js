// @ts-check
/** The signed-in user: session, presence and settings. */

import { cookie } from "../api/cookies.js";
import { ownerOf } from "../storage/local.js";
import { t } from "../words.js";
import { keepLanguage } from "../shell/shell.js";

const THEMES = ["system", "light", "dark"];

export class Account {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {import("../types.js").Person | null} */
    this.person = null;
    this.gate = { isShown: false, isOver: false, isBusy: false, asksCode: false, error: "" };
    /** What had the focus when the session ended. @type {Element | null} */
    this.focused = null;
    /** Whether the server has confirmed the user since the page was loaded. */
    this.isConfirmed = false;
    app.client.onSignedOut = () => this.ended();
  }

  /** Loads the session; shows the sign-in form if there is none. */
  async start() {
    try {
      if (localStorage.getItem("signedOut")) await this.#endSession();
      this.#signedIn(await this.app.calls.whoAmI());
    } catch (error) {
      const { status, message } = /** @type {any} */ (error);
      if (status === 401) this.#show("");
      else if (!(await this.#startOffline())) {
        this.#show(message);
        setTimeout(() => !this.person && this.start(), 3000);
      }
    }
  }

  /** Starts with the data stored in the browser; returns whether there is any. */
  async #startOffline() {
    const { app } = this;
    const kept = localStorage.getItem("signedOut") ? null : await app.cache.restore();
    if (!kept) return false;
    app.connection.at = kept.at;
    this.#enter(kept.person);
    return true;
  }

  /** Ends a session that was signed out of while offline. */
  async #endSession() {
    await this.app.calls.signOut().catch((error) => {
      if (error.status !== 401) throw error;
    });
    localStorage.removeItem("signedOut");
  }

  /** After an offline start: checks that the session still belongs to the same user. */
  async confirmed() {
    if (this.isConfirmed) return;
    try {
      this.#signedIn(await this.app.calls.whoAmI());
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this.ended();
      throw error;
    }
  }

  /** @param {string} error */
  #show(error) {
    this.gate = { isShown: true, isOver: false, isBusy: false, asksCode: false, error };
    this.app.render();
  }

  /** @param {import("../types.js").Person} person */
  #signedIn(person) {
    // Auditors read in the back-office alone.
    if (person.role === "auditor") return location.replace("/admin/");
    if (this.person && ownerOf(this.person) !== ownerOf(person)) return this.#another();
    this.isConfirmed = true;
    return this.#enter(person);
  }

  /** Another user signed in: clears the previous user's data and URL. */
  async #another() {
    const { app } = this;
    app.connection.stop();
    app.store.clear();
    await app.local.close();
    location.replace("/inbox/mine");
  }

  /** @param {import("../types.js").Person} person */
  #enter(person) {
    const { app } = this;
    const isFirst = this.person === null;
    const { focused } = this;
    if (this.gate.isOver) app.afterDraw(() => /** @type {HTMLElement | null} */ (focused)?.focus());
    this.person = person;
    app.store.person = person;
    app.client.csrfToken = person.csrfToken;
    app.calls.operatorId = person.operatorId ?? "0";
    this.gate = { isShown: false, isOver: false, isBusy: false, asksCode: false, error: "" };
    app.local.open(person);
    if (isFirst) {
      if (location.pathname === "/") app.go(app.home, { replace: true });
      else app.moved(app.router.place);
    }
    app.settings.read();
    app.connection.start();
    app.render();
  }

  /** The session has ended: shows the sign-in form over the page, whose state is kept. */
  ended() {
    if (!this.person || this.gate.isOver) return;
    this.app.connection.stop();
    this.app.local.pause();
    this.focused = document.activeElement;
    this.gate = { isShown: false, isOver: true, isBusy: false, asksCode: false, error: "" };
    this.app.render();
  }

  /** @param {SubmitEvent} event */
  onSignIn = async (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    if (form.has("asksSound")) this.app.notices.setSound(form.has("sound"));
    this.gate = { ...this.gate, isBusy: true, error: "" };
    this.app.render();
    try {
      this.app.client.csrfToken = cookie("csrftoken");
      const person = await this.app.calls.signIn(String(form.get("username")), String(form.get("password")), String(form.get("otp") ?? "").trim());
      localStorage.removeItem("signedOut");
      this.#signedIn(person);
    } catch (error) {
      const { message, code } = /** @type {any} */ (error);
      const isWrong = code === "not_authenticated" || code === "wrong_credentials";
      const asksCode = this.gate.asksCode || code === "otp_required";
      this.gate = { ...this.gate, isBusy: false, asksCode, error: isWrong ? t("Username or password do not match. After 5 tries the wait grows.") : message };
      this.app.render();
      // Browsers apply `autofocus` only once per page.
      if (code === "otp_required") this.app.afterDraw(() => /** @type {HTMLElement | null} */ (document.querySelector("input[name=otp]"))?.focus());
    }
  };

  signOut = async () => {
    const { app } = this;
    // Offline, the session ends as soon as the connection is back.
    localStorage.setItem("signedOut", "yes");
    app.connection.stop();
    await app.local.close();
    await this.#endSession().catch(() => {});
    app.store.clear();
    location.assign("/");
  };

  // Presence

  get me() {
    return this.app.store.operators.get(this.app.store.me);
  }

  get presence() {
    return this.me?.presence ?? "online";
  }

  get pauseReason() {
    return this.me?.pauseReason ?? "";
  }

  get pauseReasons() {
    /** @type {Map<string, any>} */
    const reasons = new Map();
    for (const options of this.app.store.options.values())
      for (const reason of options.pauseReasons) reasons.set(reason.code, reason);
    return [...reasons.values()];
  }

  /** @param {string} presence @param {string} [reason] */
  setPresence = (presence, reason) =>
    this.app.overlay.during("presence", async () => {
      const operator = await this.app.calls.setPresence(presence, reason);
      this.app.store.operators.set(operator.id, { ...this.me, ...operator });
    });

  // Looks

  get themeName() {
    const names = { system: t("as the system"), light: t("light"), dark: t("dark") };
    return names[/** @type {"system"} */ (localStorage.getItem("theme") ?? "system")];
  }

  nextTheme = () => {
    const at = THEMES.indexOf(localStorage.getItem("theme") ?? "system");
    this.app.settings.change({ theme: THEMES[(at + 1) % THEMES.length] });
  };

  get densityName() {
    return document.documentElement.dataset.density === "compact" ? t("compact") : t("comfortable");
  }

  nextDensity = () => {
    const isCompact = document.documentElement.dataset.density === "compact";
    this.app.settings.change({ density: isCompact ? "comfortable" : "compact" });
  };

  /** @param {string} language */
  async setLanguage(language) {
    await keepLanguage(language);
    document.cookie = `django_language=${language}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  }

  /** Stores unsent input before the page is left. @param {string} language */
  async changeLanguage(language) {
    await this.app.drafts.save();
    await this.setLanguage(language);
  }

  get usesKeys() {
    return this.app.settings.value.keys !== false;
  }

  toggleKeys = () => {
    this.app.settings.change({ keys: !this.usesKeys });
  };
}
