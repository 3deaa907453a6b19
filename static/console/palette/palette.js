// @ts-check
/** The command palette (Ctrl+K): finds contacts, actions, replies and views. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { ref } from "../../vendor/lit-html/directives/ref.js";
import { contactAvatar, icon, waitMark } from "../parts/icon.js";
import { t } from "../words.js";
import { show } from "../dialogs/dialog.js";
import { groupsOf, searching } from "./items.js";
import { split } from "./match.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("./items.js").State} State */
/** @typedef {import("./items.js").Item} Item */

const PAUSE = 150;
const MOST = 7;
let timer = 0;

/** Opens it, and loads the quick replies of the open chat. @param {App} app */
export async function openPalette(app) {
  app.overlay.open({ name: "palette", text: "", lines: [], replies: [], at: 0 });
  const { ref: chat } = app.router.place;
  if (!chat || !app.mayAnswer) return;
  const { replies } = await app.calls.replies(chat).catch(() => ({ replies: [] }));
  if (app.overlay.dialog?.name === "palette") app.overlay.change({ replies });
}

/** @param {App} app @param {State} state */
export function palette(app, state) {
  const groups = groupsOf(app, state);
  const { active } = itemsOf(groups, state);
  let place = 0;
  return html`<dialog class="dialog palette" aria-label=${t("Find and do")} ${ref(show)} @cancel=${(/** @type {Event} */ event) => {
    event.preventDefault();
    app.overlay.close();
  }}>
    <div class="palette__input">${icon("search")}<input type="text" role="combobox" aria-expanded="true" aria-autocomplete="list" aria-controls="palette-list" aria-activedescendant=${active >= 0 ? `palette-${active}` : nothing}
      aria-label=${t("Name, number, protocol or action")} placeholder=${t("Name, number, protocol or action")} autocomplete="off" spellcheck="false" autofocus
      .value=${state.text} @input=${(/** @type {any} */ event) => typed(app, event.target.value)} @keydown=${(/** @type {KeyboardEvent} */ event) => pressed(app, event)}><kbd class="only-wide">Esc</kbd>
      <button class="btn btn--icon palette__close only-narrow" type="button" aria-label=${t("Close the dialog")} @click=${app.overlay.close}>${icon("x")}</button></div>
    <div class="palette__list scroll" role="listbox" id="palette-list" aria-label=${t("Found")}>
      ${groups.map((group) => html`<div role="group" aria-label=${group.name}><p class="menu__caption" aria-hidden="true">${group.name}</p>
        ${group.items.map((item) => option(app, item, place++, active, state.text))}</div>`)}
    </div>
    <footer class="palette__foot only-wide"><span><kbd>↑</kbd><kbd>↓</kbd> ${t("choose")}</span><span><kbd>Enter</kbd> ${t("open it")}</span><span><kbd>Ctrl</kbd><kbd>Enter</kbd> ${t("search everywhere")}</span><span>${t("a protocol or a number will do, too")}</span></footer>
  </dialog>`;
}

/** @param {{items: Item[]}[]} groups @param {State} state */
function itemsOf(groups, state) {
  const items = groups.flatMap((group) => group.items);
  return { items, active: Math.min(state.at, items.length - 1) };
}

/** @param {App} app @param {Item} item @param {number} place @param {number} active @param {string} text */
function option(app, item, place, active, text) {
  const [before, found, after] = split(item.name, text);
  const contact = item.line && app.store.contacts.get(item.line.key);
  return html`<div class="menu__item ${place === active ? "is-active" : ""}" role="option" id="palette-${place}" aria-selected=${place === active} @click=${() => choose(app, item)}>
    ${contact ? contactAvatar(contact, "avatar--s") : icon(item.icon ?? "arrow")}
    <span class="menu__text clip-text" dir="auto">${before}${found ? html`<mark>${found}</mark>` : nothing}${after}${item.small ? html`<small>${item.small}</small>` : nothing}</span>
    ${item.line?.open && item.line.waitingSince ? html`<span class="menu__end">${waitMark(item.line, app.now, item.line.waitingSince)}</span>` : nothing}
    ${item.end ? html`<span class="menu__end quiet">${item.end}</span>` : nothing}
    ${item.keys ? html`<span class="keys">${item.keys.split(" ").map((key) => html`<kbd>${key.length > 1 ? key : key.toUpperCase()}</kbd>`)}</span>` : nothing}</div>`;
}

/** @param {App} app @param {string} text */
function typed(app, text) {
  app.overlay.change({ text, at: 0 });
  clearTimeout(timer);
  if (text.trim().length < 2) return app.overlay.change({ lines: [] });
  timer = setTimeout(async () => {
    try {
      const { chats } = await app.calls.list({ tab: "search", text: text.trim() }, { limit: MOST });
      const lines = chats.map((/** @type {any} */ row) => app.store.putRow(row));
      if (app.overlay.dialog?.text === text) app.overlay.change({ lines });
    } catch {
      // Known chats are still shown.
    }
  }, PAUSE);
  return undefined;
}

/**
 * The latest input may not be rendered yet: use the state, not the DOM.
 * @param {App} app
 * @param {KeyboardEvent} event
 */
function pressed(app, event) {
  // After Escape its field keeps the focus until the next frame.
  if (app.overlay.dialog?.name !== "palette") return;
  const state = /** @type {State} */ (app.overlay.dialog);
  const { items, active } = itemsOf(groupsOf(app, state), state);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const wanted = state.text.trim();
  if (by && items.length) {
    app.overlay.change({ at: (active + by + items.length) % items.length });
    app.afterDraw(() => document.querySelector(".palette .is-active")?.scrollIntoView({ block: "nearest" }));
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && wanted) choose(app, searching(app, wanted));
  else if (event.key === "Enter" && items[active]) choose(app, items[active]);
  else return;
  event.preventDefault();
}

/** @param {App} app @param {Item} item */
function choose(app, item) {
  app.overlay.close();
  item.act();
}
