// @ts-check
/** The list of chats: search, tabs and the cards in view. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { live } from "../../vendor/lit-html/directives/live.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { hue } from "../format/names.js";
import { queueWait } from "../frame/rail.js";
import { icon } from "../parts/icon.js";
import { OF_OPERATORS, addressOf } from "../router.js";
import { n, t } from "../words.js";
import { card } from "./card.js";
import { chips, filterMenu, partsOf } from "./filters.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Filter} Filter */

// The number of cards rendered beyond the visible part of the list.
const BEYOND = 8;
const HEIGHT = { comfortable: 78, compact: 52 };

/** @param {App} app */
export function listPane(app) {
  const { filter } = app.router.place;
  const isSearch = filter.tab === "search";
  return html`<section class="list" aria-label=${t("List of chats")}>
    <header class="head list__search">
      <label class="search">${icon("search")}<span class="vh">${t("Search name, number or protocol")}</span>
        <input type="search" id="search" placeholder=${t("Name, number or protocol")} autocomplete="off"
          .value=${live(app.search.text)} @input=${app.search.onInput} @keydown=${app.search.onKey}><kbd>/</kbd></label>
      <button class="btn btn--icon" type="button" aria-haspopup="menu" aria-expanded=${app.overlay.menu === "filter"} aria-label=${t("Filter")} title=${t("Filter (Shift+F)")} @click=${() => app.overlay.toggleMenu("filter")}>${icon("filter")}</button>
    </header>
    ${app.overlay.menu === "filter" ? filterMenu(app, filter) : nothing}
    ${isSearch ? searchBar(app, filter) : tabs(app, filter)}
    ${filter.tab === "queue" ? queuesStrip(app, filter) : nothing}
    ${listBar(app, filter)}
    <div class="list__body" id="cards-panel" role="tabpanel" aria-labelledby="tab-${filter.tab}">${cards(app, filter)}</div>
  </section>`;
}

/** @param {App} app @param {Filter} filter */
function tabs(app, filter) {
  const { counts } = app.store;
  const total = (/** @type {string} */ name) => counts[name]?.total ?? 0;
  /** @type {{tab: Filter["tab"], name: string, title?: string, count: number | string | null}[]} */
  const names = [
    { tab: "mine", name: t("Mine"), count: total("mine") },
    { tab: "queue", name: t("Queue"), count: total("waiting") },
    { tab: "answered", name: t("Waiting"), title: t("Waiting for the customer"), count: app.tallies.mineAnswered },
    { tab: "closed", name: t("Closed chats"), count: null },
  ];
  const shown = app.isOperator ? names : names.filter(({ tab }) => !OF_OPERATORS.has(tab));
  return html`<div class="tabs" role="tablist" aria-label=${t("Chats by state")} @keydown=${app.listView.onTabKey}>
    ${shown.map(({ tab, name, title, count }) => html`<button class="tab" role="tab" id="tab-${tab}" aria-controls="cards-panel"
      aria-selected=${filter.tab === tab} tabindex=${filter.tab === tab ? 0 : -1} title=${title ?? nothing}
      @click=${() => app.go({ ...filter, tab, text: undefined, words: undefined })}>${name} ${count === null ? nothing : html`<span class="count">${count}</span>`}</button>`)}
  </div>`;
}

/** @param {App} app @param {Filter} filter */
function searchBar(app, filter) {
  const to = (/** @type {boolean} */ words) => app.go({ ...filter, words }, { replace: true });
  return html`<div class="tabs" role="tablist" aria-label=${t("Search in")}>
    <button class="tab" role="tab" id="tab-search" aria-selected=${!filter.words} aria-controls="cards-panel" @click=${() => to(false)}>${t("Contacts")}</button>
    <button class="tab" role="tab" aria-selected=${Boolean(filter.words)} aria-controls="cards-panel" @click=${() => to(true)}>${t("Messages")}</button>
    <button class="btn btn--small" @click=${app.search.end}>${t("Close search")}</button>
  </div>`;
}

/** The queues of the areas on a phone, where there is no rail. @param {App} app @param {Filter} filter */
function queuesStrip(app, filter) {
  const { queues } = app.tallies;
  if (!queues.length) return nothing;
  return html`<div class="areas-strip" role="group" aria-label=${t("In the queue")}>${queues.map(({ code, name, count, oldest }) => html`<a class="chip ${hue(code)}" href=${addressOf({ ...filter, area: filter.area === code ? null : code })} aria-current=${filter.area === code}><b>${count}</b><span class="vh"> ${t("in the queue of")} </span>${name}${oldest ? queueWait(app, oldest) : nothing}</a>`)}</div>`;
}

/** @param {App} app @param {Filter} filter */
function listBar(app, filter) {
  /** @type {Record<string, string>} */
  const order = { mine: t("Latest activity first"), queue: t("Longest wait first"), answered: t("Latest activity first"), closed: t("Latest closed first"), search: filter.words ? t("Latest message first") : t("Latest activity first") };
  const fresh = app.listView.fresh;
  return html`<div class="list__bar">
    ${partsOf(app, filter).length ? chips(app, filter) : html`<span>${order[filter.tab]}</span>`}
    ${fresh ? html`<button class="btn btn--small list__new" type="button" @click=${app.listView.toTop}>${icon("arrow", "icon--xs arrow-up")}${n("{count} new", "{count} new ones", fresh)}</button>` : nothing}
  </div>`;
}

/** @param {App} app @param {Filter} filter */
function cards(app, filter) {
  const list = app.store.list(filter);
  if (list.error && !list.lines.length) return blank(list.error.message, t("Try again"), () => app.sync.readList(filter, true));
  if (!list.isRead) return skeleton();
  const lines = app.listView.lines(list);
  if (!lines.length) return emptyList(app, filter);
  const view = app.listView;
  const height = HEIGHT[/** @type {"comfortable"} */ (document.documentElement.dataset.density ?? "comfortable")] * rem() / 16;
  // The list may have become shorter than it was scrolled.
  const top = Math.min(view.top, Math.max(0, lines.length * height - view.height));
  const first = Math.max(0, Math.floor(top / height) - BEYOND);
  const last = Math.min(lines.length, Math.ceil((top + view.height) / height) + BEYOND);
  const { ref } = app.router.place;
  const total = list.next === null ? lines.length : -1;
  const rows = lines.slice(first, last).map((line, index) => ({ line, place: first + index + 1 }));
  const active = view.activeIn(lines);
  return html`<ul class="cards scroll" role="listbox" id="cards" aria-label=${t("Chats")} tabindex="0"
      aria-activedescendant=${active ? `card-${active.protocol}` : nothing}
      @scroll=${view.onScroll} @click=${view.onClick} @keydown=${view.onKey} @pointerenter=${view.onEnter} @pointerleave=${view.onLeave} @focus=${view.onFocus} @blur=${view.onLeave}>
    <li role="none" .style=${`height:${first * height}px`}></li>
    ${repeat(rows, ({ line }) => line.protocol, ({ line, place }) => card(app, line, {
      place,
      total,
      // Of several chats of a contact, the one that was chosen.
      isSelected: ref !== null && app.keyOf(ref) === line.key && (active?.key !== line.key || active === line),
      isActive: line === active,
      isGone: !list.protocols.has(line.protocol),
    }))}
    <li role="none" .style=${`height:${(lines.length - last) * height}px`}></li>
  </ul>`;
}

/** The size of a text of 1rem, in pixels. */
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

function skeleton() {
  return html`<ul class="cards" aria-hidden="true">${[60, 75, 45, 90, 60, 75].map((width) => html`<li class="card card--skeleton">
    <span class="bone bone--dot"></span><span class="card__row"><span class="bone bone--${width}"></span></span><span class="card__row"><span class="bone bone--75"></span></span><span class="card__meta"><span class="bone bone--30"></span></span></li>`)}</ul>`;
}

/** @param {App} app @param {Filter} filter */
function emptyList(app, filter) {
  if (filter.tab === "search") return blank(t("Nothing with “{text}”", { text: filter.text ?? "" }));
  if (filter.tab === "queue") {
    const area = filter.area ? app.names.areaName(filter.m ?? null, filter.area) : "";
    return blank(t("Empty queue"), "", undefined, area ? t("Nobody is waiting in {area}.", { area }) : t("Nobody is waiting."));
  }
  return blank(t("No chat here"), "", undefined, filter.tab === "mine" ? t("What you answer stands here.") : "");
}

/** @param {string} title @param {string} [action] @param {() => void} [act] @param {string} [text] */
function blank(title, action, act, text) {
  return html`<div class="blank"><h2>${title}</h2>${text ? html`<p>${text}</p>` : nothing}
    ${action ? html`<div class="blank__actions"><button class="btn btn--line" @click=${act}>${action}</button></div>` : nothing}</div>`;
}

export { addressOf };
