/* Simulates last week's chats of an area with the assignment settings in the form. */

import { el } from "./elements.js";

const { names, area, operators, inherited, labels } = JSON.parse(
  document.getElementById("assignment-trial-data").textContent);
const place = document.getElementById("assignment-trial");
const note = place.querySelector("[role=status]");
const table = place.querySelector("table");

/* An empty field uses the inherited value. */
const chosen = (name, key, factor = 1) => {
  const text = document.querySelector(`[name="${name}"]`)?.value ?? "";
  return text === "" ? inherited[key] : factor ? Math.round(Number(text) * factor) : text;
};

const minutes = (seconds) => (seconds / 60).toFixed(1);

function show({ chats, assigned, byOperator, wait, was, presence }) {
  const fill = (text, ...values) => values.reduce((t, v) => t.replace("%s", v), text);
  note.textContent = [
    fill(labels.chats, chats, assigned),
    fill(labels.wait, minutes(wait.median), minutes(wait.p90), minutes(was.median), minutes(was.p90)),
    presence === "assumed" ? labels.assumed : "",
  ].join(" ").trim();
  table.tBodies[0].replaceChildren(...byOperator.map((each) => el("tr", {},
    el("td", {}, operators[each.operatorId] ?? each.operatorId),
    el("td", { className: "bo-figure" }, String(each.chats)),
    el("td", { className: "bo-figure" }, String(each.most)))));
  table.hidden = byOperator.length === 0;
}

place.querySelector("[data-try]").addEventListener("click", async () => {
  note.textContent = labels.trying;
  const body = {
    ...names, area,
    assign: chosen("assign", "assign", 0),
    cap: chosen("cap", "cap"),
    lastOperator: chosen("last_operator", "lastOperator", 60),
  };
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const response = await fetch("/api/area/assignment/try", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (answer.data) show(answer.data);
    else note.textContent = answer.error?.message ?? labels.failed;
  } catch {
    note.textContent = labels.failed;
  }
});
place.hidden = false;
