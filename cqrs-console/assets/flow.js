// Event flow: who decides, what happens, who listens. From the wiring.

import * as api from "./api.js";
import { fill, h, head, panel, table } from "./dom.js";
import { drawing } from "./drawing.js";
import { empty, skeleton } from "./problem.js";
import { link } from "./route.js";

const ACROSS = "across aggregates";

export async function show({ main, signal }) {
  const title = head("Event flow", "From commands over aggregates and their events to who listens. As this program is wired.");
  fill(main, title, skeleton(6));
  const [wiring, { streams }] = await Promise.all([api.wiring(signal), api.program(signal)]);
  const detail = h("div", { "aria-live": "polite" });
  const graph = graphOf(wiring, streams);
  if (!graph.nodes.length) {
    fill(main, title, h("div.panel", empty("Nothing is wired", "No aggregate is linked into this program.")));
    return;
  }
  const choose = (node) => fill(detail, node.kind === "event" ? eventPanel(node, wiring) : node.location && placePanel(node));
  fill(main, title, h("div.stack",
    panel("Flow", { actions: legend() }, drawing({ ...graph, choose, label: "Event flow" })),
    detail,
    panel("As a table", {}, events(wiring)),
    panel("Subscribers", {}, subscribers(wiring, streams))));
}

const legend = () => h("div.tags.legend", ["command", "aggregate", "event", "handler", "process", "projection"].map((kind) => h(`span.tag.kind-${kind}`, kind)));

/** Commands, aggregates, events, subscribers: four layers, and a lane for each aggregate. */
function graphOf({ events, subscribers: all, commands = [] }, streams) {
  const nodes = [];
  const edges = [];
  const aggregates = [...new Set([...events, ...commands].map((one) => one.aggregate))];
  for (const name of aggregates) {
    const entity = streams.find((one) => one.name === name);
    nodes.push({ id: `a ${name}`, layer: 1, lane: name, kind: "aggregate", title: name, sub: entity ? entity.entity : "aggregate", location: entity?.location });
  }
  for (const { name, schema, aggregate } of commands) {
    nodes.push({ id: `c ${aggregate} ${name} ${schema}`, layer: 0, lane: aggregate, kind: "command", title: name, sub: `schema ${schema}` });
    edges.push({ from: `c ${aggregate} ${name} ${schema}`, to: `a ${aggregate}` });
  }
  for (const event of events) {
    const id = `e ${event.name} ${event.schema}`;
    nodes.push({ id, layer: 2, lane: event.aggregate, kind: "event", title: event.name, sub: `schema ${event.schema}`, event });
    edges.push({ from: `a ${event.aggregate}`, to: id });
    edges.push(...event.subscribers.map((name) => ({ from: id, to: `s ${name}` })));
  }
  for (const one of inOrder(all, events)) {
    const heard = [...new Set(events.filter((event) => event.subscribers.includes(one.name)).map((event) => event.aggregate))];
    const lane = heard.length === 1 ? heard[0] : ACROSS;
    const deadlines = one.deadlines?.length ? `, deadline ${one.deadlines.join(", ")}` : "";
    nodes.push({ id: `s ${one.name}`, layer: 3, lane, kind: one.kind, title: one.name, sub: `${one.kind}${one.once ? ", once" : ""}${deadlines}`, location: one.location });
  }
  return { nodes, edges, lanes: nodes.some((node) => node.lane === ACROSS) ? [...aggregates, ACROSS] : aggregates };
}

/** Those who listen to earlier events first: fewer lines cross. */
function inOrder(subscribers, events) {
  const middle = (one) => {
    const places = events.flatMap((event, place) => (event.subscribers.includes(one.name) ? [place] : []));
    return places.reduce((sum, place) => sum + place, 0) / (places.length || 1);
  };
  return [...subscribers].sort((a, b) => middle(a) - middle(b));
}

function eventPanel({ event }) {
  return panel(event.name, { actions: h("a.button.slim", { href: link(["schemas"], { name: event.name }) }, "Its shape") }, h("div.body", h("p", `Schema ${event.schema} of ${event.aggregate}. `, event.subscribers.length ? `${event.subscribers.join(", ")} listen to it.` : "Nobody listens to it.")));
}

const placePanel = (node) => panel(node.title, {}, h("div.body", h("p", `${node.sub}. It stands at `, h("code.wrap", node.location), ".")));

function events({ events: all }) {
  const columns = [
    { label: "Event", lead: true, cell: (one) => [one.name, " ", h("span.faint", `schema ${one.schema}`)] },
    { label: "Aggregate", cell: (one) => one.aggregate },
    { label: "Subscribers", cell: (one) => one.subscribers.join(", ") || h("span.faint", "nobody listens") },
  ];
  return table("Events and who listens", columns, all).element;
}

function subscribers({ subscribers: all }) {
  const columns = [
    { label: "Name", lead: true, cell: (one) => one.name },
    { label: "Kind", cell: (one) => h(`span.tag.kind-${one.kind}`, `${one.kind}${one.once ? ", once" : ""}`) },
    { label: "Queue", cell: (one) => h("code", one.queue) },
    { label: "Events", cell: (one) => one.events.join(", ") },
    { label: "Deadlines", cell: (one) => (one.deadlines || []).join(", ") },
    { label: "Source", cell: (one) => h("code.quiet.wrap", one.location) },
  ];
  return table("Subscribers", columns, all).element;
}
