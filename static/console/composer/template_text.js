// @ts-check
/** The text of a template, with the values entered so far. */

/** @typedef {{name: string, language: string, category: string, text: string, parameters: number}} Template */

const PLACEHOLDER = /\{\{\s*(\d+)\s*\}\}/;
const WORDS_BEFORE = 3;

/** Returns a value in the form to send: WhatsApp accepts no line breaks, tabs or multiple spaces. @param {string} value */
export function cleaned(value) {
  return value.replace(/\s+/g, " ").trim();
}

/**
 * Returns the pieces of a text as the customer reads them; `place` is set for a value,
 * which is "" if it is missing.
 * @param {string} text
 * @param {string[]} values
 * @returns {{text: string, place?: number}[]}
 */
export function pieces(text, values) {
  return text
    .split(new RegExp(PLACEHOLDER, "g"))
    .map((piece, at) => (at % 2 ? { text: cleaned(values[Number(piece) - 1] ?? ""), place: Number(piece) } : { text: piece }))
    .filter((piece) => piece.text || "place" in piece);
}

/** Returns the words before a value, as its label. @param {string} text @param {number} place */
export function wordsBefore(text, place) {
  const before = text.split(new RegExp(`\\{\\{\\s*${place}\\s*\\}\\}`))[0];
  const near = before.split(PLACEHOLDER).pop() ?? "";
  const line = near.split(/[\n.!?]/).pop() ?? "";
  return line.trim().split(/\s+/).slice(-WORDS_BEFORE).join(" ");
}

/** Returns the initial values: the first one is usually a name. @param {Template} template @param {string} name of the contact */
export function firstValues({ parameters }, name) {
  const values = Array(parameters).fill("");
  const [first] = name.trim().split(/\s+/);
  if (parameters && /\p{L}/u.test(first)) values[0] = first;
  return values;
}

/** Returns the templates that contain all the words in name or text. @param {Template[]} templates @param {string} words */
export function fitting(templates, words) {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  return templates.filter((one) => {
    const said = plain(`${one.name} ${one.name.replace(/_/g, " ")} ${one.text}`);
    return wanted.every((word) => said.includes(word));
  });
}

/** Without accents, for searching. @param {string} text */
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** The unique key of a template. @param {Template} template */
export function keyOfTemplate({ name, language }) {
  return `${name} ${language}`;
}
