// Read models: the views of a projection, by their keys or by an index.

import * as api from "./api.js";
import { field, fill, h, head, panel, table } from "./dom.js";
import { bare, criteriaFields } from "./criteria.js";
import { pager } from "./pager.js";
import { empty } from "./problem.js";
import { link, note } from "./route.js";
import { remember, tenantField } from "./tenants.js";
import { text, tree } from "./tree.js";
import { number, time } from "./words.js";

export async function show({ main, signal, path, query }) {
  if (path.length > 2) return one({ main, signal, path });
  const models = await api.readModels(signal);
  const title = head("Read models", "The views of a projection. A page is one request, and reads what it returns.");
  if (!models.length) {
    fill(main, title, h("div.panel", empty("No projections", "This program has none.")));
    return;
  }
  const found = h("div");
  const projection = h("select", models.map((model) => h("option", { value: model.name }, model.name)));
  if (query.get("projection")) projection.value = query.get("projection");
  const index = h("select");
  const order = h("select", h("option", { value: "" }, "First to last"), h("option", { value: "descending" }, "Last to first"));
  order.value = query.get("order") || "";
  const tenant = tenantField(query.get("tenant"), signal);
  const conditions = h("div.conditions");
  const model = () => models.find((one) => one.name === projection.value) || models[0];
  let criteria = null;

  const fields = () => {
    const by = model().indexes.find((one) => one.name === index.value);
    criteria = criteriaFields(by ? by.fields : model().key, { needsFirst: Boolean(by), values: query });
    fill(conditions, criteria.element);
  };
  const indexes = () => {
    fill(index, h("option", { value: "" }, "by the keys"), model().indexes.map((one) => h("option", { value: one.name }, one.name)));
    index.value = query.get("index") || "";
    if (index.selectedIndex < 0) index.value = "";
    fields();
  };
  projection.addEventListener("change", indexes);
  index.addEventListener("change", fields);
  indexes();

  const search = () => {
    const asked = { tenant: tenant.input.value.trim(), projection: projection.value, index: index.value || null, descending: order.value !== "", limit: 20 };
    if (!asked.tenant) return tenant.input.focus();
    remember(asked.tenant);
    note(link(["views"], { projection: asked.projection, tenant: asked.tenant, index: asked.index, order: order.value, ...criteria.noted() }));
    list(found, { ...asked, criteria: criteria.asked() }, model(), signal);
  };
  const form = h("form.form", { role: "search", onsubmit: (event) => (event.preventDefault(), search()) },
    field("Projection", projection, "field.half"), tenant.element, field("Order by", index, "field.half"), field("Direction", order, "field.half"), conditions, h("button.button.main", "List"));
  fill(main, title, form, found);
  if (query.has("tenant")) search();
  else fill(found, h("div.panel", empty("Which views?", "Name a tenant, and list. An index needs a value for its first field.")));
}

function list(found, asked, model, signal) {
  const pages = pager({
    signal,
    what: "view",
    load: (after) => api.views({ ...asked, after }, signal),
    draw: (items) => table(model.name, columnsOf(items, asked, model), items),
    nothing: empty("No such view", "Nothing matches in this tenant. A projection that lags does not have it yet."),
  });
  fill(found, panel(model.name, {}, pages.element));
  pages.start();
}

/** The key, and the first plain fields; those of the index before the others. */
function columnsOf(items, { tenant, index }, model) {
  const by = model.indexes.find((one) => one.name === index)?.fields || [];
  const isPlain = (name) => items.every((item) => item.view[name] === null || typeof item.view[name] !== "object");
  const names = [...new Set(items.flatMap((item) => Object.keys(item.view || {})))].filter(isPlain);
  const first = names.filter((name) => by.some((one) => bare(one) === bare(name)));
  const shown = [...first, ...names.filter((name) => !first.includes(name))].slice(0, 5);
  const isOfNumbers = (name) => items.every((item) => isNumber(item.view[name]));
  return [
    { label: model.key.join(" / ") || "id", lead: true, cell: (item) => h("a", { href: link(["views", model.name, tenant, ...item.id]) }, item.id.join(" / ") || "the view") },
    ...shown.map((name, place) => ({ label: name, wide: place > 2, number: isOfNumbers(name), cell: (item) => plain(item.view[name]) })),
    { label: "Version", wide: true, number: true, cell: (item) => number(item.version) },
    { label: "Written", wide: true, cell: (item) => time(item.updatedAt) },
  ];
}

const isNumber = (value) => typeof value === "number" || typeof value === "bigint";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function plain(value) {
  if (value === null || value === undefined) return h("span.faint", "none");
  if (isNumber(value)) return number(value);
  if (typeof value === "string") return RFC3339.test(value) ? time(value) : value;
  return text(value);
}

async function one({ main, signal, path: [projection, tenant, ...id] }) {
  const found = await api.view(projection, tenant, id, signal);
  const crumbs = h("p.crumbs", h("a", { href: link(["views"], { projection, tenant }) }, "Read models"), ` / ${projection} / ${tenant}`);
  fill(main, h("div.head", h("div", crumbs, h("h1.wrap", id.join(" / ")))),
    h("div.stack",
      panel("View", { actions: h("span.small.quiet", `version ${found.version}, written `, time(found.updatedAt, { focus: true })) }, h("div.body", tree(found.view, { depth: 3, label: "view" })))));
}
