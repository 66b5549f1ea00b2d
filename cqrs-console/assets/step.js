// The step of a process: why it was taken, and what came of it.

import { h } from "./dom.js";
import { events } from "./commit.js";
import { written } from "./json.js";
import { tree } from "./tree.js";
import { schemaNumber, time } from "./words.js";

/** The parts of a step. Only for the commit of a process: an event of an aggregate may have fields of these names. */
export function stepParts(commit) {
  const data = events(commit)[0]?.data;
  if (!data?.cause || !data.outcome) return null;
  return h("dl.facts", h("dt", "Because of"), h("dd", cause(data.cause)), h("dt", "It"), h("dd", outcome(data.outcome)));
}

function cause({ event, deadline, command, again }) {
  if (event) return [h("b", event.type), h("span.faint", ` schema ${schemaNumber(event.schema, event.widened)}, of `), h("code.wrap", event.sk), h("details", h("summary.small", "its data"), tree(event.data, { label: `data of ${event.type}` }))];
  if (deadline) return ["the deadline ", h("b", deadline.deadline), ", due ", time(deadline.due, { focus: true })];
  if (command) return `command ${command.index + 1} of step ${command.of}, which failed`;
  if (again) return `step ${again.of}, taken again`;
  return "something that this console does not know";
}

function outcome(result) {
  if (result === "waits") return "waits behind what holds the instance up";
  if (result === "skipped") return "was passed over";
  if (result.failed !== undefined) return ["failed: ", h("code.wrap", result.failed)];
  const effects = result.reacted || [];
  return effects.length ? h("ul.effects", effects.map((one) => h("li", effect(one)))) : "did nothing";
}

function effect(one) {
  if (one === "end") return "ends";
  const { execute, set, cancel } = one;
  if (execute) return ["executes ", h("b", execute.type), " on ", h("code.wrap", execute.sk), tree(execute.data, { label: `data of ${execute.type}` })];
  if (set) return ["sets the deadline ", h("b", set.deadline), " for ", time(set.due, { focus: true })];
  if (cancel) return ["cancels the deadline ", h("b", cancel.deadline)];
  return written(one);
}
