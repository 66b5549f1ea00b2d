// Deadlines and scheduled commands: what waits for its time.

import * as api from "./api.js";
import { fill, h, head, panel, table } from "./dom.js";
import { empty, problem, skeleton } from "./problem.js";
import { link } from "./route.js";
import { text } from "./tree.js";
import { counted, lasting, number, time } from "./words.js";

export async function show({ main, signal }) {
  let limit = 100;
  const list = h("div", skeleton());
  const again = h("button.button", { type: "button", onclick: () => read() }, "Read again");
  fill(main, head("Deadlines", "Deadlines of processes and scheduled commands, the earliest first.", again), list);

  async function read() {
    try {
      const found = await api.timers(limit, signal);
      fill(list, draw(found));
    } catch (error) {
      if (!signal.aborted) fill(list, problem(error, read));
    }
  }

  function draw(found) {
    return [unreadable(found.unreadable), waiting(found)];
  }

  function waiting(found) {
    if (!found.items.length) return h("div.panel", empty("Nothing waits", "No deadline is set, and no command is scheduled."));
    const now = Date.parse(found.now);
    const columns = [
      { label: "Due", lead: true, cell: (one) => [time(one.due), " ", one.isDue ? h("span.tag.warn", "due") : h("span.faint", `in ${lasting((Date.parse(one.due) - now) / 1000)}`)] },
      { label: "What", cell: (one) => [one.name, " ", h(one.kind === "process" ? "span.tag.accent" : "span.tag", whose(one)), one.failed && h("p.small.wrap", h("span.tag.danger", "failed"), " ", one.failed)] },
      { label: "Stream", cell: stream },
      { label: "Tenant", cell: (one) => one.tenant || h("code.quiet.wrap", one.pk) },
      { label: "Set", cell: (one) => time(one.metadata.createdAt) },
      { label: "Data", cell: (one) => one.data !== null && h("code.quiet.wrap", text(one.data)) },
    ];
    const more = found.more && limit < 500 && h("button.button.slim", { type: "button", onclick: () => ((limit = Math.min(500, limit * 2)), read()) }, "More");
    const title = `${counted(found.waiting, "waits", "wait")}${found.due ? `, ${number(found.due)} due` : ""}`;
    return panel(title, {}, table("Deadlines", columns, found.items).element, h("div.cost", h("span", "8 requests to read this, one for each partition"), more));
  }

  await read();
}

/** What is stored among the timers, and is none that this program can read. */
function unreadable(items) {
  if (!items.length) return null;
  const columns = [
    { label: "Key", lead: true, cell: (one) => h("code.wrap", `${one.pk}  ${one.sk}`) },
    { label: "Reason", cell: (one) => h("span.wrap", one.reason) },
  ];
  return panel(`${counted(items.length, "item")} cannot be read`, {}, table("Items that cannot be read as timers", columns, items).element);
}

const whose = ({ kind }) => (kind === "process" ? "deadline" : "command");

/** The stream that a timer goes to, as a link where this program reads it. */
export function stream({ entity, tenant, streamId, sk }) {
  if (!tenant || !streamId) return h("code.wrap", sk);
  return h("a", { href: link(["stream", entity, tenant, ...streamId]) }, `${entity} ${streamId.join(" / ")}`);
}
