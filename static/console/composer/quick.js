// @ts-check
/** The list of quick replies or colleagues above the composer, with variables filled in. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { t } from "../words.js";

const MOST_SHOWN = 8;

/** @typedef {import("./suggestions.js").Suggestion} Suggestion */

/** Returns the replies that match the text after `/`. @param {Suggestion[]} replies @param {string} typed */
export function matching(replies, typed) {
  const wanted = typed.toLocaleLowerCase();
  const starts = replies.filter((one) => one.code.startsWith(wanted));
  const contains = replies.filter((one) => !one.code.startsWith(wanted) && one.text.toLocaleLowerCase().includes(wanted));
  return [...starts, ...contains].slice(0, MOST_SHOWN);
}

/** @param {import("../app.js").App} app */
export function quickReplies(app) {
  const { suggestions } = app.writing;
  const { offer } = suggestions;
  if (!offer) return nothing;
  const isMention = offer.kind === "mention";
  return html`<div class="menu menu--quick scroll" role="listbox" id="quick" aria-label=${isMention ? t("Colleagues") : t("Quick replies")}>
    ${offer.found.length === 0 ? html`<p class="menu__caption">${suggestions.emptyWords}</p>` : nothing}
    ${offer.found.map((one, place) => html`<div class="menu__item ${place === offer.at ? "is-active" : ""}" role="option" id="quick-${place}" aria-selected=${place === offer.at}
        @click=${() => suggestions.use(one)}>
      <span class="menu__code">${isMention ? "@" : `/${one.code}`}</span><span class="menu__text clip-text" dir="auto">${one.filled}</span>
      ${one.missing.length ? html`<span class="tag">${t("missing: {names}", { names: one.missing.join(", ") })}</span>` : nothing}
      ${place === offer.at ? html`<span class="keys"><kbd>Enter</kbd></span>` : nothing}
    </div>`)}
  </div>`;
}
