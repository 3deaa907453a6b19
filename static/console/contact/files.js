// @ts-check
/** The files of a contact, of all its chats, as far as the pane shows them. */

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { isShownInside, openPdf } from "../dialogs/pdf.js";
import { icon } from "../parts/icon.js";
import { t } from "../words.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../store/conversation.js").Conversation} Conversation */
/** @typedef {{id: string, type: string, fileName: string, size: number | null, createdAt: string, url: string}} ContactFile */

// Shown until one asks for all.
const FEW = 4;

export class ContactFiles {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** The contact whose files these are. */
    this.key = "";
    /** @type {ContactFile[]} */
    this.list = [];
    this.isWhole = false;
    /** The newest file of the conversation when they were read. */
    this.newest = "";
  }

  /** Returns the files of the open chat's contact, which are read anew when one has come. @param {Conversation} conversation */
  of(conversation) {
    const newest = newestFile(conversation);
    if (this.key !== conversation.key) Object.assign(this, { key: conversation.key, list: [], isWhole: false });
    else if (this.newest === newest) return this.list;
    this.newest = newest;
    this.#read(conversation);
    return this.list;
  }

  /** @param {Conversation} conversation */
  async #read({ key, ref }) {
    const { files } = await this.app.calls.files(ref).catch(() => ({ files: null }));
    // What could not be read is read with the next file, or when the chat is opened again.
    if (!files || this.key !== key) return;
    this.list = files;
    this.app.render();
  }

  showAll = () => {
    this.isWhole = true;
    this.app.render();
  };
}

/** @param {Conversation} conversation */
function newestFile({ messages }) {
  for (let place = messages.length - 1; place >= 0; place -= 1) if (messages[place].url) return messages[place].id;
  return "";
}

/** @param {App} app @param {Conversation} conversation */
export function filesBlock(app, conversation) {
  const { files } = app;
  const list = files.of(conversation);
  if (!list.length) return nothing;
  const hidden = files.isWhole || list.length <= FEW ? 0 : list.length - FEW + 1;
  return html`<section class="block"><h3 class="block__title"><span>${t("Files")}</span></h3>
    <div class="thumbs">${list.slice(0, list.length - hidden).map((file) => thumb(app, file))}
      ${hidden ? html`<button class="thumb" type="button" aria-label=${t("Show {count} more", { count: hidden })} @click=${files.showAll}>+ ${hidden}</button>` : nothing}</div></section>`;
}

/** @param {App} app @param {ContactFile} file */
function thumb(app, file) {
  const { id, type, fileName, createdAt } = file;
  // The address of the message, if it is loaded: the browser has its picture.
  const url = app.conversation?.byId.get(id)?.url || file.url;
  const broken = `thumb ${id}`;
  const isPicture = type === "image" || type === "sticker";
  /** @type {Record<string, string>} */
  const kinds = { image: t("Photo"), sticker: t("Sticker"), audio: t("Voice message"), video: t("Video") };
  const name = `${fileName || (kinds[type] ?? t("File"))}, ${app.moment(createdAt)}`;
  const href = /^(https?:\/\/|\/)/.test(url) ? url : "";
  const isOurs = href !== "" && new URL(href, location.href).origin === location.origin;
  return html`<a class="thumb" href=${href} target="_blank" rel="noopener noreferrer" aria-label=${name} title=${name} @click=${(/** @type {MouseEvent} */ event) => open(app, file, isPicture && isOurs, event)}>
    ${isPicture && isOurs && !app.threadView.broken.has(broken) ? html`<img src=${href} alt="" width="56" height="56" loading="lazy" @error=${() => app.threadView.setBroken(broken, true)}>` : icon(type === "audio" ? "mic" : type === "video" ? "play" : "file")}</a>`;
}

/** Pictures and PDF files open over the page, others in a tab. @param {App} app @param {ContactFile} file @param {boolean} isPicture @param {MouseEvent} event */
function open(app, file, isPicture, event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const message = /** @type {import("../types.js").Message} */ (/** @type {unknown} */ (file));
  if (!isPicture && !isShownInside(message)) return;
  event.preventDefault();
  if (isPicture) app.overlay.openViewer(message);
  else openPdf(app, message);
}
