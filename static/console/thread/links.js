// @ts-check
/** Texts of customers, in which addresses become links. */

import { html } from "../../vendor/lit-html/lit-html.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
// What ends a sentence does not belong to the address before it.
const AFTER = /[.,;:!?)\]}'"»”]+$/;

/** Returns a text as parts: texts, and links that open outside. @param {string} text */
export function linked(text) {
  /** @type {unknown[]} */
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[0].replace(AFTER, "");
    if (!isAddress(address)) continue;
    parts.push(text.slice(end, found.index));
    parts.push(html`<a href=${address} rel="noopener noreferrer" target="_blank">${address}</a>`);
    end = found.index + address.length;
  }
  parts.push(text.slice(end));
  return parts;
}

/** @param {string} text */
function isAddress(text) {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
