// @ts-check
/** Names, numbers and colours of contacts, areas and operators. */

import { t } from "../words.js";

/** @typedef {import("../types.js").Contact} Contact */

/**
 * Returns a phone number as people write it: `+55 11 98765-4321`.
 * @param {number | string} number
 */
export function phone(number) {
  const digits = String(number);
  const brazilian = /^55(\d{2})(\d{4,5})(\d{4})$/.exec(digits);
  if (brazilian) return `+55 ${brazilian[1]} ${brazilian[2]}-${brazilian[3]}`;
  return /^\d+$/.test(digits) ? `+${digits}` : digits;
}

/** Returns the display name of a contact. @param {Contact} contact */
export function contactName(contact) {
  const name = contact.name.trim();
  if (typeof contact.id === "number" && (!name || name === String(contact.id))) return phone(contact.id);
  return name || t("No name");
}

/**
 * Returns the initials of a name, or `#` for a number.
 * @param {string} name
 */
export function initials(name) {
  const words = name.match(/[\p{L}\p{M}]+/gu);
  if (!words) return "#";
  const first = [...words[0]][0];
  const last = words.length > 1 ? [...words[words.length - 1]][0] : ([...words[0]][1] ?? "");
  return (first + last).toLocaleUpperCase();
}

/** Returns the class of an area's colour. @param {string} code */
export function hue(code) {
  return `hue-${(hash(code) % 8) + 1}`;
}

/** Returns the class of an avatar's colour. @param {number | string} id */
export function tint(id) {
  return `tint-${(hash(String(id)) % 6) + 1}`;
}

/** @param {string} text */
function hash(text) {
  let value = 7;
  for (let place = 0; place < text.length; place++)
    value = (value * 31 + text.charCodeAt(place)) >>> 0;
  return value;
}

/**
 * Returns the size of a file: `184 KB`.
 * @param {number} bytes
 * @param {string} locale
 */
export function fileSize(bytes, locale) {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < 3) {
    size /= 1024;
    unit += 1;
  }
  const digits = size < 10 && unit > 1 ? 1 : 0;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(size)} ${units[unit]}`;
}

// In the rail; a shorter word fits.
const LONG_WORD = /\p{L}{12,}/gu;
const SYLLABLE_END = /(?<=\p{L}{2}[aeiouáéíóúâêôãõàü])(?=[bcdfgjklmnpqrstvxz][aeiouáéíóúâêôãõàü]\p{L})/giu;

/** Marks where long words of a name may be divided: browsers know too few languages. @param {string} name */
export function dividable(name) {
  return name.replace(LONG_WORD, (word) => word.replace(SYLLABLE_END, "\u00AD"));
}
