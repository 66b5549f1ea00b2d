// Streams: found by entity, tenant and the beginning of the id.

import * as api from "./api.js";
import { field, fill, h, head, panel, table } from "./dom.js";
import { pager } from "./pager.js";
import { empty } from "./problem.js";
import { link, note } from "./route.js";
import { remember, tenantField } from "./tenants.js";

export async function show({ main, signal, query }) {
  const { streams: linked } = await api.program(signal);
  const found = h("div");
  const entity = h("select", linked.map((one) => h("option", { value: one.entity }, `${one.name} (${one.entity})`)));
  if (query.get("entity")) entity.value = query.get("entity");
  const tenant = tenantField(query.get("tenant"), signal);
  const prefix = h("input", { value: query.get("id") || "", "data-search": true, autocomplete: "off", spellcheck: "false", placeholder: "all" });
  const search = () => {
    const asked = { entity: entity.value, tenant: tenant.input.value.trim(), prefix: prefix.value.trim() };
    if (!asked.tenant) return tenant.input.focus();
    remember(asked.tenant);
    note(link(["streams"], { entity: asked.entity, tenant: asked.tenant, id: asked.prefix }));
    list(found, asked, linked.find((one) => one.entity === asked.entity), signal);
  };
  const form = h("form.form", { role: "search", onsubmit: (event) => (event.preventDefault(), search()) },
    field("Entity", entity), tenant.element, field("Id begins with", prefix, "field.wide"), h("button.button.main", "Search"));
  fill(main, head("Streams", "Each stream has the commits of one instance of an aggregate or a process."), form, found);
  if (query.has("tenant")) search();
  else fill(found, h("div.panel", empty("Which streams?", "Name a tenant, and search. “Find” reads a page of the events table for its tenants.")));
}

function list(found, asked, linked, signal) {
  const keys = linked?.key.length ? linked.key : ["id"];
  const columns = [
    { label: keys.join(" / "), lead: true, cell: (one) => h("a", { href: link(["stream", asked.entity, asked.tenant, ...one.id]) }, one.id.join(" / ")) },
    { label: "Partition key", wide: true, cell: (one) => h("code.quiet.wrap", one.pk) },
    { label: "Sort key", wide: true, cell: (one) => h("code.quiet.wrap", one.sk) },
  ];
  const pages = pager({
    signal,
    load: (after) => api.streams({ ...asked, limit: 50, after }, signal),
    draw: (items) => table("Streams", columns, items),
    nothing: empty("No such stream", `No stream of ${asked.entity} in ${asked.tenant}${asked.prefix ? ` has an id that begins with ${asked.prefix}` : ""}. Ids are case-sensitive.`),
  });
  fill(found, panel(linked?.name || asked.entity, {}, pages.element));
  pages.start();
}
