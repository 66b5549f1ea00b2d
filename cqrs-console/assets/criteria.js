// What is asked of the fields of an index, or of a key.

import { field, fill, h } from "./dom.js";

/** `customer_id` and `customerId` are one name. */
export const bare = (name) => name.replaceAll("_", "").toLowerCase();

const ways = { any: "anything", is: "is", within: "from … to", begins: "begins with" };

/** Fields for each name; all but the last can only be one value. */
export function criteriaFields(names, { needsFirst, values }) {
  const rows = names.map((name, place) => row(name, place, needsFirst && place === 0, values));
  return {
    element: h("div.criteria", rows.map((one) => one.element)),
    asked: () => until(rows.map((one) => one.asked())),
    noted: () => Object.assign({}, ...rows.map((one) => one.noted())),
  };
}

/** Up to the first field that says nothing. */
function until(criteria) {
  const end = criteria.findIndex((one) => one === null);
  return end < 0 ? criteria : criteria.slice(0, end);
}

function row(name, place, isNeeded, values) {
  const way = h("select", { "aria-label": `${name}: how` }, Object.entries(ways).filter(([key]) => !isNeeded || key === "is").map(([key, text]) => h("option", { value: key }, text)));
  way.value = isNeeded ? "is" : values.get(`how${place}`) || "any";
  const input = (key, label) => h("input", { "aria-label": `${name}: ${label}`, value: values.get(`${key}${place}`) || "", placeholder: label, autocomplete: "off", spellcheck: "false" });
  const [a, b] = [input("a", "value"), input("b", "to")];
  const inputs = h("div.both");
  const draw = () => {
    a.placeholder = way.value === "within" ? "from" : "value";
    fill(inputs, !isNeeded && way, way.value !== "any" && a, way.value === "within" && b);
  };
  way.addEventListener("change", draw);
  draw();
  const element = h("div.field", h("span.label", name, isNeeded && h("span.faint", " is")), inputs);
  const noted = () => (way.value === "any" ? {} : { [`how${place}`]: way.value, [`a${place}`]: a.value, [`b${place}`]: way.value === "within" ? b.value : null });
  return { element, noted, asked: () => criterion(way.value, a.value.trim(), b.value.trim()) };
}

function criterion(way, a, b) {
  // The server takes a text for the number or the word that it spells.
  if (way === "is") return a === "" ? null : { is: a };
  if (way === "begins") return { begins: a };
  if (way === "within") return { within: [a || null, b || null] };
  return null;
}
