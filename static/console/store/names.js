// @ts-check
/** Names of areas, tags, managers and operators. */

import { t } from "../words.js";
import { keyOf } from "./store.js";

/** @typedef {import("../types.js").Id} Id */

export class Names {
  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @type {import("./store.js").Store} */
  #store;

  /** @param {Id | null} m @param {string} code */
  areaName(m, code) {
    if (m !== null) return this.#store.areas.get(keyOf(m, code))?.name ?? code;
    return [...this.#store.areas.values()].find(({ id }) => id === code)?.name ?? code;
  }

  /** @param {Id | null} m @param {string} code */
  tagName(m, code) {
    const all = m === null ? [...this.#store.options.values()] : [this.#store.options.get(m)];
    for (const options of all) {
      const found = options?.tags.find((tag) => tag.code === code);
      if (found) return found.name;
    }
    return code;
  }

  /** @param {Id} m */
  managerName(m) {
    return this.#store.managers.get(m)?.name || String(m);
  }

  /** @param {string} id */
  operatorName(id) {
    if (id !== "0" && id === this.#store.me && this.#store.person) return this.#store.person.name;
    return this.#store.operators.get(id)?.name ?? t("an operator");
  }

  /** @param {Id} m @param {string} code */
  closingReason(m, code) {
    return this.#store.options.get(m)?.closingReasons.find((one) => one.code === code)?.name ?? code;
  }

  get showsManagers() {
    return this.#store.managers.size > 1;
  }

  /** @param {string} presence */
  presenceName(presence) {
    /** @type {Record<string, string>} */
    const names = { online: t("available"), paused: t("paused"), offline: t("away") };
    return names[presence] ?? presence;
  }

  /** @param {Id} m */
  areasOf(m) {
    const prefix = `[${JSON.stringify(m)},`;
    return [...this.#store.areas].filter(([key]) => key.startsWith(prefix)).map(([, area]) => area);
  }

  /** The operators of a manager's areas. @param {Id} m */
  operatorsOf(m) {
    const codes = new Set(this.areasOf(m).map(({ id }) => id));
    return [...this.#store.operators.values()].filter(({ areas }) => areas.some((code) => codes.has(code)));
  }
}
