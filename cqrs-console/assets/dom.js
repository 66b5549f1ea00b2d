// Elements from data. Everything that is shown goes through a text node: what is stored can never become markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("td.number", { title: "…" }, "12")`. A function under `on…` listens; `null` and `false` leave an attribute out. */
export function h(what, ...rest) {
  const [name, ...classes] = what.split(".");
  return filled(document.createElement(name), classes, rest);
}

/** The same in SVG. */
export function s(what, ...rest) {
  const [name, ...classes] = what.split(".");
  return filled(document.createElementNS(SVG, name), classes, rest);
}

function filled(element, classes, rest) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  const [first] = rest;
  const isPlain = first && Object.getPrototypeOf(first) === Object.prototype;
  if (isPlain) set(element, rest.shift());
  add(element, rest);
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts children in place of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Says something to everybody, once: at the bottom, and to a screen reader. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (said.textContent = ""), 6000);
}

/** A table that becomes a list of cards on a narrow screen. A column: `{ label, cell, number, lead, bare, wide }`;
 *  a `wide` one is left out there. */
export function table(caption, columns, rows) {
  const head = columns.map((column) => h(column.number ? "th.number" : "th", { scope: "col" }, column.label || h("span.hidden", column.hidden)));
  const body = h("tbody");
  const grow = (more) => add(body, more.map((row) => h("tr", columns.map((column) => cell(column, row)))));
  grow(rows);
  const element = h("div.scroll", h("table.cards", h("caption.hidden", caption), h("thead", h("tr", head)), body));
  return { element, grow };
}

function cell(column, row) {
  const classes = ["td", column.number && "number", column.lead && "lead", column.bare && "bare", column.wide && "wide-only"].filter(Boolean);
  const content = column.cell(row);
  // A row of a narrow screen leaves out what is empty.
  const isEmpty = content === "" || content === null || content === undefined || content === false;
  return h(classes.join("."), { "data-label": column.label }, isEmpty ? null : h("div", content));
}

/** A panel with a heading. */
export function panel(title, { actions = [], level = "h2" } = {}, ...children) {
  return h("section.panel", h("header", h(level, title), actions), ...children);
}

/** The head of a screen. */
export function head(title, text, ...actions) {
  return h("div.head", h("div", h("h1", title), text && h("p", text)), h("div.actions", actions));
}

/** A labelled input. */
export function field(label, input, what = "field") {
  field.number = (field.number || 0) + 1;
  input.id ||= `field-${field.number}`;
  return h(`div.${what}`, h("label", { for: input.id }, label), input);
}
