// @ts-check
/** Formats times and durations. */

import { LOCALE, n, t } from "../words.js";

export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long" });
const shortDayFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const shortYearFormat = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const yearFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long" });

/** Returns the hour and minute of a time. @param {string | number} time */
export function clock(time) {
  return clockFormat.format(new Date(time));
}

/** Returns a time with seconds, for the status line. @param {number} time */
export function clockWithSeconds(time) {
  return new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" }).format(time);
}

/**
 * Returns a duration: `13 min`, `2 h`, `3 d`; under a minute `agora` (now).
 * @param {number} duration in milliseconds
 */
export function span(duration) {
  if (duration < MINUTE) return t("just now");
  if (duration < HOUR) return t("{count} min", { count: Math.floor(duration / MINUTE) });
  if (duration < DAY) return t("{count} h", { count: Math.floor(duration / HOUR) });
  return n("{count} day", "{count} days", Math.floor(duration / DAY));
}

/**
 * Returns a duration within a sentence: under a minute `menos de 1 min` (less than 1 min).
 * @param {number} duration in milliseconds
 */
export function lasting(duration) {
  return duration < MINUTE ? t("less than 1 min") : span(duration);
}

/** Returns minutes and seconds: `0:42`. @param {number} seconds */
export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Returns the local day of a time, to compare days. @param {string | number} time */
export function dayOf(time) {
  const date = new Date(time);
  return date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate();
}

/**
 * Returns the name of a day: `Hoje, 27 de novembro`.
 * @param {string | number} time
 * @param {number} now
 */
export function dayName(time, now) {
  const date = new Date(time);
  const day = dayFormat.format(date);
  if (dayOf(time) === dayOf(now)) return t("Today, {day}", { day });
  if (dayOf(time) === dayOf(now - DAY)) return t("Yesterday, {day}", { day });
  return date.getFullYear() === new Date(now).getFullYear() ? day : yearFormat.format(date);
}

/**
 * Returns a time in short form: `14:05`, `ontem, 11:20`, `14 out`, `14 out 2025`; future
 * times always have the hour: `amanhã, 09:00`, `2 dez, 09:00`.
 * @param {string} time
 * @param {number} now
 */
export function moment(time, now) {
  const at = clock(time);
  if (dayOf(time) === dayOf(now)) return at;
  if (dayOf(time) === dayOf(now - DAY)) return t("yesterday, {clock}", { clock: at });
  if (dayOf(time) === dayOf(now + DAY)) return t("tomorrow, {clock}", { clock: at });
  const date = new Date(time);
  const format = date.getFullYear() === new Date(now).getFullYear() ? shortDayFormat : shortYearFormat;
  const day = format.format(date).replace(/ de /g, " ").replace(".", "");
  return date.getTime() > now ? `${day}, ${at}` : day;
}

/**
 * Returns when something past began and ended: `14 out, 10:06–10:28`.
 * @param {string} from
 * @param {string} to
 * @param {number} now
 */
export function period(from, to, now) {
  const began = pastMoment(from, now);
  return dayOf(from) === dayOf(to) ? `${began}–${clock(to)}` : `${began} – ${pastMoment(to, now)}`;
}

/** @param {string} time @param {number} now */
function pastMoment(time, now) {
  const isRecent = dayOf(time) === dayOf(now) || dayOf(time) === dayOf(now - DAY);
  return isRecent ? moment(time, now) : `${moment(time, now)}, ${clock(time)}`;
}
