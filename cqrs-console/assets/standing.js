// What a projection is at, and a subscriber, in few words.

import { h } from "./dom.js";
import { counted, lasting, number } from "./words.js";

const words = {
  whole: ["ok", "whole"],
  behind: ["danger", "needs a replay"],
  unsettled: ["", "not settled"],
  building: ["warn", "building"],
};

export function buildTag(build) {
  const [colour, word] = words[build.state] || ["", build.state];
  return h(colour ? `span.tag.${colour}` : "span.tag", word);
}

export function lagText(lag) {
  if (!lag) return h("span.faint", { title: "This program has no feed and no backlog to tell it by." }, "unknown");
  if (!lag.commits && !lag.more) return h("span.faint", "none");
  const age = lag.seconds === null ? "" : ` · ${lasting(lag.seconds)}`;
  return `${number(lag.commits)}${lag.more ? "+" : ""}${age}`;
}

/** What the dead letters of all subscribers mean, in few words. */
export function letterNote(deadLetters) {
  const unread = deadLetters.filter((one) => one.count === null).length;
  if (unread) return `${counted(unread, "subscriber")} not read`;
  if (deadLetters.some((one) => one.count > 0)) return "waiting for somebody";
  return deadLetters.some((one) => one.more) ? "not read to the end" : "everything was taken";
}

/** How far a build is: a bar, and words beside it. */
export function progress(name, build) {
  const { done = {}, total, phase, tenant } = build;
  const commits = done.commits || 0;
  const attributes = total ? { max: Math.max(total, commits), value: String(commits) } : {};
  const bar = h("progress", { "aria-label": `replay of ${name}`, max: attributes.max });
  if (total) bar.setAttribute("value", attributes.value);
  const share = total ? `${number(Math.min(100, Math.floor((100 * commits) / total)))} %, ` : "";
  const of = total ? ` of about ${number(total)}` : "";
  return h("div.progress", bar, h("p.small.quiet", `${share}${counted(commits, "commit")}${of}${phase ? `, ${phase}` : ""}${tenant ? `, tenant ${tenant}` : ""}`));
}
