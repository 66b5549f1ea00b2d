// Causation: everything that one correlation id has, and what caused what.

import * as api from "./api.js";
import { field, fill, h, head, panel } from "./dom.js";
import { eventList, facts } from "./commit.js";
import { causes, forest } from "./causes.js";
import { drawing } from "./drawing.js";
import { pager } from "./pager.js";
import { empty } from "./problem.js";
import { link, note, streamLink } from "./route.js";
import { remember, tenantField } from "./tenants.js";
import { named, time } from "./words.js";

export async function show({ main, signal, query }) {
  const found = h("div.stack");
  const tenant = tenantField(query.get("tenant"), signal);
  const correlation = h("input", { value: query.get("correlation") || "", "data-search": true, autocomplete: "off", spellcheck: "false", required: true });
  const search = async () => {
    const asked = { tenant: tenant.input.value.trim(), correlation: correlation.value.trim() };
    if (!asked.tenant || !asked.correlation) return;
    remember(asked.tenant);
    note(link(["causation"], asked));
    await follow(found, asked, signal);
  };
  const form = h("form.form", { role: "search", onsubmit: (event) => (event.preventDefault(), search()) },
    tenant.element, field("Correlation id", correlation, "field.wide"), h("button.button.main", "Follow"),
    h("p.hint", "No index has correlation ids: this reads all commits of the tenant, one page at a time."));
  fill(main, head("Causation", "What one request from outside has caused, across streams, processes and handlers."), form, found);
  if (query.has("correlation")) await search();
  else fill(found, h("div.panel", empty("Which correlation id?", "Every commit has one: the time machine of a stream links to it.")));
}

async function follow(found, { tenant, correlation }, signal) {
  const [{ subscribers }, processes] = await Promise.all([api.wiring(signal), api.processes(signal)]);
  const known = {
    handlers: new Set(subscribers.filter((one) => one.kind === "handler").map((one) => one.name)),
    processes,
  };
  const graph = h("div");
  const detail = h("div", { "aria-live": "polite" });
  const pages = pager({
    signal,
    load: (after) => api.related(tenant, correlation, after, signal),
    draw: () => ({ element: h("div"), grow() {} }),
    more: "Search on",
    nothing: empty("No commit has this correlation id", "Ids are compared as they are. Look at the tenant, too."),
    seen: (all) => all.length && fill(graph, graphOf(all, known, detail)),
  });
  fill(found, panel("What caused what", {}, graph, pages.element), detail);
  await pages.start();
}

function graphOf(commits, known, detail) {
  const { nodes, edges, lanes } = causes(commits, known);
  const choose = (node) => fill(detail, commitPanel(node));
  const listed = h("details.as-list", h("summary", "As a list"), list(forest(nodes, edges)));
  return [drawing({ nodes, edges, lanes, choose, label: "Causation graph" }), listed];
}

/** The same as text: what is caused stands below its cause. */
function list(trees) {
  return h("ul.causes", trees.map(({ node, children }) => h("li", lineOf(node), children.length > 0 && list(children))));
}

function lineOf(node) {
  if (!node.commit) return [h("b", node.title), h("span.faint", ` ${node.sub}`)];
  const { place, commit, subscribers } = node.commit;
  const href = streamLink(place);
  const name = `${named(place)} version ${place.version}`;
  const heard = subscribers.length ? `, heard by ${subscribers.join(", ")}` : "";
  return [h("b", node.title), " in ", href ? h("a", { href }, name) : name, " ", h("span.faint", time(commit.createdAt), heard)];
}

function commitPanel(node) {
  if (!node.commit) return panel(node.title, {}, h("div.body", node.sub));
  const { place, commit, subscribers } = node.commit;
  const href = streamLink(place);
  const open = href && h("a.button.slim", { href }, "Time machine");
  const heard = subscribers.length ? h("div.tags", subscribers.map((name) => h("span.tag", name))) : h("p.faint", "No subscriber listens to it.");
  return panel(`${named(place)}, version ${place.version}`, { actions: open },
    h("div.body.columns", h("div", eventList(commit)), h("div.stack", facts(place, commit), h("div", h("h3", "Heard by"), heard))));
}
