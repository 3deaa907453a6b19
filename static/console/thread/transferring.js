// @ts-check
/** Transfers a chat: chosen in a dialog, undoable for a few seconds, then executed. */

import { contactName } from "../format/names.js";
import { addressOf } from "../router.js";
import { t } from "../words.js";

/** @typedef {import("../outbox/transfers.js").Transfer} Transfer */

export class Transferring {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** Notes of transfers that were not decided, by contact: closing the dialog loses nothing. @type {Map<string, string>} */
    this.notes = new Map();
    app.transfers.onFailed = (transfer, error) => this.#failed(transfer, error);
  }

  /** Opens the dialog; opening it again before the execution changes the choice. */
  open = () => {
    const { app } = this;
    if (!app.mayAnswer || !app.contact || app.actions.isOffline()) return;
    const isPending = app.transfers.isPending(app.conversation?.key ?? "");
    const chosen = isPending ? app.transfers.undo() : null;
    const [first] = app.names.areasOf(app.line?.m ?? 0);
    const { area, to, reason, note } = chosen ?? { area: app.contact.area || first?.id || "", to: "0", reason: "", note: this.notes.get(app.conversation?.key ?? "") ?? "" };
    app.overlay.open({ name: "transfer", area, to, reason, note, error: "" });
  };

  /** @param {Event} event */
  onNote = (event) => {
    const { app } = this;
    const note = /** @type {HTMLTextAreaElement} */ (event.target).value;
    this.notes.set(app.conversation?.key ?? "", note);
    app.overlay.change({ note });
  };

  /** Asks with an operator chosen. @param {import("../types.js").Operator} operator */
  openTo({ id, areas }) {
    const { app } = this;
    this.open();
    if (app.overlay.dialog?.name !== "transfer") return;
    const { area } = app.overlay.dialog;
    const known = app.names.areasOf(app.line?.m ?? 0).filter((one) => areas.includes(one.id));
    app.overlay.change({ to: id, area: areas.includes(area) ? area : (known[0]?.id ?? area) });
  }

  /** @param {Event} event */
  submit = (event) => {
    event.preventDefault();
    const { app } = this;
    const { conversation, contact, line } = app;
    const { area, to, reason, note } = app.overlay.dialog;
    if (!conversation || !contact || !line) return;
    if (!reason && isReasonRequired(app, line.m, contact.area)) {
      app.overlay.change({ error: t("Choose a reason.") });
      return;
    }
    const { key, ref } = conversation;
    const areaName = app.names.areaName(ref.m, area);
    const where = to === "0" ? { name: t("the queue of {area}", { area: areaName }), small: contactName(contact) } : { name: app.names.operatorName(to), small: areaName };
    this.notes.delete(key);
    app.overlay.close();
    app.transfers.add({ contact: key, ref, area, to, isMove: area !== contact.area, reason, note: note.trim(), ...where });
  };

  /** Cancels a pending transfer; returns whether there was one. */
  undo = () => {
    const { app } = this;
    if (!app.transfers.undo()) return false;
    app.overlay.toast(t("The chat stays with you"));
    return true;
  };

  /** Executes a pending transfer of a chat at once, before another action; returns whether it did. */
  goesNow() {
    const { app } = this;
    if (!app.transfers.isPending(app.conversation?.key ?? "")) return false;
    app.transfers.flush();
    return true;
  }

  /** Reopens the dialog, with everything that was entered. @param {Transfer} transfer @param {Error | null} error */
  #failed({ ref, contact, area, to, reason, note }, error) {
    const { app } = this;
    const known = app.store.contacts.get(contact);
    const name = known ? contactName(known) : String(ref.id);
    const act = () => {
      app.router.go(addressOf(app.router.place.filter, ref));
      app.afterDraw(() => app.mayAnswer && app.overlay.open({ name: "transfer", area, to, reason, note, error: error?.message ?? "" }));
    };
    const isMine = known?.operatorId === app.store.me;
    app.overlay.toast(t("Not transferred: {name}", { name }), { small: error?.message ?? t("There was no connection for too long."), ...(isMine ? { action: t("Try again"), act } : {}) });
  }
}

/** Whether the chat's current area requires a reason. @param {import("../app.js").App} app @param {import("../types.js").Id} m @param {string} area */
export function isReasonRequired(app, m, area) {
  const options = app.store.options.get(m);
  if (!options?.transferReasons.length) return false;
  return options.areas.find(({ id }) => id === area)?.transferReasonRequired ?? false;
}
