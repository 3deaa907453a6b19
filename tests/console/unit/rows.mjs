/** Rows as the server answers them, with believable defaults. */

export const M = 5511400011111;
export const ME = "7";

/** @param {object} [over] */
export function contact(over = {}) {
  return {
    id: 551133334444, name: "Maria Souza", photo: "", area: "vendas", operatorId: "0", protocol: "P1",
    channel: "whatsapp", unread: 0, sa: 0, lastMessageAt: "2026-11-28T12:00:00Z", ...over,
  };
}

/** @param {object} [over] */
export function line(over = {}) {
  return {
    m: M, key: JSON.stringify([M, 551133334444]), protocol: "P1", open: true, openedAt: "2026-11-28T11:00:00Z",
    closedAt: null, state: "waiting", queuedAt: "2026-11-28T11:30:00Z", waitingSince: "2026-11-28T11:30:00Z",
    windowEndsAt: null, last: null, tags: [], clock: null, ...over,
  };
}

let number = 0;

/** @param {object} [over] */
export function message(over = {}) {
  number += 1;
  return {
    id: `m${number}`, content: `Message ${number}`, type: "text", from: 551133334444, status: "wait",
    createdAt: new Date(Date.UTC(2026, 10, 28, 12, 0, number)).toISOString(), direction: "in", ...over,
  };
}

/** A row of `chat/list`. @param {object} [chat] @param {object} [person] */
export function listed(chat = {}, person = {}) {
  const { key: _, ...members } = line(chat);
  return { ...members, contact: contact(person) };
}
