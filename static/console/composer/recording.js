// @ts-check
/** Records voice messages, in place of the composer. */

import { html, nothing, svg } from "../../vendor/lit-html/lit-html.js";
import { minutes } from "../format/times.js";
import { icon } from "../parts/icon.js";
import { t } from "../words.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const BARS = 60;
const BAR_EVERY = 250;
const LONGEST = 15 * 60_000;
const BITS = 32_000;
// Shorter recordings are accidental touches.
const SHORTEST = 500;

export class Recording {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    /** The contact of the recording. */
    this.key = "";
    this.startedAt = 0;
    /** The levels so far, from 0 to 1, the latest last. @type {number[]} */
    this.levels = [];
    /** @type {any} */
    this.timer = 0;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {Blob[]} */
    this.pieces = [];
    this.isStarting = false;
  }

  /** Why recording is not possible here, or "". */
  get obstacle() {
    if (!globalThis.isSecureContext || !navigator.mediaDevices) return t("Recording needs a secure address (https).");
    return typeof MediaRecorder === "undefined" ? t("This browser does not record.") : "";
  }

  get isOn() {
    return this.recorder !== null;
  }

  get seconds() {
    return (this.app.now - this.startedAt) / 1000;
  }

  start = async () => {
    const { app } = this;
    if (this.isOn || this.isStarting || !app.mayAnswer || !app.conversation) return;
    if (this.obstacle) return app.overlay.toast(this.obstacle);
    this.isStarting = true;
    this.key = app.conversation.key;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      this.#record(stream);
    } catch (error) {
      const isRefused = /** @type {Error} */ (error).name === "NotAllowedError";
      app.overlay.toast(isRefused ? t("The browser does not let the console use the microphone.") : t("No microphone was found."));
    }
    this.isStarting = false;
    app.render();
  };

  /** @param {MediaStream} stream */
  #record(stream) {
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS });
    this.recorder = recorder;
    this.pieces = [];
    this.levels = [];
    this.startedAt = Date.now();
    recorder.ondataavailable = ({ data }) => this.pieces.push(data);
    // An unplugged microphone ends the recording, which is kept.
    stream.getAudioTracks()[0].onended = () => this.keep();
    recorder.start(1000);
    const loudness = this.#meter(stream);
    this.timer = setInterval(() => {
      this.levels = [...this.levels.slice(1 - BARS), loudness()];
      if (Date.now() - this.startedAt > LONGEST) this.keep();
      this.app.render();
    }, BAR_EVERY);
    this.app.afterDraw(() => document.getElementById("recording-send")?.focus());
  }

  /** @param {MediaStream} stream @returns {() => number} */
  #meter(stream) {
    try {
      const context = new AudioContext();
      this.context = context;
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Uint8Array(analyser.fftSize);
      return () => {
        analyser.getByteTimeDomainData(samples);
        return Math.min(1, Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 90);
      };
    } catch {
      return () => 0;
    }
  }

  /** Ends the recording and returns it. @returns {Promise<Blob | null>} */
  #end() {
    const { recorder } = this;
    clearInterval(this.timer);
    this.context?.close();
    this.context = null;
    this.recorder = null;
    this.app.render();
    return new Promise((done) => {
      if (!recorder) return done(null);
      const finish = () => {
        for (const track of recorder.stream.getTracks()) track.stop();
        done(new Blob(this.pieces, { type: recorder.mimeType }));
      };
      if (recorder.state === "inactive") return finish();
      recorder.onstop = finish;
      return recorder.stop();
    });
  }

  send = async () => {
    const { app, key } = this;
    const isShort = Date.now() - this.startedAt < SHORTEST;
    const blob = await this.#end();
    if (!blob?.size || isShort) return;
    app.writing.sendFile(key, { blob, type: "audio", fileName: fileNameOf(blob, this.startedAt) });
    app.focusComposer();
  };

  /** Ends it and attaches it to the message: another chat was opened, or it is long. */
  async keep() {
    const { app, key } = this;
    if (!this.isOn) return;
    const blob = await this.#end();
    if (!blob?.size) return;
    const name = t("Voice message");
    app.attaching.put(key, { name, size: blob.size, preview: "", note: "", file: { blob, type: "audio", fileName: fileNameOf(blob, this.startedAt) } });
  }

  discard = async () => {
    await this.#end();
    this.app.focusComposer();
  };
}

/** @param {Blob} blob @param {number} at */
function fileNameOf({ type }, at) {
  const suffix = /ogg/.test(type) ? "ogg" : /mp4/.test(type) ? "m4a" : "webm";
  const time = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `voz-${time}.${suffix}`;
}

/** The content of the composer during a recording. @param {import("../app.js").App} app */
export function recordingBox(app) {
  const { recording } = app;
  const levels = [...Array(BARS).fill(0), ...recording.levels].slice(-BARS);
  return html`<div class="recording">
    <span class="recording__dot"></span><span class="recording__time" role="timer" aria-label=${t("Recording")}>${minutes(recording.seconds)}</span>
    <svg class="audio__wave" viewBox="0 0 240 26" preserveAspectRatio="none" aria-hidden="true">${levels.map((level, bar) => levelBar(level, bar))}</svg>
    <button class="btn" type="button" title=${t("Discard (Esc)")} @click=${recording.discard}>${t("Discard")}</button>
    <button class="btn btn--primary" type="button" id="recording-send" @click=${recording.send}>${icon("send")}${t("Send")}</button>
  </div>`;
}

/** @param {number} level @param {number} bar */
function levelBar(level, bar) {
  const height = 3.4 + level * 21;
  return svg`<rect class="is-played" x=${bar * 4} y=${13 - height / 2} width="2.4" height=${height} rx="1.2"></rect>`;
}

/** The button that starts a recording. @param {import("../app.js").App} app */
export function recordButton(app) {
  const { obstacle } = app.recording;
  return html`<button class="btn btn--icon" type="button" aria-label=${t("Record a voice message")} title=${obstacle || t("Record a voice message")} aria-disabled=${obstacle ? "true" : nothing} @click=${app.recording.start}>${icon("mic")}</button>`;
}
