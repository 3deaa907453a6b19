// @ts-check
/** The connection to the live feed: reconnects automatically, and resumes. */

const ALSO = ["line", "note", "survey", "schedule"];
const SHORTEST_PAUSE = 300;
const LONGEST_PAUSE = 15_000;
// A heartbeat comes every 20 s: without any frame for this long, the connection is dead.
const SILENT = 45_000;
const SIGNED_OUT = new Set([4001, 4003]);

/**
 * The callbacks of the socket; `live` is called once all missed changes are received.
 * @typedef {{
 *   frame: (frame: any) => void,
 *   state: (state: "connecting" | "live" | "offline", retryAt: number | null) => void,
 *   signedOut: () => void,
 * }} Listener
 */

export class FeedSocket {
  /**
   * @param {() => Promise<{url: string, ticket: string}>} ask where to connect
   * @param {Listener} listener
   */
  constructor(ask, listener) {
    this.ask = ask;
    this.listener = listener;
    /** @type {string | null} */
    this.epoch = null;
    /** @type {number | null} */
    this.cursor = null;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.failures = 0;
    this.isStopped = true;
    this.timer = 0;
    this.silence = 0;
    this.onOnline = () => this.connectNow();
    this.onOffline = () => this.#drop();
  }

  start() {
    if (!this.isStopped) return;
    this.isStopped = false;
    addEventListener("online", this.onOnline);
    addEventListener("offline", this.onOffline);
    this.#connect();
  }

  stop() {
    this.isStopped = true;
    removeEventListener("online", this.onOnline);
    removeEventListener("offline", this.onOffline);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** Connects at once if it is not connected. */
  connectNow() {
    if (this.isStopped || this.socket) return;
    clearTimeout(this.timer);
    this.#connect();
  }

  /** Sends a frame if connected; otherwise it is dropped, as it would be outdated later. @param {any} frame */
  send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  async #connect() {
    this.listener.state("connecting", null);
    let way;
    try {
      way = await this.ask();
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) return;
      this.#again();
      return;
    }
    if (this.isStopped || this.socket) return;
    const socket = new WebSocket(way.url);
    this.socket = socket;
    socket.onopen = () => {
      const hello = { t: "hi", ticket: way.ticket, e: this.epoch, c: this.epoch && this.cursor, also: ALSO };
      socket.send(JSON.stringify(hello));
    };
    socket.onmessage = ({ data }) => this.#hear(socket, JSON.parse(data));
    socket.onclose = ({ code }) => this.#closed(socket, code);
    this.#expectFrames();
  }

  /** @param {WebSocket} socket @param {any} frame */
  #hear(socket, frame) {
    if (socket !== this.socket) return;
    this.#expectFrames();
    this.listener.frame(frame);
    if (typeof frame.s === "number") this.cursor = frame.s;
    if (frame.t === "hb" || frame.t === "reset") this.epoch = frame.e;
    if (frame.t === "hb") {
      this.failures = 0;
      this.listener.state("live", null);
    }
  }

  #expectFrames() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#drop(), SILENT);
  }

  /** Closes a dead connection; the browser itself would wait for minutes. */
  #drop() {
    const { socket } = this;
    if (!socket) return;
    socket.close();
    this.#closed(socket, 1006);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    if (this.isStopped) return;
    if (SIGNED_OUT.has(code)) this.listener.signedOut();
    this.#again();
  }

  #again() {
    if (this.isStopped) return;
    const pause = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    const wait = pause * (0.7 + Math.random() * 0.6);
    this.listener.state("offline", Date.now() + wait);
    this.timer = setTimeout(() => this.#connect(), wait);
  }
}
