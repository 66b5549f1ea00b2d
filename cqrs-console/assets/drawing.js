// A layered graph as SVG: layers from left to right, lanes from top to bottom. Reachable by the keyboard.

import { h, s } from "./dom.js";

const HIGH = 42;
const GAP = { x: 48, y: 10 };
/** The width of a character of the title, about. */
const LETTER = 7.2;
const MOST = 30;
const LANE = { name: 20, inset: 8 };

/** `nodes` have `id`, `layer`, `lane`, `kind`, `title`, `sub`; `choose(node)` hears of a click or Enter. */
export function drawing({ nodes, edges, lanes, choose, label }) {
  const wide = width(nodes);
  const placed = place(nodes, lanes, wide);
  const svg = s("svg.graph", { width: placed.width, height: placed.height, role: "group", "aria-label": label });
  for (const band of placed.bands) {
    svg.append(s("rect.lane", { x: 0, y: band.y, width: "100%", height: band.height }), s("text.lane-name", { x: 12, y: band.y + 16 }, band.name));
  }
  svg.append(arrowHead());
  const lines = edges.map((edge) => line(edge, placed.at, wide));
  const drawn = nodes.map((node) => box(node, placed.at.get(node.id), wide));
  svg.append(...lines.map((one) => one.element), ...drawn.map((one) => one.element));
  const light = (from) => highlight(from, drawn, lines, edges);
  for (const { element, node } of drawn) {
    for (const event of ["mouseenter", "focus"]) element.addEventListener(event, () => light(node.id));
    for (const event of ["mouseleave", "blur"]) element.addEventListener(event, () => light(null));
    const act = () => choose?.(node);
    element.addEventListener("click", act);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        act();
      } else walk(event, element);
    });
  }
  return h("div.graph-box", svg);
}

/** All are as wide as the longest text needs. */
function width(nodes) {
  const longest = Math.max(12, ...nodes.flatMap((node) => [node.title.length, node.sub.length * 0.88]));
  return Math.round(24 + Math.min(MOST, longest) * LETTER);
}

function place(nodes, lanes, wide) {
  const at = new Map();
  const bands = [];
  let y = 0;
  for (const name of lanes) {
    const rows = new Map();
    for (const node of nodes.filter((one) => one.lane === name)) {
      const row = rows.get(node.layer) || 0;
      rows.set(node.layer, row + 1);
      at.set(node.id, { x: 16 + node.layer * (wide + GAP.x), y: y + LANE.name + row * (HIGH + GAP.y) });
    }
    const most = Math.max(1, ...rows.values());
    const height = LANE.name + most * (HIGH + GAP.y) - GAP.y + LANE.inset;
    bands.push({ name, y, height });
    y += height;
  }
  const last = Math.max(0, ...nodes.map((node) => node.layer));
  return { at, bands, width: 32 + (last + 1) * wide + last * GAP.x, height: y };
}

function arrowHead() {
  return s("defs", s("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path.arrow-head", { d: "M0 0.5L7 4L0 7.5z" })));
}

function line({ from, to }, at, wide) {
  const [a, b] = [at.get(from), at.get(to)];
  const [x1, y1, x2, y2] = [a.x + wide, a.y + HIGH / 2, b.x - 2, b.y + HIGH / 2];
  const bend = Math.max(28, (x2 - x1) / 2);
  return { from, to, element: s("path.edge", { d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, "marker-end": "url(#arrow)" }) };
}

function box(node, { x, y }, wide) {
  const [title, sub] = [cut(node.title), cut(node.sub)];
  const element = s(`g.node.${node.kind}`, { transform: `translate(${x} ${y})`, tabindex: 0, role: "button", "aria-label": `${title} ${sub}, in ${node.lane}` },
    s("rect", { width: wide, height: HIGH, rx: node.kind === "handler" ? HIGH / 2 : 5 }),
    s("text", s("tspan.node-title", { x: 12, y: 18 }, title), " ", s("tspan.node-sub", { x: 12, y: 33 }, sub)));
  return { element, node };
}

const cut = (text) => (text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text);

/** Everything that leads to a node, and that it leads to. */
function highlight(from, drawn, lines, edges) {
  const lit = from === null ? null : new Set([...reached(from, edges, "from", "to"), ...reached(from, edges, "to", "from")]);
  for (const { element, node } of drawn) element.classList.toggle("dim", lit !== null && !lit.has(node.id));
  for (const { element, from: a, to: b } of lines) {
    const isLit = lit !== null && lit.has(a) && lit.has(b);
    element.classList.toggle("lit", isLit);
    element.classList.toggle("dim", lit !== null && !isLit);
  }
}

function reached(start, edges, here, there) {
  const found = new Set([start]);
  const next = [start];
  while (next.length) {
    const at = next.pop();
    for (const edge of edges) {
      if (edge[here] === at && !found.has(edge[there])) {
        found.add(edge[there]);
        next.push(edge[there]);
      }
    }
  }
  return found;
}

/** The arrow keys go to the nearest node on that side. */
function walk(event, element) {
  const sides = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const side = sides[event.key];
  if (!side) return;
  event.preventDefault();
  event.stopPropagation();
  const here = element.getBoundingClientRect();
  let best = null;
  for (const other of element.parentNode.querySelectorAll(".node")) {
    const there = other.getBoundingClientRect();
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const along = dx * side[0] + dy * side[1];
    const across = Math.abs(dx * side[1]) + Math.abs(dy * side[0]);
    if (along > 1 && (!best || along + 2 * across < best.far)) best = { other, far: along + 2 * across };
  }
  best?.other.focus();
}
