// The field of the tenant: it remembers the last one, and finds those that have streams where it is asked to.

import * as api from "./api.js";
import { field, fill, h, say } from "./dom.js";
import { counted } from "./words.js";

function last() {
  try {
    return localStorage.getItem("foldline-tenant") || "";
  } catch {
    return "";
  }
}

/** Notes the tenant that was asked for. */
export function remember(tenant) {
  try {
    localStorage.setItem("foldline-tenant", tenant);
  } catch {
    // It is asked for anew then.
  }
}

const found = new Set();

/** The field, and its input. */
export function tenantField(value, signal) {
  const options = h("datalist", { id: "tenants" }, [...found].map((tenant) => h("option", { value: tenant })));
  const input = h("input", { value: value || last(), list: "tenants", autocomplete: "off", spellcheck: "false", required: true });
  let next = null;
  const find = h("button.button", { type: "button", title: "Reads commits: one page of the events table" }, "Find");
  find.addEventListener("click", async () => {
    find.disabled = true;
    try {
      const page = await api.tenants(next, signal);
      page.items.forEach((tenant) => found.add(tenant));
      next = page.next;
      fill(options, [...found].map((tenant) => h("option", { value: tenant })));
      if (!input.value) input.value = page.items[0] || "";
      say(`${counted(found.size, "tenant")} found, ${counted(page.readCommits, "commit")} read${next ? "; there is more to search" : ""}`);
    } catch (error) {
      if (!signal.aborted) say(error.message);
    }
    find.disabled = found.size > 0 && !next;
  });
  const element = field("Tenant", input);
  element.append(h("div.both", input, find), options);
  return { element, input };
}
