// Schema lock: the shapes of stored events and commands, and what the lock has about them.

import * as api from "./api.js";
import { field, fill, h, head, panel } from "./dom.js";
import { empty, skeleton } from "./problem.js";
import { tree } from "./tree.js";
import { counted, schemaNumber } from "./words.js";

export async function show({ main, signal, query }) {
  const title = head("Schema lock", "The shape of everything that is stored. What is locked cannot change without a new schema.");
  fill(main, title, skeleton(6));
  const { lock, entries } = await api.schemas(signal);
  const search = h("input", { value: query.get("name") || "", "data-search": true, placeholder: "all", autocomplete: "off", spellcheck: "false" });
  const list = h("div.stack");
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = entries.filter((one) => `${one.name} ${one.owner || ""} ${one.aliases.join(" ")}`.toLowerCase().includes(wanted));
    fill(list, found.length ? owners(found).map(([owner, own]) => ownerPanel(owner, own)) : h("div.panel", empty("No such name", "No event and no stored command has it.")));
  };
  search.addEventListener("input", draw);
  const differ = entries.filter((one) => one.agrees === false).length;
  const said = lock === "absent" ? h("p.note", "The program gave the console no events.lock: shapes are those of the code alone.") : differ > 0 && h("p.note", `${counted(differ, "entry differs", "entries differ")} from events.lock. Run cargo test, which says how.`);
  fill(main, title, said, h("div.form", field("Name or owner", search, "field.mid")), list);
  draw();
}

function owners(entries) {
  const all = new Map();
  for (const entry of entries) {
    const owner = entry.owner || (entry.kind === "command" ? "Commands" : "Only in the lock");
    all.set(owner, [...(all.get(owner) || []), entry]);
  }
  return [...all];
}

const ownerPanel = (owner, entries) => panel(owner, { actions: h("span.small.quiet", counted(entries.length, "shape")) }, h("ul.shapes", entries.map(shape)));

function shape(entry) {
  const { name, kind, schema, widened, current, aliases, agrees, locked, examples } = entry;
  return h("li.shape",
    h("div.shape-head", h("h3", name), h("span.tag", `schema ${schemaNumber(schema, widened)}`), kind === "command" && h("span.tag.kind-command", "command"), !current && h("span.tag", "earlier"), mark(agrees), aliases.length > 0 && h("span.small.quiet", `before: ${aliases.join(", ")}`)),
    agrees === false && locked && entry.shape ? difference(laidOut(entry.shape), laidOut(locked)) : h("pre", laidOut(entry.shape || locked || "unknown")),
    examples.length > 0 && h("details", h("summary.small", counted(examples.length, "example")), examples.map((one) => tree(one, { label: `example of ${name}` }))));
}

const bare = (line) => line.replace(/,$/, "");

/** Code and lock beside each other; a line that the other one lacks is marked. */
function difference(code, lock) {
  const side = (title, sign, own, other) => {
    const known = new Set(other.split("\n").map(bare));
    const lines = own.split("\n").map((line) => (known.has(bare(line)) ? `  ${line}\n` : [h("span.odd", `${sign} ${line}`), "\n"]));
    return h("div", h("p.small.quiet", title), h("pre", lines));
  };
  return h("div.pair", side("In the code", "+", code, lock), side("In the lock", "−", lock, code));
}

function mark(agrees) {
  if (agrees === null) return null;
  return agrees ? h("span.tag.ok", "locked") : h("span.tag.danger", "differs");
}

/** One field a line, where a shape has several. */
function laidOut(text) {
  let depth = 0;
  let out = "";
  for (const character of text) {
    if (character === "{") out += `{\n${"  ".repeat(++depth)}`;
    else if (character === "}") out += `\n${"  ".repeat(--depth)}}`;
    else if (character === "," && depth) out += `,\n${"  ".repeat(depth)}`;
    else if (character !== " " || !/\n\s*$/.test(out)) out += character;
  }
  return out.replace(/[ \t]+\n/g, "\n").replace(/\{\n\s*\n?\s*\}/g, "{}");
}
