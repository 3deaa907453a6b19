// @ts-check
/** Two short soft sounds, made by oscillators. */

/** Each tone: its pitch, when it begins, how long it sounds, in hertz and seconds. @type {Record<string, [number, number, number][]>} */
const SOUNDS = {
  chat: [
    [523.25, 0, 0.18],
    [783.99, 0.14, 0.32],
  ],
  message: [[659.25, 0, 0.2]],
};
const LOUDNESS = 0.16;

export class Sound {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
  }

  /** Browsers play only after a click or a key: call it from one. */
  unlock() {
    if (typeof AudioContext === "undefined") return;
    this.context ??= new AudioContext();
    if (this.context.state !== "running") this.context.resume().catch(() => {});
  }

  get isUnlocked() {
    return this.context?.state === "running";
  }

  /** @param {"chat" | "message"} name */
  play(name) {
    const { context } = this;
    if (context?.state !== "running") return;
    for (const [pitch, start, length] of SOUNDS[name]) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      const at = context.currentTime + start;
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(LOUDNESS, at + 0.015);
      loudness.gain.exponentialRampToValueAtTime(0.0005, at + length);
      tone.connect(loudness).connect(context.destination);
      tone.start(at);
      tone.stop(at + length + 0.02);
    }
  }
}
