/* Edits a menu as a tree of steps, with a preview. The form submits the text field; without
   this script it is edited as JSON. */

import { el } from "./elements.js";
import { begin as beginPhone } from "./menu-phone.js";

const data = JSON.parse(document.getElementById("menu-data").textContent);
const { labels } = data;
const field = document.getElementById("menu-body");
const DOES = {
  area: labels.toArea,
  step: labels.toStep,
  text: labels.toText,
  human: labels.toHuman,
  close: labels.toClose,
};

let menu;
let chosen = 0;
let problems = {};
let phone;

/* A labelled control for a path in the menu, such as steps[0].text. */
function labelled(label, place, control) {
  control.dataset.place = place;
  return el("label", { className: "bo-field" }, el("span", {}, label), control,
    el("span", { className: "bo-problem", "data-problem": place }));
}

function textField(label, place, owner, key, { rows = 1, fallback = "" } = {}) {
  const control = rows > 1 ? el("textarea", { rows }) : el("input", { type: "text" });
  control.value = owner[key] ?? fallback;
  control.addEventListener("input", () => {
    owner[key] = control.value;
    changed();
  });
  return labelled(label, place, control);
}

function numberField(label, place, value, set, limits = {}) {
  const control = el("input", { type: "number", ...limits });
  control.value = value ?? "";
  control.addEventListener("input", () => {
    set(control.value === "" ? undefined : Number(control.value));
    changed();
  });
  return labelled(label, place, control);
}

function choice(label, place, pairs, value, set) {
  const control = el("select", {});
  for (const [code, name] of pairs) control.append(new Option(name, code));
  control.value = value ?? "";
  control.addEventListener("change", () => {
    set(control.value);
    render();
  });
  return labelled(label, place, control);
}

const button = (label, onclick, more = {}) =>
  el("button", { type: "button", className: "bo-small", onclick, ...more }, label);

const areaPairs = () => data.areas.map((area) => [area.code, area.name]);

function general() {
  const { defaults } = data;
  const channels = data.channels.map(({ value, label }) => {
    const box = el("input", { type: "checkbox" });
    box.checked = (menu.channels ?? data.channels.map((c) => c.value)).includes(value);
    box.addEventListener("change", () => {
      const on = new Set(menu.channels ?? data.channels.map((c) => c.value));
      on[box.checked ? "add" : "delete"](value);
      menu.channels = data.channels.map((c) => c.value).filter((c) => on.has(c));
      changed();
    });
    return el("label", { className: "bo-check" }, box, ` ${label}`);
  });
  const text = (label, key, rows = 2) =>
    textField(label, key, menu, key, { rows, fallback: defaults[key] });
  return el("details", { className: "bo-panel", open: chosen < 0 },
    el("summary", { className: "bo-heading" }, labels.general),
    el("div", { className: "bo-field", "data-place": "channels" },
      el("span", {}, labels.channels), ...channels,
      el("span", { className: "bo-problem", "data-problem": "channels" })),
    text(labels.greeting, "greeting", 3), text(labels.invalid, "invalid"),
    text(labels.media, "media"), text(labels.goodbye, "goodbye"),
    numberField(labels.retries, "retries", menu.retries ?? defaults.retries,
      (value) => { menu.retries = value; }, { min: 0, max: 10 }),
    numberField(labels.timeout, "timeout", (menu.timeout ?? defaults.timeout) / 60,
      (value) => { menu.timeout = value === undefined ? value : Math.round(value * 60); },
      { min: 0, step: "any" }),
    choice(labels.onTimeout, "onTimeout", [["fallback", labels.onFallback],
      ["close", labels.onClose], ["stay", labels.onStay]],
    menu.onTimeout ?? defaults.onTimeout, (value) => { menu.onTimeout = value; }),
    choice(labels.fallback, "fallback", [["", labels.noArea], ...areaPairs()],
      menu.fallback, (value) => { menu.fallback = value || null; }));
}

const leadsTo = (option) => {
  if (option.do === "area")
    return data.areas.find((area) => area.code === option.area)?.name ?? "?";
  return option.do === "step" ? "" : DOES[option.do];
};

/* The steps as a tree, in the order in which the customer reaches them; each is shown once. */
function branch(number, drawn) {
  drawn.add(number);
  const step = menu.steps[number];
  const items = step.options.map((option) => {
    const to = option.do === "step" ? menu.steps.findIndex((s) => s.code === option.step) : -1;
    const line = el("span", {}, `${option.key} ${option.title}`,
      el("span", { className: "bo-second" }, ` → ${to < 0 ? leadsTo(option) || "?" : menu.steps[to].code}`));
    return el("li", {}, line, to < 0 || drawn.has(to) ? null : branch(to, drawn));
  });
  return el("div", {}, stepButton(number), el("ul", {}, ...items));
}

function stepButton(number) {
  const step = menu.steps[number];
  const more = { className: "bo-step", "aria-current": String(number === chosen) };
  return button(step.code, () => {
    chosen = number;
    render();
  }, more);
}

function tree() {
  const drawn = new Set();
  const root = branch(0, drawn);
  const others = menu.steps.map((_, number) => number).filter((n) => !drawn.has(n));
  return el("nav", { className: "bo-panel bo-tree" }, root,
    others.length ? el("p", { className: "bo-warn" }, labels.unreached) : null,
    ...others.map(stepButton),
    button(labels.addStep, () => { chosen = addStep(); render(); }));
}

function addStep() {
  const codes = new Set(menu.steps.map((step) => step.code));
  let number = menu.steps.length + 1;
  while (codes.has(`etapa_${number}`)) number++;
  menu.steps.push({
    code: `etapa_${number}`,
    text: labels.newStep,
    options: [{ key: 1, title: labels.toHuman, do: "human" }],
  });
  return menu.steps.length - 1;
}

function rename(step, code) {
  for (const each of menu.steps)
    for (const option of each.options)
      if (option.do === "step" && option.step === step.code) option.step = code;
  step.code = code;
}

function optionPart(step, place, option, n) {
  const at = `${place}.options[${n}]`;
  const { options } = step;
  const move = (by) => {
    [options[n], options[n + by]] = [options[n + by], options[n]];
    render();
  };
  const targets = {
    area: () => choice(labels.target, `${at}.area`, [["", ""], ...areaPairs()],
      option.area, (value) => { option.area = value; }),
    step: () => choice(labels.target, `${at}.step`,
      [["", ""], ...menu.steps.map((s) => [s.code, s.code]), ["+", labels.newStep]],
      option.step, (value) => {
        option.step = value === "+" ? menu.steps[addStep()].code : value;
      }),
  };
  const words = el("input", { type: "text", value: (option.words ?? []).join(", ") });
  words.addEventListener("input", () => {
    option.words = words.value.split(",").map((word) => word.trim()).filter(Boolean);
    changed();
  });
  return el("fieldset", { className: "bo-option" },
    numberField(labels.key, `${at}.key`, option.key, (value) => { option.key = value; },
      { min: 1, max: 99 }),
    textField(labels.optionTitle, `${at}.title`, option, "title"),
    choice(labels.do, `${at}.do`, Object.entries(DOES), option.do, (value) => {
      option.do = value;
      for (const key of ["area", "step"]) if (key !== value) delete option[key];
    }),
    targets[option.do]?.(),
    textField(labels.optionText, `${at}.text`, option, "text", { rows: 2 }),
    labelled(labels.words, `${at}.words`, words),
    el("div", { className: "bo-buttons" },
      button("↑", () => move(-1), { disabled: n === 0, title: labels.up, ariaLabel: labels.up }),
      button("↓", () => move(1),
        { disabled: n === options.length - 1, title: labels.down, ariaLabel: labels.down }),
      button(labels.remove, () => { options.splice(n, 1); render(); })));
}

function stepPart() {
  const step = menu.steps[chosen];
  const place = `steps[${chosen}]`;
  const code = el("input", { type: "text", value: step.code });
  code.addEventListener("change", () => { rename(step, code.value.trim()); render(); });
  return el("section", { className: "bo-panel" },
    labelled(labels.stepCode, `${place}.code`, code),
    textField(labels.stepText, `${place}.text`, step, "text", { rows: 3 }),
    numberField(labels.stepSa, `${place}.sa`, step.sa, (value) => { step.sa = value; },
      { min: 2, max: 9999 }),
    el("h2", { className: "bo-heading", "data-place": `${place}.options` }, labels.options),
    el("span", { className: "bo-problem", "data-problem": `${place}.options` }),
    el("span", { className: "bo-problem", "data-problem": place }),
    ...step.options.map((option, n) => optionPart(step, place, option, n)),
    el("div", { className: "bo-buttons" },
      button(labels.addOption, () => {
        const key = Math.max(0, ...step.options.map((option) => option.key || 0)) + 1;
        step.options.push({ key, title: "", do: "human" });
        render();
      }),
      chosen > 0 ? button(labels.removeStep, () => {
        menu.steps.splice(chosen, 1);
        chosen = 0;
        render();
      }) : null));
}

function showProblems() {
  for (const mark of document.querySelectorAll("[data-problem]")) {
    const sentences = problems[`menu.${mark.dataset.problem}`];
    mark.textContent = sentences ? sentences.join(" ") : "";
  }
  for (const control of document.querySelectorAll("[data-place]"))
    control.toggleAttribute("aria-invalid", `menu.${control.dataset.place}` in problems);
}

function changed() {
  field.value = JSON.stringify(menu);
  document.getElementById("menu-tree").replaceChildren(tree());
  phone.menuChanged(menu);
}

function render() {
  const parts = document.getElementById("menu-parts");
  const isOpen = parts.querySelector("details")?.open;
  parts.replaceChildren(general(), stepPart());
  if (isOpen) parts.querySelector("details").open = true;
  changed();
  showProblems();
}

/* The text field may contain any text that was submitted and refused. */
function readable(text) {
  try {
    const read = JSON.parse(text);
    const steps = Array.isArray(read?.steps) && read.steps.length > 0;
    return steps && read.steps.every((step) => Array.isArray(step?.options)) ? read : null;
  } catch {
    return null;
  }
}

menu = readable(field.value);
if (menu) {
  field.hidden = true;
  document.querySelector('label[for="menu-body"]').hidden = true;
  document.getElementById("menu-editor").append(
    el("div", { id: "menu-tree" }), el("div", { id: "menu-parts" }));
  phone = beginPhone(document.getElementById("menu-phone"), data, (found) => {
    problems = found;
    showProblems();
  });
  render();
}
