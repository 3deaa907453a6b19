// @ts-check
/** The player of voice messages: play, position, speed. */

import { html, nothing, svg } from "../../vendor/lit-html/lit-html.js";
import { minutes } from "../format/times.js";
import { glyph, icon } from "../parts/icon.js";
import { LOCALE, t } from "../words.js";

const SPEEDS = [1, 1.5, 2];
const BARS = 52;

/** One audio element for all: starting one stops the other. */
class Player {
  constructor() {
    this.audio = new Audio();
    this.audio.preload = "none";
    this.id = "";
    this.speed = Number(localStorage.getItem("speed")) || 1;
    /** @type {Map<string, number[]>} */
    this.waves = new Map();
    /** Those that could not be loaded or played. @type {Set<string>} */
    this.failed = new Set();
    this.onChange = () => {};
    /** @type {(id: string) => void} */
    this.onFailed = () => {};
    this.audio.addEventListener("error", () => {
      this.failed.add(this.id);
      this.onFailed(this.id);
    });
    for (const name of ["timeupdate", "play", "pause", "waiting", "playing", "ended", "loadedmetadata", "error"])
      this.audio.addEventListener(name, () => this.onChange());
  }

  /** @param {import("../types.js").Message} message */
  toggle(message) {
    if (this.id !== message.id || this.failed.delete(message.id)) {
      this.id = message.id;
      this.audio.src = message.url ?? "";
      this.#decode(message);
    } else if (!this.audio.paused) return this.audio.pause();
    this.audio.playbackRate = this.speed;
    return this.audio.play().catch(() => this.onChange());
  }

  /** Whether it is to play and has nothing to play yet. @param {string} id */
  isLoading(id) {
    return this.id === id && !this.audio.paused && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  faster() {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length];
    localStorage.setItem("speed", String(this.speed));
    this.audio.playbackRate = this.speed;
    this.onChange();
  }

  /** @param {string} id @param {number} part from 0 to 1 */
  seek(id, part) {
    if (this.id !== id || !Number.isFinite(this.audio.duration)) return;
    this.audio.currentTime = Math.max(0, Math.min(1, part)) * this.audio.duration;
  }

  /** Reads the waveform; without it the line is flat. @param {import("../types.js").Message} message */
  async #decode({ id, url }) {
    // The content security policy allows playing a queued file, but not reading it.
    if (this.waves.has(id) || !url || url.startsWith("blob:")) return;
    try {
      const data = await (await fetch(url)).arrayBuffer();
      const sound = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(data);
      this.waves.set(id, loudness(sound.getChannelData(0)));
      this.onChange();
    } catch {
      // It can be played without a waveform.
    }
  }
}

/** Returns the level of each part, from 0 to 1. @param {Float32Array} samples */
function loudness(samples) {
  const size = Math.max(1, Math.floor(samples.length / BARS));
  const peaks = Array.from({ length: BARS }, (_, bar) => {
    let peak = 0;
    for (let place = bar * size; place < (bar + 1) * size; place += 16)
      peak = Math.max(peak, Math.abs(samples[place] ?? 0));
    return peak;
  });
  const highest = Math.max(...peaks, 0.01);
  return peaks.map((peak) => peak / highest);
}

export const player = new Player();

/** @param {import("../app.js").App} app @param {import("../types.js").Message} message */
function press(app, message) {
  player.toggle(message);
  keepFocus(app, message.id);
}

/** The button to play and the one to try again are not the same: the focus goes along. @param {import("../app.js").App} app @param {string} id */
export function keepFocus(app, id) {
  app.afterDraw(() => {
    if (document.activeElement !== document.body) return;
    /** @type {HTMLElement | null} */ (document.querySelector(`[data-message="${CSS.escape(id)}"] .audio button`))?.focus();
  });
}

/**
 * @param {import("../app.js").App} app
 * @param {import("../types.js").Message} message
 * @param {unknown} meta
 */
export function audio(app, message, meta) {
  const { id } = message;
  if (player.failed.has(id)) return failed(app, message, meta);
  const isCurrent = player.id === id;
  const length = isCurrent && Number.isFinite(player.audio.duration) ? player.audio.duration : 0;
  const at = isCurrent ? player.audio.currentTime : 0;
  const isPlaying = isCurrent && !player.audio.paused;
  const played = length ? at / length : 0;
  const wave = player.waves.get(id) ?? Array(BARS).fill(0.06);
  const speed = `${new Intl.NumberFormat(LOCALE).format(player.speed)}×`;
  return html`<div class="audio">
    <button class="audio__play" type="button" aria-busy=${player.isLoading(id) || nothing} aria-label=${isPlaying ? t("Pause the voice message") : t("Play the voice message")} @click=${() => press(app, message)}>${icon(isPlaying ? "pause" : "play")}</button>
    <svg class="audio__wave" viewBox="0 0 208 26" preserveAspectRatio="none" role="slider" tabindex="0" aria-label=${t("Position")}
      aria-valuemin="0" aria-valuemax=${Math.round(length)} aria-valuenow=${Math.round(at)} aria-valuetext=${t("{at} of {length}", { at: minutes(at), length: minutes(length) })}
      @click=${(/** @type {MouseEvent} */ event) => {
        const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
        player.seek(id, (event.clientX - box.left) / box.width);
      }}
      @keydown=${(/** @type {KeyboardEvent} */ event) => {
        const by = { ArrowRight: 5, ArrowLeft: -5 }[event.key];
        if (!by || !length) return;
        player.seek(id, (at + by) / length);
        event.preventDefault();
        event.stopPropagation();
      }}>${wave.map((/** @type {number} */ loud, /** @type {number} */ bar) => bars(loud, bar, bar / BARS < played))}</svg>
    <button class="audio__speed" type="button" aria-label=${t("Speed {speed}. Change", { speed })} @click=${() => player.faster()}>${speed}</button>
    <span class="audio__time"><span>${minutes(at)}${length ? html` / ${minutes(length)}` : nothing}</span>${meta}</span>
  </div>`;
}

/** In the room of a voice message that could not be loaded. @param {import("../app.js").App} app @param {import("../types.js").Message} message @param {unknown} meta */
function failed(app, message, meta) {
  return html`<div class="audio audio--failed"><span class="audio__failed" role="alert">${glyph("failed")}<span>${t("The voice message could not be loaded")}</span></span>
    <span class="audio__again"><button class="btn btn--small btn--line" type="button" @click=${() => press(app, message)}>${t("Try again")}</button><a class="file__save" href=${message.url ?? ""} download=${message.fileName || t("Voice message")}>${icon("arrow", "icon--xs arrow-down")}${t("Download")}</a>${meta}</span></div>`;
}

/** @param {number} loud @param {number} bar @param {boolean} isPlayed */
function bars(loud, bar, isPlayed) {
  const height = 3.4 + loud * 19;
  return svg`<rect class=${isPlayed ? "is-played" : ""} x=${bar * 4} y=${13 - height / 2} width="2.4" height=${height} rx="1.2"></rect>`;
}
