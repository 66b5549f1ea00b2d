// A value as a tree; what a commit has changed in it is marked.

import { h } from "./dom.js";
import { written } from "./json.js";

/** `changes` as the steps of a stream have them: `[{ path, before, after }]`. */
export function tree(value, { changes = [], depth = 2, label = "value" } = {}) {
  const marks = new Map(changes.map((change) => [change.path, change]));
  const list = h("div.tree", { role: "group", "aria-label": label });
  if (isInner(value)) list.append(inner(value, "", marks, depth), ...gone("", marks, value));
  else list.append(h("span.leaf", leaf(value)));
  return list;
}

const isInner = (value) => value !== null && typeof value === "object" && Object.keys(value).length > 0;

/** The path of a field, as the server writes it: `lines[2].quantity`, `totals["2024.01"]`. */
function step(path, name, isList) {
  if (isList) return `${path}[${name}]`;
  if (!/^[\p{L}\p{N}_-]+$/u.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path ? `${path}.${name}` : name;
}

function inner(value, path, marks, depth) {
  const isList = Array.isArray(value);
  const rows = Object.entries(value).map(([name, child]) => row(name, child, step(path, name, isList), marks, depth));
  return h("ul", rows);
}

function row(name, child, path, marks, depth) {
  const change = marks.get(path);
  const label = h("span.name", name);
  if (!isInner(child)) return h("li", h(change ? "span.leaf.changed" : "span.leaf", sign(change), label, ": ", change && was(change), leaf(child)));
  const opens = depth > 0 || [...marks.keys()].some((marked) => marked.startsWith(path));
  const summary = h(change ? "summary.changed" : "summary", sign(change), label, h("span.more", ` ${size(child)}`));
  return h("li", h("details", { open: opens }, summary, inner(child, path, marks, depth - 1), gone(path, marks, child)));
}

/** What was there before, and is not any more. */
function gone(path, marks, value) {
  const rows = [];
  for (const change of marks.values()) {
    const name = missing(change.after) && change.path.startsWith(path) ? last(change.path.slice(path.length)) : null;
    if (name === null || Object.hasOwn(value, name)) continue;
    rows.push(h("li", h("span.leaf.changed", sign(change), h("span.name", name), ": ", h("del.gone", text(change.before)))));
  }
  return rows.length ? [h("ul", rows)] : [];
}

/** The name in a path of one step; none where it has several. */
function last(path) {
  const [, plain, place, quoted] = path.match(/^(?:\.?([\p{L}\p{N}_-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\])$/u) || [];
  return plain ?? place ?? (quoted ? JSON.parse(quoted) : null);
}

const missing = (value) => value === null || value === undefined;

/** Told apart by a sign and a word, not by colour alone. */
function sign(change) {
  if (!change) return null;
  const [mark, word] = missing(change.before) ? ["+", "new"] : missing(change.after) ? ["−", "gone"] : ["~", "changed"];
  return [h("span.sign", { "aria-hidden": "true" }, mark), h("span.hidden", `${word}: `)];
}

function was(change) {
  return !missing(change.before) && !missing(change.after) && [h("del.before", text(change.before)), h("span.arrow", { "aria-hidden": "true" }, "→"), h("span.hidden", " became ")];
}

const size = (value) => (Array.isArray(value) ? `[${value.length}]` : `{${Object.keys(value).length}}`);

function leaf(value) {
  if (missing(value)) return h("span.none", "none");
  return h(typeof value === "string" ? "span.text" : "span.other", text(value));
}

/** A value in one line. */
export function text(value) {
  if (missing(value)) return "none";
  return typeof value === "string" ? `"${value}"` : written(value);
}
