// @ts-check
/** Finds words in a text, ignoring accents. */

/** @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** Whether a text contains all the words. @param {string} text @param {string} wanted */
export function fits(text, wanted) {
  const said = plain(text);
  return plain(wanted).split(/\s+/).every((word) => said.includes(word));
}

/**
 * Returns a text in three parts, the middle one being the match ("" if there is none).
 * @param {string} text
 * @param {string} wanted
 * @returns {[before: string, found: string, after: string]}
 */
export function split(text, wanted) {
  const sought = plain(wanted.trim());
  // The source position of each letter: accents may be separate code points.
  const places = [];
  let said = "";
  let at = 0;
  for (const letter of text) {
    for (const one of plain(letter)) {
      said += one;
      for (let unit = 0; unit < one.length; unit++) places.push(at);
    }
    at += letter.length;
  }
  const begin = sought ? said.indexOf(sought) : -1;
  if (begin < 0) return [text, "", ""];
  const from = places[begin];
  const to = places[begin + sought.length] ?? text.length;
  return [text.slice(0, from), text.slice(from, to), text.slice(to)];
}
