// @ts-check
/** The translations of the console's texts. */

const { language, texts } = globalThis.consoleWords ?? { language: "en", texts: {} };

/** The language of the page, for `Intl`. */
export const LOCALE = language === "en" ? "en" : "pt-BR";

/** The other language, by its own name. */
export const OTHER = language === "en" ? { language: "pt-br", name: "Português" } : { language: "en", name: "English" };

/** @typedef {Record<string, string | number>} Values */

/**
 * Returns a text with its `{names}` replaced.
 * @param {string} text
 * @param {Values} [values]
 */
export function t(text, values) {
  const found = texts[text];
  return fill(typeof found === "string" ? found : text, values);
}

/**
 * Returns the plural form for `count`, with `{count}` replaced.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {Values} [values]
 */
export function n(one, many, count, values) {
  const isOne = LOCALE === "pt-BR" ? count < 2 : count === 1;
  const found = texts[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return fill(forms[isOne ? 0 : 1], { count, ...values });
}

/** @param {string} text @param {Values} [values] */
function fill(text, values) {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
