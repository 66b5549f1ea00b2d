// A commit as it is stored: its events, and who, when, because of what.

import { h } from "./dom.js";
import { causationLink } from "./route.js";
import { tree } from "./tree.js";
import { schemaNumber, time } from "./words.js";

/** All events of a commit: `[{ type, schema, data }]`. The record has the first one itself, and a list of the others. */
export const events = (commit) => [commit, ...(commit.rest || [])];

/** What a commit is about, in one line: its events, or why a process has taken the step. */
export function types(commit, isProcess) {
  const cause = isProcess && commit.data?.outcome && commit.data.cause;
  if (cause?.event) return `on ${cause.event.type}`;
  if (cause?.deadline) return `deadline ${cause.deadline.deadline}`;
  return events(commit).map((event) => event.type).join(", ");
}

/** The events of a commit with their data. */
export function eventList(commit) {
  return events(commit).map((event) => h("div.event", h("h3", event.type, " ", h("span.tag", `schema ${schemaNumber(event.schema, event.widened)}`)), tree(event.data, { label: `data of ${event.type}` })));
}

/** Who, when and why, with a link to the causation graph. */
export function facts(place, commit) {
  const { createdAt, recordedAt, createdBy, commandId, correlationId, causationId, traceContext, transaction } = commit;
  const graph = place.tenant && correlationId && h("a.mono", { href: causationLink(place.tenant, correlationId) }, correlationId);
  const lines = [
    ["When", time(createdAt, { focus: true })],
    ["Recorded", recordedAt && time(recordedAt, { focus: true })],
    ["Who", createdBy || h("span.faint", "not given")],
    ["Correlation", graph || h("span.mono", correlationId)],
    ["Causation", causationId ? h("span.mono", causationId) : h("span.faint", "none: it came from outside")],
    ["Command id", h("span.mono", commandId)],
    ["Transaction", transaction && h("span.mono", transaction)],
    ["Trace", traceContext && h("span.mono", traceContext)],
    ["Key", h("span.mono", `${place.pk}  ${place.sk}`)],
  ];
  return h("dl.facts", lines.filter(([, value]) => value).map(([label, value]) => [h("dt", label), h("dd", value)]));
}
