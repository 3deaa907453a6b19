// @ts-check
/** The items of the palette, in groups: chats, actions on the open chat, replies, views. */

import { contactName } from "../format/names.js";
import { KEYS } from "../keyboard/keys.js";
import { addressOf } from "../router.js";
import { t } from "../words.js";
import { fits } from "./match.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {{text: string, lines: Line[], replies: any[], at: number}} State */
/**
 * @typedef {{
 *   name: string, act: () => void, icon?: string, small?: string, end?: string, keys?: string,
 *   line?: Line, hue?: string,
 * }} Item
 * @typedef {{name: string, items: Item[]}} Group
 */

const MOST = 7;
const RECENT = 5;

/** Returns the non-empty groups. @param {App} app @param {State} state @returns {Group[]} */
export function groupsOf(app, state) {
  const wanted = state.text.trim();
  const all = wanted ? found(app, state, wanted) : offered(app);
  return all.filter(({ items }) => items.length);
}

/** Without input: recent chats, then actions. @param {App} app @returns {Group[]} */
function offered(app) {
  return [
    { name: t("Recent chats"), items: recentLines(app).map((line) => chat(app, line)) },
    { name: t("In this chat"), items: app.line ? actions(app, "chat") : [] },
    { name: t("Go to"), items: [...places(app), ...actions(app, "list")] },
    { name: t("Console"), items: actions(app, "console") },
  ];
}

/** @param {App} app @param {State} state @param {string} wanted @returns {Group[]} */
function found(app, state, wanted) {
  const fitting = (/** @type {Item[]} */ items) => items.filter(({ name, small }) => fits(`${name} ${small ?? ""}`, wanted)).slice(0, MOST);
  return [
    { name: t("Conversations"), items: foundLines(app, state, wanted).map((line) => chat(app, line)) },
    { name: t("In this chat"), items: app.line ? fitting([...actions(app, "chat"), ...tagging(app), ...handing(app)]) : [] },
    { name: t("Quick replies"), items: fitting(replies(app, state.replies)) },
    { name: t("Go to"), items: fitting([...places(app), ...actions(app, "list")]) },
    { name: t("Console"), items: fitting(actions(app, "console")) },
    { name: t("Search"), items: [searching(app, wanted)] },
  ];
}

/** Searches the words of all messages. @param {App} app @param {string} wanted @returns {Item} */
export function searching(app, wanted) {
  const act = () => app.router.go(addressOf({ tab: "search", text: wanted, words: true }));
  return { name: t("Search for “{text}” in all messages", { text: wanted }), icon: "search", keys: "Ctrl Enter", act };
}

/** @param {App} app @returns {Line[]} */
function recentLines(app) {
  const open = app.conversation?.key;
  const known = app.recent.filter((key) => key !== open && app.store.contacts.has(key)).slice(0, RECENT);
  return known.flatMap((key) => app.store.lines.get(key) ?? []);
}

/** Known chats are shown at once; the server's response adds others. @param {App} app @param {State} state @param {string} wanted */
function foundLines(app, { lines }, wanted) {
  const known = [...app.store.lines.values()].filter(({ key, protocol }) => {
    const contact = app.store.contacts.get(key);
    return contact && fits(`${contactName(contact)} ${contact.id} ${protocol}`, wanted);
  });
  const recent = (/** @type {Line} */ { key }) => app.recent.indexOf(key) + 1 || app.recent.length + 1;
  known.sort((one, other) => recent(one) - recent(other));
  const others = lines.filter(({ key }) => !known.some((one) => one.key === key));
  return [...known, ...others].slice(0, MOST);
}

/** @param {App} app @param {Line} line @returns {Item} */
function chat(app, line) {
  const contact = app.store.contacts.get(line.key);
  const area = contact?.area ? app.names.areaName(line.m, contact.area) : "";
  const holder = contact?.operatorId ?? "0";
  const where = !line.open ? "" : holder === "0" ? t("in the queue") : holder === app.store.me ? t("with you") : t("with {name}", { name: app.names.operatorName(holder) });
  const end = line.open ? "" : t("closed {when}", { when: app.moment(line.closedAt ?? line.openedAt) });
  return { name: contact ? contactName(contact) : line.protocol, small: [area, where].filter(Boolean).join(", "), end, line, act: () => app.openLine(line) };
}

/** @param {App} app @param {import("../keyboard/keys.js").KeyGroup} group @returns {Item[]} */
function actions(app, group) {
  return KEYS.filter((one) => one.group === group && isUsable(app, one.keys)).map(({ name, keys, icon, does }) => ({ name: name(), keys, icon, act: () => does(app) }));
}

// These need one of the user's own chats.
const OF_ONES_OWN = new Set(["r", "n", "t", "e", "Shift R", "Shift D"]);

/** @param {App} app @param {string} keys */
function isUsable(app, keys) {
  if (keys === "z") return app.transfers.current !== null;
  if (keys === "a") return Boolean(app.isOperator && app.line?.open && app.contact?.operatorId === "0");
  return app.mayAnswer || !OF_ONES_OWN.has(keys);
}

/** @param {App} app @returns {Item[]} */
function places(app) {
  const areas = app.tallies.queues.map(({ code, name, count }) => ({
    name: t("Queue of {area}", { area: name }),
    icon: "inbox",
    end: count ? t("{count} in the queue", { count }) : t("empty queue"),
    act: () => app.go({ tab: "queue", area: code }),
  }));
  return [...actions(app, "place"), ...areas];
}

/** @param {App} app @returns {Item[]} */
function tagging(app) {
  const { line } = app;
  if (!line || !app.mayAnswer) return [];
  return (app.store.options.get(line.m)?.tags ?? [])
    .filter(({ code }) => !line.tags.includes(code))
    .map(({ code, name }) => ({ name: t("Tag: {name}", { name }), icon: "note", act: () => app.actions.changeTag(code, true) }));
}

/** @param {App} app @returns {Item[]} */
function handing(app) {
  const { line } = app;
  if (!line || !app.mayAnswer) return [];
  return app.names
    .operatorsOf(line.m)
    .filter(({ id }) => id !== app.store.me)
    .map((one) => ({ name: t("Transfer to {name}", { name: one.name }), icon: "transfer", end: app.names.presenceName(one.presence ?? (one.online ? "online" : "offline")), act: () => app.transferring.openTo(one) }));
}

/** @param {App} app @param {any[]} all @returns {Item[]} */
function replies(app, all) {
  if (!app.mayAnswer) return [];
  return all.map((one) => ({ name: `/${one.shortcut}`, small: one.filled, icon: "bolt", act: () => useReply(app, one) }));
}

/** @param {App} app @param {any} reply */
function useReply(app, reply) {
  if (app.writing.isNote) app.writing.toggleNote();
  app.writing.suggestions.use({ ...reply, code: reply.shortcut });
  app.focusComposer();
}
