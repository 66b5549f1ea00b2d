// The graph of what caused what: a node for each commit, and for each handler between two of them.

import { types } from "./commit.js";
import { named } from "./words.js";

const id = ({ pk, sk, version }) => `${pk}\n${sk}\n${version}`;

/** `commits` as the server has them, the names of the handlers, the entities of the processes. A lane is a stream or a handler. */
export function causes(commits, { handlers, processes }) {
  const nodes = new Map();
  const inTime = [...commits].sort((a, b) => a.commit.createdAt.localeCompare(b.commit.createdAt));
  for (const commit of inTime) {
    const { place } = commit;
    const stream = named(place);
    const isProcess = processes.has(place.entity);
    nodes.set(id(place), { id: id(place), lane: stream, kind: isProcess ? "process" : "aggregate", title: types(commit.commit, isProcess), sub: `version ${place.version}`, commit });
  }
  const edges = [];
  for (const { place, cause } of inTime) {
    if (!cause) continue;
    const from = cause.place ? nodes.get(id(cause.place)) : only(commits, cause.commandId, nodes);
    const to = nodes.get(id(place));
    // On a page that was not searched yet.
    if (!from || from === to) continue;
    const by = cause.subscriber;
    if (handlers.has(by)) {
      const handler = `${from.id}\n${by}`;
      if (!nodes.has(handler)) {
        nodes.set(handler, { id: handler, lane: by, kind: "handler", title: by, sub: "handler" });
        edges.push({ from: from.id, to: handler });
      }
      edges.push({ from: handler, to: to.id });
    } else edges.push({ from: from.id, to: to.id });
  }
  const layered = layers([...nodes.values()], edges);
  const lanes = [...new Set(layered.map((node) => node.lane))];
  return { nodes: layered, edges, lanes };
}

/** The commit with a command id; none where there are several, as those of a transaction. */
function only(commits, commandId, nodes) {
  const found = commits.filter((one) => one.commit.commandId === commandId);
  return found.length === 1 ? nodes.get(id(found[0].place)) : null;
}

/** Each node one layer behind its cause; what has none is first. In their order within a layer. */
function layers(nodes, edges) {
  const into = new Map(edges.map((edge) => [edge.to, edge.from]));
  const depth = (one, seen = new Set()) => {
    const from = into.get(one);
    if (from === undefined || seen.has(one)) return 0;
    return 1 + depth(from, seen.add(one));
  };
  const layered = nodes.map((node) => ({ ...node, layer: depth(node.id) }));
  return layered.sort((a, b) => a.layer - b.layer);
}

/** The graph as trees. */
export function forest(nodes, edges) {
  const into = new Set(edges.map((edge) => edge.to));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const grown = (node) => ({ node, children: edges.filter((edge) => edge.from === node.id).map((edge) => grown(byId.get(edge.to))) });
  return nodes.filter((node) => !into.has(node.id)).map(grown);
}
