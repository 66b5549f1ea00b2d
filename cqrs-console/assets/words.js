// Times, numbers and keys as texts.

import { h } from "./dom.js";

const grouped = new Intl.NumberFormat("en");

/** Integers are grouped; others are shown with all their digits. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  return Number.isSafeInteger(value) ? grouped.format(value) : String(value);
}

/** `1 commit`, `2 commits`. */
export const counted = (count, noun, nouns = `${noun}s`) => `${number(count)} ${count === 1 ? noun : nouns}`;

/** `2`, or `2.1` after the schema was widened once. */
export const schemaNumber = (schema, widened) => (widened ? `${schema}.${widened}` : `${schema}`);

const two = (value) => String(value).padStart(2, "0");

function local(date) {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A time in local time; UTC where it is pointed at, or has the focus. */
export function time(text, { focus = false } = {}) {
  if (!text) return h("span.faint", "–");
  const date = new Date(text);
  const utc = h("span.utc", `${text.replace("T", " ").replace("Z", "")} UTC`);
  return h("time.time", { datetime: text, tabindex: focus ? "0" : null }, local(date), utc);
}

/** Seconds as people say them: `45 s`, `3 min`, `2 h`, `4 days`. */
export function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "unknown";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** `ORDER 10248`, as people read a stream. */
export const named = (place) => (place.id ? `${place.entity} ${place.id.join(" / ")}` : place.sk);

/** About one read unit for 4 KB, where a commit or a view has about 1 KB. */
export const units = (count) => Math.ceil(count / 4);
