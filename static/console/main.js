// @ts-check
/** Starts the console. */

import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { App } from "./app.js";
import { contactPane } from "./contact/contact.js";
import { dialogs } from "./dialogs/dialog.js";
import { meMenu, rail } from "./frame/rail.js";
import { tabbar } from "./frame/tabbar.js";
import { statusLine, toastArea } from "./frame/status.js";
import { listen } from "./keyboard/keys.js";
import { listPane } from "./list/list.js";
import { bellMenu } from "./notices/bell.js";
import { gate } from "./session/gate.js";
import { chatPane } from "./thread/thread.js";
import { contactName } from "./format/names.js";
import { keepFocus, player } from "./thread/audio.js";
import { t } from "./words.js";

const app = new App(draw);

function draw() {
  render(app.account.gate.isShown ? gate(app) : app.account.person ? page() : nothing, document.body);
  document.title = title();
}

function page() {
  const { pane, ref } = app.router.place;
  const isInSight = ref !== null && !app.access.isLost && !app.conversation?.error;
  const hasDetails = app.panes.hasDetails && isInSight;
  return html`
    <a class="skip" href="#chat">${t("Skip to the chat")}</a>
    <div class="app" data-pane=${pane}>
      <header class="vh"><h1>${title()}</h1></header>
      ${rail(app)}
      <main class="sheet ${hasDetails ? "" : "is-without-details"}">
        ${listPane(app)}
        ${chatPane(app)}
        ${hasDetails || pane === "details" ? contactPane(app) : nothing}
        ${toastArea(app)}
      </main>
      ${statusLine(app)}
      ${tabbar(app)}
      ${meMenu(app)}
      ${bellMenu(app)}
    </div>
    ${dialogs(app)}`;
}

function title() {
  const unread = app.tallies.unreadOfMine;
  const name = app.contact ? contactName(app.contact) : "HCI Center";
  return unread ? `(${unread}) ${name}` : name;
}

player.onChange = () => app.render();
player.onFailed = (id) => keepFocus(app, id);
listen(app);
app.account.start();
