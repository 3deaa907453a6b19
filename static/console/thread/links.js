// @ts-check
/** Turns URLs in texts into links, and highlights colleagues mentioned in notes. */

import { html } from "../../vendor/lit-html/lit-html.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
// Punctuation at the end of a sentence is not part of the URL.
const AFTER = /[.,;:!?)\]}'"»”]+$/;

/** Returns a text as parts: texts, and links that open in a new tab. @param {string} text */
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

/** Returns a note as parts, in which the names of colleagues stand out. @param {string} text @param {string[]} names */
export function mentioned(text, names) {
  // "@Ana Lima" is not "@Ana".
  const longestFirst = [...names].sort((one, other) => other.length - one.length);
  const escaped = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!escaped.length) return [text];
  return text.split(new RegExp(`(${escaped.join("|")})`)).map((part, at) => (at % 2 ? html`<span class="mention">${part}</span>` : part));
}

/** @param {string} text */
function isAddress(text) {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
