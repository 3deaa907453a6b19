import "./setup.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { TemplateChoice } from "../../../static/console/composer/template_choice.js";
import { cleaned, firstValues, fitting, pieces, wordsBefore } from "../../../static/console/composer/template_text.js";
import { M, contact, line } from "./rows.mjs";

const ARRIVED = { name: "pedido_chegou", language: "pt_BR", category: "UTILITY", text: "Olá, {{1}}! Seu pedido de {{2}} chegou.", parameters: 2 };
const AGAIN = { name: "retomar_conversa", language: "pt_BR", category: "UTILITY", text: "Podemos continuar?", parameters: 0 };

/** An app with an open chat; `answers` are those of the calls, errors are thrown. */
function appWith({ templates = [ARRIVED, AGAIN], sent = [null], person = {}, chat = {}, gateway = "whatsapp_cloud" } = {}) {
  const asked = [];
  const sendings = [];
  const app = {
    now: Date.now(),
    line: line(chat),
    contact: contact(person),
    store: { options: new Map([[M, { gateway }]]) },
    overlay: { busy: "", during: (_name, act) => act() },
    threadView: { toEnd() {} },
    writing: { suggestions: { offer: null }, to: () => ({ m: M, id: 551133334444 }) },
    calls: {
      templates: async (m) => {
        asked.push(m);
        if (templates instanceof Error) throw templates;
        return { templates };
      },
      sendTemplate: async (_to, name, language, values, key) => {
        sendings.push({ name, language, values, key });
        const answer = sent.shift();
        if (answer instanceof Error) throw answer;
      },
    },
    render() {},
    afterDraw() {},
    focusComposer() {},
  };
  const choice = new TemplateChoice(app);
  return { app, choice, asked, sendings };
}

const settled = () => new Promise((done) => setTimeout(done));

async function submit(choice) {
  choice.onSubmit({ preventDefault() {} });
  await settled();
}

test("the preview has the values as they will be sent", () => {
  assert.deepEqual(pieces(ARRIVED.text, ["  Maria \n", ""]), [
    { text: "Olá, " },
    { text: "Maria", place: 1 },
    { text: "! Seu pedido de " },
    { text: "", place: 2 },
    { text: " chegou." },
  ]);
  assert.equal(cleaned("a\n\tb     c "), "a b c");
});

test("a value is labelled by the words before it", () => {
  assert.equal(wordsBefore(ARRIVED.text, 1), "Olá,");
  assert.equal(wordsBefore(ARRIVED.text, 2), "Seu pedido de");
  assert.equal(wordsBefore("{{1}}{{ 2 }} é seu", 2), "");
});

test("the first value is the contact's first name, if it is one", () => {
  assert.deepEqual(firstValues(ARRIVED, "Maria Souza"), ["Maria", ""]);
  assert.deepEqual(firstValues(ARRIVED, "551133334444"), ["", ""]);
  assert.deepEqual(firstValues(AGAIN, "Maria"), []);
});

test("templates are found by words of their name or text, without accents", () => {
  const found = (words) => fitting([ARRIVED, AGAIN], words).map(({ name }) => name);
  assert.deepEqual(found(""), ["pedido_chegou", "retomar_conversa"]);
  assert.deepEqual(found("OLA pedido"), ["pedido_chegou"]);
  assert.deepEqual(found("retomar conversa"), ["retomar_conversa"]);
  assert.deepEqual(found("boleto"), []);
});

test("the list is read once for a manager, and again when it is old", async () => {
  const { app, choice, asked } = appWith();
  assert.equal(choice.list.isRead, false);
  assert.equal(choice.list.isReading, true);
  await settled();
  assert.deepEqual(choice.found, [ARRIVED, AGAIN]);
  assert.deepEqual(asked, [M]);
  app.now += 11 * 60_000;
  assert.deepEqual(choice.found, [ARRIVED, AGAIN]);
  assert.deepEqual(asked, [M, M]);
});

test("a list that cannot be read is reported and not requested at every render", async () => {
  const { choice, asked } = appWith({ templates: new Error("No connection.") });
  choice.list;
  await settled();
  assert.equal(choice.list.error, "No connection.");
  choice.list;
  assert.equal(asked.length, 1);
  choice.readAgain();
  await settled();
  assert.equal(asked.length, 2);
  choice.reset();
  choice.list;
  assert.equal(asked.length, 3);
});

test("the chosen template is sent with cleaned values, once for each key", async () => {
  const { choice, sendings } = appWith({ sent: [new Error("No connection."), null, null] });
  choice.list;
  await settled();
  choice.fill(ARRIVED, 1, " 12  banquetas ");
  await submit(choice);
  assert.equal(choice.error, "No connection.");
  await submit(choice);
  assert.equal(choice.error, "");
  assert.deepEqual(sendings[0].values, ["Maria", "12 banquetas"]);
  assert.equal(sendings[0].key, sendings[1].key);
  assert.deepEqual(choice.valuesOf(ARRIVED), ["Maria", ""]);
  choice.fill(ARRIVED, 1, "outro");
  await submit(choice);
  assert.notEqual(sendings[2].key, sendings[1].key);
});

test("nothing is sent while a value is missing", async () => {
  const { choice, sendings } = appWith();
  choice.list;
  await settled();
  await submit(choice);
  assert.deepEqual(sendings, []);
});

test("the selection is one of the results, else the first", async () => {
  const { choice } = appWith();
  choice.list;
  await settled();
  assert.equal(choice.template, ARRIVED);
  choice.choose(AGAIN);
  assert.equal(choice.template, AGAIN);
  choice.onSearch({ target: { value: "pedido" } });
  assert.equal(choice.template, ARRIVED);
  choice.onKey({ key: "ArrowDown", preventDefault() {} });
  assert.equal(choice.template, ARRIVED);
});

test("a response after leaving the chat does not affect the next one", async () => {
  let answer;
  const { app, choice } = appWith();
  choice.list;
  await settled();
  choice.choose(AGAIN);
  app.calls.sendTemplate = () => new Promise((_done, fail) => (answer = fail));
  choice.onSubmit({ preventDefault() {} });
  choice.reset();
  answer(new Error("too late"));
  await settled();
  assert.equal(choice.error, "");
});

test("only numbers of the Cloud API offer templates", () => {
  assert.equal(appWith().choice.isOffered, true);
  assert.equal(appWith({ gateway: "evolution" }).choice.isOffered, false);
  assert.equal(appWith({ person: { channel: "facebook" } }).choice.isOffered, false);
});
