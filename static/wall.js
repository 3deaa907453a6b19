// @ts-check
/* Keeps the wall up to date: when the feed reports a change, the figures are requested, at
   most every two seconds and only while the page is visible. There is no polling.
   Auditors have no feed: they press the button to read the figures again. */

const PAUSE = 2000;
// The server caches a response for a second: later requests include the change.
const KEPT = 1000;
const RECONNECT = [1000, 2000, 5000, 10_000, 20_000];
const SILENT = 45_000;
const SESSION_OVER = new Set([4001, 4003]);
// A message also changes its contact.
const TOLD = new Set(["contact", "chat", "operator", "area", "manager"]);
const TOLD_NOW = new Set(["presence", "session"]);

const wall = /** @type {HTMLElement} */ (document.getElementById("wall"));
const live = /** @type {HTMLElement} */ (document.getElementById("wall-live"));
const bar = /** @type {HTMLElement} */ (document.getElementById("wall-bar"));
const language = document.documentElement.lang || "pt-BR";
const minutes = new Intl.NumberFormat(language, { style: "unit", unit: "minute", unitDisplay: "short" });
const hours = new Intl.NumberFormat(language, { style: "unit", unit: "hour", unitDisplay: "short" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });

let ahead = 0; // milliseconds of this computer's clock before the server's
let readAt = new Date();
let isStale = false;
let isReading = false;
let askedAt = 0;
let pause = 0;
let failures = 0;
let silence = 0;
/** @type {Date | null} */
let awaySince = null;
let isOver = false;

/** @param {number} milliseconds */
function span(milliseconds) {
  const whole = Math.max(0, Math.floor(milliseconds / 60_000));
  if (whole < 60) return minutes.format(whole);
  return `${hours.format(Math.floor(whole / 60))} ${minutes.format(whole % 60)}`;
}

function tick() {
  const now = Date.now() - ahead;
  for (const age of /** @type {NodeListOf<HTMLTimeElement>} */ (live.querySelectorAll(".bo-age"))) {
    const text = span(now - Date.parse(age.dateTime));
    if (age.textContent !== text) age.textContent = text;
  }
}

function takeMoment() {
  const at = /** @type {HTMLElement | null} */ (live.querySelector("[data-at]"))?.dataset.at;
  readAt = new Date();
  if (at) ahead = Date.now() - Date.parse(at);
  tick();
}

function show() {
  const isAway = awaySince !== null;
  bar.hidden = !isAway && !isOver;
  live.classList.toggle("is-away", isAway);
  const [text, button, link] = /** @type {HTMLElement[]} */ ([...bar.children]);
  button.hidden = isOver;
  link.hidden = !isOver;
  if (isOver) text.textContent = wall.dataset.over ?? "";
  else if (awaySince)
    text.textContent = (wall.dataset.away ?? "")
      .replace("{since}", clock.format(awaySince))
      .replace("{at}", clock.format(readAt));
}

/** Access was lost: clears what was shown. */
function end() {
  isOver = true;
  live.replaceChildren();
  document.getElementById("wall-today")?.replaceChildren();
  show();
}

async function read() {
  isStale = false;
  isReading = true;
  askedAt = Date.now();
  try {
    const answer = await fetch(wall.dataset.source ?? "", { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return end();
    if (!answer.ok) throw new Error(String(answer.status));
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = /** @type {HTMLAnchorElement | null} */ (document.activeElement?.closest?.("#wall-live a"))?.href;
    live.replaceChildren(...found.body.children);
    if (focused) /** @type {HTMLAnchorElement[]} */ ([...live.querySelectorAll("a")]).find(({ href }) => href === focused)?.focus();
    takeMoment();
    show();
  } catch {
    isStale = true; // requested again with the next change or connection
  } finally {
    isReading = false;
  }
}

/** Loads today's figures once: with many open chats they take seconds. */
async function readToday() {
  const place = /** @type {HTMLElement} */ (document.getElementById("wall-today"));
  try {
    const answer = await fetch(place.dataset.source ?? "", { headers: { Accept: "text/html" }, redirect: "manual" });
    if (!answer.ok) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...found.body.children);
  } catch {
    // The link to the reports remains.
  }
}

/** Something changed: loads the figures as soon as allowed. */
function soon() {
  isStale = true;
  if (pause || isReading || isOver || document.hidden) return;
  pause = setTimeout(() => {
    pause = 0;
    if (isStale && !document.hidden) read().then(() => isStale && awaySince === null && soon());
  }, Math.max(KEPT, askedAt + PAUSE - Date.now()));
}

/** @param {any} frame */
function hear(frame) {
  if (frame.t === "hb" || frame.t === "reset") {
    if (awaySince === null && failures === 0 && hasBegun) return;
    hasBegun = true;
    failures = 0;
    awaySince = null;
    show();
    soon();
  } else if (frame.t === "now") {
    if (TOLD_NOW.has(frame.k)) soon();
  } else if (frame.t === "ev" && frame.e.some((/** @type {any} */ event) => TOLD.has(event.k))) soon();
}

let hasBegun = false;

async function connect() {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? csrf();
  let way;
  try {
    const answer = await fetch(wall.dataset.socket ?? "", { method: "POST", headers: { "X-CSRFToken": token } });
    if (answer.status === 401 || answer.status === 403) return end();
    if (!answer.ok) throw new Error(String(answer.status));
    way = (await answer.json()).data;
  } catch {
    return again();
  }
  const socket = new WebSocket(way.url);
  const expect = () => {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), SILENT);
  };
  expect();
  socket.onopen = () => socket.send(JSON.stringify({ t: "hi", ticket: way.ticket, e: null, c: null }));
  socket.onmessage = ({ data }) => {
    expect();
    hear(JSON.parse(data));
  };
  socket.onclose = ({ code }) => {
    clearTimeout(silence);
    if (SESSION_OVER.has(code)) end();
    else again();
  };
}

function csrf() {
  return /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
}

function again() {
  if (isOver) return;
  awaySince ??= new Date();
  show();
  const wait = RECONNECT[Math.min(failures, RECONNECT.length - 1)];
  failures += 1;
  setTimeout(connect, wait);
}

takeMoment();
readToday();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isStale) soon();
});
bar.querySelector("button")?.addEventListener("click", () => setTimeout(read, KEPT));
if (wall.dataset.socket) connect();
else {
  awaySince = new Date();
  show();
}
