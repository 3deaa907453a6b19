/* Simulates a menu next to its editor: what the customer reads and can tap. It uses POST
   api/user/menu/try, so nothing is stored. */

import { el } from "./elements.js";

export function begin(place, data, onProblems) {
  const { labels } = data;
  let menu = null;
  let said = [labels.hello];
  let asked = 0;
  let timer = null;
  const screen = el("div", { className: "bo-screen", role: "log" });
  const note = el("p", { className: "bo-note", role: "status" });
  const channel = el("select", { ariaLabel: labels.channels });
  for (const { value, label } of data.channels) channel.append(new Option(label, value));
  channel.value = (data.channels.find(({ names }) => names) ?? data.channels[0]).value;
  const input = el("input", { type: "text", ariaLabel: labels.say, placeholder: labels.say });

  const say = (what) => {
    said.push(what);
    play();
  };
  const submit = () => {
    if (input.value.trim()) say(input.value);
    input.value = "";
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    submit();
  });
  channel.addEventListener("change", () => { said = [labels.hello]; play(); });
  const small = (label, onclick) =>
    el("button", { type: "button", className: "bo-small", onclick }, label);
  place.append(channel, screen, note,
    el("div", { className: "bo-answer" }, input, small(labels.send, submit)),
    el("div", { className: "bo-buttons" },
      small(labels.picture, () => say({ type: "image" })),
      small(labels.again, () => { said = [labels.hello]; play(); })));
  place.hidden = false;

  const chosen = () => data.channels.find(({ value }) => value === channel.value);

  async function play() {
    const { names } = chosen();
    if (!names) {
      screen.replaceChildren();
      note.textContent = labels.noChannel;
      return;
    }
    const mine = ++asked;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    let answer = null;
    try {
      const response = await fetch("/api/user/menu/try", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ ...names, channel: channel.value, say: said, menu }),
      });
      answer = await response.json();
    } catch { /* Shown below. */ }
    // A later response may have arrived first.
    if (mine !== asked) return;
    show(answer);
  }

  function show(answer) {
    const fields = answer?.error?.fields;
    onProblems(fields ?? {});
    if (answer?.data) {
      draw(answer.data);
      return;
    }
    note.textContent = fields ? labels.wrong : labels.failed;
    if (fields)
      note.append(el("ul", {}, ...Object.entries(fields).map(([at, sentences]) =>
        el("li", {}, el("code", {}, at), ` ${sentences.join(" ")}`))));
  }

  function draw({ turns, ended }) {
    const bubbles = [];
    turns.forEach((turn, n) => {
      const words = typeof turn.said === "string" ? turn.said : labels.aPicture;
      bubbles.push(el("div", { className: "bo-bubble bo-said" }, words));
      const isLast = n === turns.length - 1;
      for (const text of turn.answers) bubbles.push(...bubble(text, turn.step, isLast && !ended));
    });
    screen.replaceChildren(...bubbles);
    screen.scrollTop = screen.scrollHeight;
    note.textContent = ending(ended) ?? (turns.at(-1)?.answers.length ? "" : labels.otherChannel);
  }

  function ending(ended) {
    if (!ended) return null;
    if (ended.why === "customer" || (ended.why === "timeout" && !ended.area)) return labels.endedClosed;
    if (!ended.area) return labels.endedNone;
    const name = data.areas.find(({ code }) => code === ended.area)?.name ?? ended.area;
    return labels.endedArea.replace("%s", name);
  }

  /* A question with its options in the form of the channel's gateway. */
  function bubble(text, code, isLast) {
    const [lines, head] = split(text, code);
    const kind = chosen().kinds.find(({ most, longest }) =>
      lines.length <= most && lines.every(({ title }) => title.length <= longest));
    if (!kind || !head || !lines.length)
      return [el("div", { className: "bo-bubble" }, text)];
    const taps = lines.map(({ key, title }) => el("button",
      { type: "button", className: "bo-tap", disabled: !isLast, onclick: () => say(key) }, title));
    const shown = kind.kind === "list"
      ? el("details", { className: "bo-taps" }, el("summary", {}, labels.list), ...taps)
      : el("div", { className: "bo-taps" }, ...taps);
    return [el("div", { className: "bo-bubble" }, head), shown];
  }

  /* The options are last, after a blank line. */
  function split(text, code) {
    if (!code) return [[], text];
    const at = text.lastIndexOf("\n\n");
    const lines = text.slice(at < 0 ? 0 : at + 2).split("\n").map((line) => {
      const [, key, title] = /^(\d+|#) - (.*)$/.exec(line) ?? [];
      return { key, title };
    });
    return lines.every(({ key }) => key) ? [lines, at < 0 ? "" : text.slice(0, at)] : [[], text];
  }

  return {
    menuChanged(changed) {
      menu = structuredClone(changed);
      clearTimeout(timer);
      timer = setTimeout(play, 300);
    },
  };
}
