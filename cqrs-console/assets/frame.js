// The navigation: a column at the left, or a bar at the bottom.

import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { link } from "./route.js";
import { listed, screens, short } from "./screens.js";
import { switcher } from "./schemes.js";
import { showKeys } from "./keys.js";

const href = (name) => link(name === "overview" ? [] : [name]);

function items(current) {
  return h("nav.items", { "aria-label": "Screens" }, listed.map(([name, screen]) => {
    const group = screen.group && h("div.group", screen.group);
    return [group, h("a.item", { href: href(name), "aria-current": name === current ? "page" : null }, icon(screen.icon), screen.title, marks(name))];
  }));
}

/** How many dead letters there are, beside the screens that have them. */
let deadLetters = { count: 0, more: false };

function marks(name) {
  const { count, more } = deadLetters;
  return name === "dead-letters" && count > 0 && h("span.count", `${count}${more ? "+" : ""}`, h("span.hidden", " dead letters"));
}

let program = { name: "", version: "", writable: false };
let shown = "overview";

/** Draws the navigation for a screen. */
export function frame(name) {
  shown = screens[name]?.within || name;
  const title = program.name || "Console";
  const brand = h("a.brand", { href: "#/" }, icon("brand"), h("span", h("b", title), h("span", program.version && `version ${program.version}`)));
  const keys = h("button.quiet-button", { type: "button", onclick: showKeys }, "Keys ", h("kbd", "?"));
  const mode = program.writable ? h("span.tag.warn", "writable") : h("span.tag", "read-only");
  fill(document.getElementById("side"), brand, items(shown), h("div.side-foot", h("div.row", mode, keys), switcher()));
  const bar = short.map((one) =>
    h("a", { href: href(one), "aria-current": one === shown ? "page" : null }, icon(screens[one].icon), screens[one].title, marks(one)));
  const more = h("button", { type: "button", "aria-haspopup": "dialog", "aria-current": short.includes(shown) ? null : "true", onclick: openSheet }, icon("more"), "More");
  fill(document.getElementById("bar"), bar, more);
}

/** What the overview tells about the program. */
export function tell(overview) {
  program = overview.program;
  const letters = overview.deadLetters;
  deadLetters = { count: letters.reduce((sum, one) => sum + (one.count || 0), 0), more: letters.some((one) => one.more) };
  frame(shown);
}

/** Whether the console may change something. */
export const writable = () => program.writable;

function openSheet() {
  const sheet = h("dialog.sheet", { "aria-label": "All screens" }, items(shown), switcher());
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("a")) sheet.close();
  });
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}
