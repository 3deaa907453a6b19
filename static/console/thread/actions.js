// @ts-check
/** The actions on a chat: claim, transfer, close, reopen, tag. */

import { localTime } from "../dialogs/schedule.js";
import { uuid } from "../parts/uuid.js";
import { addressOf } from "../router.js";
import { keyOf } from "../store/store.js";
import { t } from "../words.js";

/** @typedef {import("../types.js").Line} Line */

export class ChatActions {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** The operator who claimed the chat first, and when. @type {{key: string, winner: string, at: number} | null} */
    this.lostClaim = null;
  }

  /** @returns {import("../api/calls.js").Ref} */
  get #ref() {
    return /** @type {import("../api/calls.js").Ref} */ (this.app.router.place.ref);
  }

  /** Whether the open chat belongs to the user. */
  get #isMine() {
    return this.app.mayAnswer;
  }

  // Claiming

  claim() {
    const { app } = this;
    const ref = this.#ref;
    return app.overlay.during("claim", async () => {
      try {
        await app.calls.claim(ref);
      } catch (error) {
        if (/** @type {any} */ (error).code !== "already_answered") throw error;
        return this.#lost(ref);
      }
      const key = keyOf(ref.m, ref.id);
      const contact = app.store.contacts.get(key);
      if (contact) app.store.contacts.set(key, { ...contact, operatorId: app.store.me });
      app.store.placeLine(key);
      app.store.changed();
      app.seen();
      app.focusComposer();
      return undefined;
    });
  }

  claimByKey() {
    const { app } = this;
    const next = this.lostClaim && this.nextInQueue;
    if (next) this.claimNext(next);
    else if (app.line?.open && app.contact?.operatorId === "0" && app.isOperator) this.claim();
  }

  /** @param {Line} line */
  claimNext(line) {
    this.app.openLine(line);
    this.claim();
  }

  /** Shows who claimed the chat first. @param {import("../api/calls.js").Ref} ref */
  async #lost(ref) {
    const { app } = this;
    const row = await app.calls.chat(ref);
    const line = app.store.putRow(row);
    app.store.placeLine(line.key);
    this.lostClaim = { key: line.key, winner: row.contact.operatorId, at: Date.now() };
    app.sync.readList({ tab: "queue" });
    app.store.changed();
  }

  /** The chat of the queue that has waited longest. */
  get nextInQueue() {
    const { app } = this;
    const lists = [...app.store.lists.values()].filter(({ filter, isRead }) => filter.tab === "queue" && isRead);
    return lists[0]?.lines.find(({ key }) => key !== this.lostClaim?.key) ?? null;
  }

  giveBack = () => {
    const { app } = this;
    if (!this.#isMine || app.transferring.goesNow()) return;
    const ref = this.#ref;
    app.overlay.during("giveBack", async () => {
      await app.calls.giveBack(ref);
      app.overlay.toast(t("Back in the queue"));
    });
  };

  // Transferring and closing

  /** Why transferring or closing is not possible now, or "". */
  get offlineReason() {
    return this.app.connection.isOffline ? t("Transferring and closing are back with the connection") : "";
  }

  isOffline() {
    const { offlineReason } = this;
    if (offlineReason) this.app.overlay.toast(offlineReason);
    return Boolean(offlineReason);
  }

  openClosing = () => {
    if (this.#isMine && !this.isOffline() && !this.app.transferring.goesNow()) this.app.overlay.open({ name: "closing", reason: "", survey: true, error: "" });
  };

  /** @param {Event} event */
  onClose = (event) => {
    event.preventDefault();
    const { app } = this;
    const { reason, survey } = app.overlay.dialog;
    const ref = this.#ref;
    app.overlay.during("close", async () => {
      await app.calls.close(ref, { ...(reason ? { reason } : {}), ...(survey ? {} : { survey }) });
      app.overlay.closeDone();
      app.overlay.toast(t("Chat closed"));
    });
  };

  openSchedule = () => {
    const { app } = this;
    if (!this.#isMine || app.transferring.goesNow()) return;
    const at = localTime(Date.now() + 3_600_000);
    app.overlay.open({ name: "schedule", text: app.writing.text, at, error: "" });
  };

  /** What is written there is the draft of the reply: closing the dialog loses nothing. @param {Event} event */
  onScheduleText = (event) => {
    const { value } = /** @type {HTMLTextAreaElement} */ (event.target);
    this.app.drafts.set("reply", this.app.keyOf(this.#ref), value);
    this.app.overlay.change({ text: value });
  };

  /** @param {Event} event */
  onSchedule = (event) => {
    event.preventDefault();
    const { app } = this;
    const { text, at } = app.overlay.dialog;
    const ref = this.#ref;
    app.overlay.during("schedule", async () => {
      const one = await app.calls.schedule(ref, text.trim(), new Date(at).toISOString(), uuid());
      app.store.conversation(ref).scheduled.set(one.id, one);
      app.drafts.set("reply", app.keyOf(ref), "");
      app.overlay.close();
      app.overlay.toast(t("Scheduled for {when}", { when: app.moment(one.sendAt) }));
    });
  };

  /** @param {string} id */
  cancelScheduled(id) {
    const { app } = this;
    const ref = this.#ref;
    app.overlay.during("cancel", async () => {
      await app.calls.cancelScheduled(ref, id).catch((/** @type {Error & {code?: string}} */ error) => {
        // Somebody else has cancelled it.
        if (error.code !== "not_found") throw error;
      });
      app.store.conversation(ref).scheduled.delete(id);
    });
  }

  reopen = () => {
    const { app } = this;
    const { line } = app;
    const ref = this.#ref;
    if (!line) return;
    app.overlay.during("reopen", async () => {
      await app.calls.reopen(ref, line.protocol);
      await app.sync.readConversation(ref, true); // it is one's own now
      app.focusComposer(ref);
    });
  };

  // Tags, links, pages

  /** @param {string} code @param {boolean} isAdded */
  changeTag(code, isAdded) {
    const { app } = this;
    const ref = this.#ref;
    app.transferring.goesNow();
    // One after the other, however fast they are chosen.
    app.calls.tag(ref, isAdded ? { add: [code] } : { remove: [code] }).catch((error) => app.overlay.failed(error));
  }

  /** @param {Event} event */
  onTagChosen = (event) => {
    const field = /** @type {HTMLSelectElement} */ (event.target);
    if (field.value) this.changeTag(field.value, true);
    field.value = "";
  };

  /** Goes to the tags, which are in the pane of the contact. */
  focusTags() {
    const { app } = this;
    if (!app.line) return;
    if (!app.panes.showsDetails) app.panes.toggleDetails();
    app.afterDraw(() => document.getElementById("add-tag")?.focus());
  }

  copyProtocol = () => this.#copy(this.app.line?.protocol, t("Protocol copied"));
  copyLink = () => this.#copy(this.app.router.place.ref ? location.href : undefined, t("Link copied"));

  /** @param {string | undefined} text @param {string} said */
  async #copy(text, said) {
    if (!text) return;
    try {
      await navigator.clipboard.writeText(text);
      this.app.overlay.toast(said, { small: text });
    } catch {
      this.app.overlay.toast(text); // the browser does not allow it here
    }
  }

  openTranscript = (protocol = this.app.line?.protocol) => {
    const { app } = this;
    const ref = this.#ref;
    if (!protocol) return;
    app.overlay.during("transcript", async () => {
      const { page } = await app.calls.transcript(ref, protocol);
      open(page, "_blank", "noopener");
    });
  };

  openWhy = async () => {
    const { app } = this;
    app.overlay.open({ name: "why", answer: null, error: "" });
    try {
      app.overlay.change({ answer: await app.calls.why(this.#ref) });
    } catch (error) {
      app.overlay.change({ error: /** @type {Error} */ (error).message });
    }
  };

  /** Goes to where an earlier chat of the open contact began. @param {import("../types.js").Session} session @param {MouseEvent} event */
  showSession({ protocol }, event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // its address, in a tab of its own
    event.preventDefault();
    const { app } = this;
    app.router.go(addressOf(app.router.place.filter, this.#ref)); // from the contact's page on a phone
    app.finding.goToChat(protocol);
  }

  /** Finds the chat of a protocol and opens it. @param {string} protocol */
  async openProtocol(protocol) {
    const { app } = this;
    try {
      const { chats } = await app.calls.list({ tab: "search", text: protocol }, { limit: 1 });
      const [row] = chats;
      if (!row) throw new Error(t("This link is not for you, or it leads nowhere."));
      const key = keyOf(row.m, row.contact.id);
      app.finding.wanted = { key, protocol };
      app.router.go(addressOf({ tab: row.open ? "mine" : "closed" }, { m: row.m, id: row.contact.id }), { replace: true });
      app.finding.showWanted(); // it was open already
    } catch (error) {
      app.overlay.toast(/** @type {Error} */ (error).message);
      app.router.go("/inbox/mine", { replace: true });
    }
  }
}
