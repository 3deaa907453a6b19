// @ts-check
/** The composer: replies, internal notes, files. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { live } from "../../vendor/lit-html/directives/live.js";
import { contactName, fileSize } from "../format/names.js";
import { lasting } from "../format/times.js";
import { glyph, icon } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";
import { quickReplies } from "./quick.js";
import { quoteBar } from "./quoting.js";
import { recordButton, recordingBox } from "./recording.js";
import { templatePicker } from "./templates.js";
import { lengthOf } from "./writing.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../types.js").Line} Line */
/** @typedef {import("../types.js").Contact} Contact */

const COUNTED_FROM = 0.9;

/** @param {App} app @param {Line} line @param {Contact} contact */
export function composer(app, line, contact) {
  const { isNote, templates } = app.writing;
  if (!isNote && (templates.isOpen || isWindowClosed(line, contact, app.now))) return templatePicker(app, line);
  const text = isNote ? app.drafts.notes.get(line.key) : app.drafts.replies.get(line.key);
  const name = contactName(contact);
  return html`<form class="composer ${isNote ? "composer--note" : ""}" aria-label=${t("Write")} @submit=${app.writing.onSubmit}>
    <div class="composer__who" aria-live="polite">${writingRow(app, line)}</div>
    ${quickReplies(app)}
    ${app.recording.isOn ? html`<div class="composer__box">${quoteBar(app)}${recordingBox(app)}</div>` : html`<div class="composer__box">
      ${quoteBar(app)}
      ${app.attaching.list.length ? attachments(app) : nothing}
      <textarea class="composer__text" id="composer" rows="1" dir="auto"
        aria-label=${isNote ? t("Internal note") : t("Reply")}
        placeholder=${isNote ? t("Only the team sees this") : t("Reply to {name}", { name })}
        role=${app.writing.suggestions.offer ? "combobox" : nothing} aria-expanded=${app.writing.suggestions.offer ? "true" : nothing} aria-controls=${app.writing.suggestions.offer ? "quick" : nothing} aria-activedescendant=${app.writing.suggestions.offer ? `quick-${app.writing.suggestions.offer.at}` : nothing}
        .value=${live(text ?? "")} @input=${app.writing.onWrite} @keydown=${app.writing.onKey} @paste=${app.attaching.onPaste}></textarea>
      <div class="composer__tools">
        ${isNote ? nothing : html`
          <button class="btn btn--icon" type="button" aria-label=${t("Attach a file")} title=${t("Attach a file (Ctrl+O)")} @click=${app.attaching.choose}>${icon("clip")}</button>
          ${recordButton(app)}
          <button class="btn btn--icon" type="button" aria-label=${t("Quick replies")} title=${t("Quick replies ( / )")} @click=${app.writing.suggestions.openReplies}>${icon("bolt")}</button>
          <button class="btn btn--icon" type="button" aria-label=${t("Send later")} title=${t("Send later")} @click=${app.actions.openSchedule}>${icon("clock")}</button>`}
        ${isNote || !templates.isOffered ? nothing : html`<button class="btn btn--icon" type="button" aria-label=${t("Approved template")} title=${t("Approved template")} @click=${templates.open}>${icon("file")}</button>`}
        <button class="btn composer__mode" type="button" aria-pressed=${isNote} aria-keyshortcuts="N" title=${t("Internal note (N)")} @click=${app.writing.toggleNote}>${icon("note")}<span class="label">${isNote ? t("Internal note: only the team sees it") : t("Note")}</span>${isNote ? icon("x", "icon--xs") : nothing}</button>
        <span class="composer__end">
          <span class="composer__hint">${hint(app, text ?? "")}</span>
          ${isNote
            ? html`<button class="btn btn--note" type="submit" aria-busy=${app.overlay.busy === "note" || nothing}>${icon("note")}<span class="label">${t("Keep the note")}</span></button>`
            : html`<button class="btn btn--primary" type="submit" aria-busy=${app.attaching.reading > 0 || nothing}>${icon("send")}<span class="label">${t("Send")}</span></button>`}
        </span>
      </div>
    </div>`}
  </form>`;
}

/** @param {App} app @param {Line} line */
function writingRow(app, line) {
  const writers = app.presence.othersAt(line.key).filter(({ isTyping }) => isTyping);
  if (writers.length)
    return html`${icon("pencil")}<span>${t("{name} is writing", { name: writers.map(({ operator }) => operator.name).join(", ") })}</span>`;
  if (line.windowEndsAt === null) return nothing;
  const left = Date.parse(line.windowEndsAt) - app.now;
  if (left > 4 * 3_600_000) return nothing;
  if (left <= 0) return html`${glyph("wait")}<span>${t("The customer wrote more than 24 hours ago: Messenger may refuse the answer.")}</span>`;
  return html`${glyph("wait")}<span>${t("The time to answer freely ends in {span}. After that only approved templates go out.", { span: lasting(left) })}</span>`;
}

/** Whether only templates can be sent. Messenger has none: it accepts or refuses late replies itself. @param {Line} line @param {Contact} contact @param {number} now */
function isWindowClosed(line, contact, now) {
  return contact.channel === "whatsapp" && line.windowEndsAt !== null && Date.parse(line.windowEndsAt) <= now;
}

/** @param {App} app @param {string} text */
function hint(app, text) {
  const { longest, isNote } = app.writing;
  // Pairs of code units are one character: fewer than that are never too many.
  const count = text.length > longest * COUNTED_FROM ? lengthOf(text) : 0;
  if (count > longest) return html`<span class="is-over">${count} / ${longest}</span>`;
  if (count > longest * COUNTED_FROM) return `${count} / ${longest}`;
  return isNote ? t("Enter keeps it") : t("Enter sends, / quick replies");
}

/** @param {App} app */
function attachments(app) {
  return html`<div class="attached">${app.attaching.list.map((file, place) => html`<div class="attached__item">
    ${file.preview ? html`<img src=${file.preview} alt="" width="36" height="36">` : icon("file")}
    <span><span>${file.name}</span><br><span class="quiet">${file.note || fileSize(file.size, LOCALE)}</span></span>
    <button class="btn btn--icon btn--small" type="button" aria-label=${t("Take {name} out", { name: file.name })} @click=${() => app.attaching.remove(place)}>${icon("x", "icon--s")}</button>
  </div>`)}</div>`;
}
