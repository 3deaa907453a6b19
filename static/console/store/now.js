// @ts-check
/** Ephemeral data of the feed: presence, sessions, viewers. */

import { keyOf } from "./store.js";

// Viewers repeat their frame before this expires.
const SEEN_FOR = 45_000;

/**
 * Applies a `now` frame.
 * @param {import("./store.js").Store} store
 * @param {any} frame
 */
export function applyNow(store, frame) {
  if (frame.k === "presence") {
    const { t, k, id, ...members } = frame;
    const operator = store.operators.get(String(id));
    // Of whoever never paused it says no more than whether he is connected.
    const presence = members.online ? "online" : "offline";
    if (operator) store.operators.set(String(id), { ...operator, presence, ...members });
  } else if (frame.k === "session") {
    store.gateways.set(frame.m, { state: frame.state, since: new Date().toISOString() });
  } else if (frame.k === "viewing" || frame.k === "typing") {
    const key = keyOf(frame.m, frame.id);
    const present = store.present.get(key) ?? new Map();
    const known = present.get(frame.operatorId);
    const isTyping = frame.k === "typing" ? frame.on : (known?.isTyping ?? false);
    if (frame.k === "viewing" && !frame.on) present.delete(frame.operatorId);
    else present.set(frame.operatorId, { at: Date.now() + SEEN_FOR, isTyping });
    store.present.set(key, present);
  }
}
