// @ts-check
/** Filters of the list: chosen in a menu, shown as chips, saved under a name. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { channelName, icon } from "../parts/icon.js";
import { addressOf } from "../router.js";
import { t } from "../words.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Filter} Filter */

/** The active filters as text. @param {App} app @param {Filter} filter @returns {[keyof Filter, string][]} */
export function partsOf(app, filter) {
  const m = filter.m ?? null;
  /** @type {[keyof Filter, string | null][]} */
  const parts = [
    ["m", m === null ? null : app.names.managerName(m)],
    ["area", filter.area == null ? null : filter.area === "" ? t("No area") : app.names.areaName(m, filter.area)],
    ["tag", filter.tag == null ? null : app.names.tagName(m, filter.tag)],
    ["channel", filter.channel == null ? null : channelName(filter.channel)],
  ];
  return /** @type {[keyof Filter, string][]} */ (parts.filter(([, words]) => words !== null));
}

/** @param {App} app @param {Filter} filter */
export function chips(app, filter) {
  const parts = partsOf(app, filter);
  if (!parts.length) return nothing;
  return html`${parts.map(([name, words]) => html`<button class="chip" type="button" @click=${() => app.go({ ...filter, [name]: null })} aria-label=${t("Remove the filter {name}", { name: words })}>${words}${icon("x", "icon--xs")}</button>`)}
    ${isKept(app, filter) ? nothing : html`<button class="btn btn--small" type="button" @click=${() => keep(app, filter)}>${t("Keep the filter")}</button>`}`;
}

/** @param {App} app @param {Filter} filter */
export function filterMenu(app, filter) {
  const kept = app.settings.value.filters ?? [];
  const to = (/** @type {Partial<Filter>} */ change) => () => app.overlay.fromMenu(() => app.go({ ...filter, ...change }));
  const managers = app.names.showsManagers ? [...app.store.managers.keys()] : [];
  const groups = [
    { caption: t("Company"), choices: managers.map((m) => ({ words: app.names.managerName(m), change: { m } })) },
    { caption: t("Area"), choices: app.tallies.queues.map(({ code, name }) => ({ words: name, change: { area: code } })) },
    { caption: t("Tag"), choices: tagsOf(app).map(({ code, name }) => ({ words: name, change: { tag: code } })) },
    { caption: t("Channel"), choices: ["whatsapp", "facebook"].map((channel) => ({ words: channelName(channel), change: { channel } })) },
  ];
  return html`<div class="menu menu--filter scroll" role="menu" aria-label=${t("Filter")} @keydown=${app.overlay.onMenuKey}>
    ${kept.length ? html`<p class="menu__caption">${t("Kept filters")}</p>` : nothing}
    ${kept.map((one, place) => html`<div class="menu__row"><button class="menu__item" role="menuitem" @click=${() => app.overlay.fromMenu(() => app.router.go(one.address))}>${icon("filter")}<span>${one.name}</span></button>
      <button class="btn btn--icon btn--small" type="button" aria-label=${t("Forget the filter {name}", { name: one.name })} @click=${() => forget(app, place)}>${icon("x", "icon--s")}</button></div>`)}
    ${kept.length ? html`<div class="menu__sep" role="separator"></div>` : nothing}
    ${groups.map(({ caption, choices }) => choices.length
      ? html`<p class="menu__caption">${caption}</p>${choices.map(({ words, change }) => html`<button class="menu__item" role="menuitem" @click=${to(change)}><span>${words}</span></button>`)}`
      : nothing)}
  </div>`;
}

/** @param {App} app */
function tagsOf(app) {
  /** @type {Map<string, {code: string, name: string}>} */
  const tags = new Map();
  for (const options of app.store.options.values()) for (const tag of options.tags) tags.set(tag.code, tag);
  return [...tags.values()];
}

/** @param {App} app @param {Filter} filter */
function isKept(app, filter) {
  return (app.settings.value.filters ?? []).some(({ address }) => address === addressOf(filter));
}

/** @param {App} app @param {Filter} filter */
function keep(app, filter) {
  const name = partsOf(app, filter).map(([, words]) => words).join(", ");
  const filters = [...(app.settings.value.filters ?? []), { name, address: addressOf(filter) }];
  app.settings.change({ filters });
}

/** @param {App} app @param {number} place */
function forget(app, place) {
  const filters = (app.settings.value.filters ?? []).filter((_, at) => at !== place);
  app.settings.change({ filters });
}
