/* Shows the hours of a week as bars that can be dragged, in cells of half an hour. The form
   submits the text fields; without this script only these are shown. */
"use strict";

(() => {
  const CELLS = 48;
  const SPAN = /^\s*(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})\s*$/;

  const clock = (cell) =>
    `${String(Math.floor(cell / 2)).padStart(2, "0")}:${cell % 2 ? "30" : "00"}`;

  /* The cells of a text; those past midnight belong to the next day. */
  function read(text, cells, next) {
    for (const part of text.split(/[,;\n]+/)) {
      const found = SPAN.exec(part);
      if (!found) continue;
      const [start, end] = [
        Number(found[1]) * 60 + Number(found[2]),
        Number(found[3]) * 60 + Number(found[4]),
      ];
      const fill = (target, from, to) => {
        for (let n = Math.floor(from / 30); n < Math.min(CELLS, Math.ceil(to / 30)); n++)
          target[n] = true;
      };
      if (end > start) fill(cells, start, end);
      else {
        fill(cells, start, 1440);
        fill(next, 0, end);
      }
    }
  }

  function write(cells) {
    const spans = [];
    for (let n = 0; n < CELLS; n++) {
      if (!cells[n]) continue;
      const start = n;
      while (n < CELLS && cells[n]) n++;
      spans.push(`${clock(start)}-${clock(n)}`);
    }
    return spans.join(", ");
  }

  function begin(week) {
    const mode = week.querySelector("select");
    const bars = [...week.querySelectorAll("[data-day]")];
    const inputs = bars.map((bar) => bar.parentElement.querySelector("input"));
    let drawn = [];
    let stroke = null;

    function paint() {
      drawn = inputs.map(() => Array(CELLS).fill(false));
      inputs.forEach((input, day) => {
        const text = input.value || (mode.value === "" ? input.placeholder : "");
        const shown = mode.value === "always" ? "00:00-24:00" : text;
        read(shown, drawn[day], drawn[(day + 1) % inputs.length]);
      });
      show();
    }

    function show() {
      bars.forEach((bar, day) => {
        [...bar.children].forEach((cell, n) =>
          cell.classList.toggle("bo-open", drawn[day][n]),
        );
      });
    }

    function drag(event) {
      if (!stroke) return;
      const bar = bars[stroke.day];
      const box = bar.getBoundingClientRect();
      const at = Math.floor(((event.clientX - box.left) / box.width) * CELLS);
      const to = Math.max(0, Math.min(CELLS - 1, at));
      const [low, high] = [Math.min(stroke.from, to), Math.max(stroke.from, to)];
      drawn[stroke.day] = stroke.before.map((is, n) =>
        n >= low && n <= high ? stroke.opens : is,
      );
      show();
    }

    function end() {
      if (!stroke) return;
      stroke = null;
      mode.value = "week";
      inputs.forEach((input, day) => (input.value = write(drawn[day])));
    }

    bars.forEach((bar, day) => {
      for (let n = 0; n < CELLS; n++) {
        const cell = document.createElement("span");
        cell.title = `${clock(n)}-${clock(n + 1)}`;
        bar.append(cell);
      }
      bar.hidden = false;
      bar.addEventListener("pointerdown", (event) => {
        const from = [...bar.children].indexOf(event.target);
        if (from < 0) return;
        event.preventDefault();
        bar.setPointerCapture(event.pointerId);
        stroke = { day, from, opens: !drawn[day][from], before: [...drawn[day]] };
        drag(event);
      });
      bar.addEventListener("pointermove", drag);
      bar.addEventListener("pointerup", end);
      bar.addEventListener("pointercancel", () => {
        stroke = null;
        paint();
      });
    });
    inputs.forEach((input) =>
      input.addEventListener("input", () => {
        if (input.value) mode.value = "week";
        paint();
      }),
    );
    mode.addEventListener("change", () => {
      if (mode.value !== "week") inputs.forEach((input) => (input.value = ""));
      paint();
    });
    paint();
  }

  // Forms load their scripts in the head.
  const beginAll = () => document.querySelectorAll("[data-week-hours]").forEach(begin);
  if (document.readyState === "loading")
    document.addEventListener("DOMContentLoaded", beginAll);
  else beginAll();
})();
