// @ts-check
/** Single-key shortcuts, which work outside fields; and their list for the help dialog. */

import { t } from "../words.js";

/** @typedef {import("../app.js").App} App */

/**
 * `group` is its group in the command palette.
 * @typedef {"place" | "list" | "chat" | "console"} KeyGroup
 * @type {{keys: string, group: KeyGroup, icon: string, name: () => string, does: (app: App) => void}[]}
 */
export const KEYS = [
  { keys: "j", group: "list", icon: "arrow", name: () => t("Next chat"), does: (app) => app.listView.step(1) },
  { keys: "k", group: "list", icon: "arrow", name: () => t("Previous chat"), does: (app) => app.listView.step(-1) },
  { keys: "1", group: "place", icon: "inbox", name: () => t("Mine"), does: (app) => app.goTab("mine") },
  { keys: "2", group: "place", icon: "inbox", name: () => t("Queue"), does: (app) => app.goTab("queue") },
  { keys: "3", group: "place", icon: "inbox", name: () => t("Waiting for the customer"), does: (app) => app.goTab("answered") },
  { keys: "4", group: "place", icon: "inbox", name: () => t("Closed chats"), does: (app) => app.goTab("closed") },
  { keys: "/", group: "list", icon: "search", name: () => t("Search"), does: (app) => app.search.focus() },
  { keys: "a", group: "chat", icon: "done", name: () => t("Answer chat"), does: (app) => app.actions.claimByKey() },
  { keys: "r", group: "chat", icon: "pencil", name: () => t("Write a reply; at a message, quote it"), does: (app) => app.quoting.chooseFocused() || app.focusComposer() },
  { keys: "n", group: "chat", icon: "note", name: () => t("Internal note"), does: (app) => app.writing.openNote() },
  { keys: "t", group: "chat", icon: "transfer", name: () => t("Transfer"), does: (app) => app.transferring.open() },
  { keys: "e", group: "chat", icon: "done", name: () => t("Close chat"), does: (app) => app.actions.openClosing() },
  { keys: "l", group: "chat", icon: "note", name: () => t("Tag"), does: (app) => app.actions.focusTags() },
  { keys: "c", group: "chat", icon: "panel", name: () => t("Show or hide the contact"), does: (app) => app.panes.toggleDetails() },
  { keys: "p", group: "chat", icon: "copy", name: () => t("Copy the protocol"), does: (app) => app.actions.copyProtocol() },
  { keys: "z", group: "console", icon: "retry", name: () => t("Undo"), does: (app) => app.overlay.undo() },
  { keys: "?", group: "console", icon: "search", name: () => t("Keys"), does: (app) => app.overlay.openKeys() },
  { keys: "Shift F", group: "list", icon: "filter", name: () => t("Filter"), does: (app) => { app.panes.showList(); app.overlay.toggleMenu("filter"); } },
  { keys: "Shift R", group: "chat", icon: "retry", name: () => t("Send the failed one again"), does: (app) => app.writing.tryLastAgain() },
  { keys: "Shift D", group: "chat", icon: "inbox", name: () => t("Back to the queue"), does: (app) => app.actions.giveBack() },
  { keys: "Shift C", group: "chat", icon: "copy", name: () => t("Copy the link of the chat"), does: (app) => app.actions.copyLink() },
];

const FIELDS = "input, textarea, select, [contenteditable]";

/** Handles keys of the whole page. @param {App} app */
export function listen(app) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.key.toLowerCase() === "k") return act(event, () => app.overlay.openPalette());
    if (isCommand && event.key.toLowerCase() === "o" && app.mayAnswer) return act(event, () => app.attaching.choose());
    if (isCommand) return undefined;
    const target = /** @type {Element} */ (event.target);
    if (event.key === "Escape") return app.overlay.onEscape(target);
    if (app.overlay.dialog || app.account.gate.isShown || app.account.gate.isOver || !app.account.usesKeys || target.closest?.(FIELDS)) return undefined;
    const pressed = event.shiftKey && event.key !== "?" ? `Shift ${event.key.toUpperCase()}` : event.key;
    const found = KEYS.find(({ keys }) => keys === pressed);
    return found && act(event, () => found.does(app));
  });
}

/** @param {KeyboardEvent} event @param {() => void} does */
function act(event, does) {
  event.preventDefault();
  does();
}
