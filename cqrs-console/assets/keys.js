// The keyboard: keys that hold everywhere, and those of a screen.

import { h } from "./dom.js";
import { go, link } from "./route.js";
import { listed } from "./screens.js";

let own = {};
let waitsForScreen = false;

/** The keys of the screen that is shown: `{ j: { text: "later commit", act } }`. */
export function bind(keys) {
  own = keys;
}

const isTyping = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (waitsForScreen) {
    waitsForScreen = false;
    const found = listed.find(([, screen]) => screen.key === event.key);
    if (found) go(link(found[0] === "overview" ? [] : [found[0]]));
    return;
  }
  if (event.key === "g") waitsForScreen = true;
  else if (event.key === "?") showKeys();
  else if (event.key === "/") document.querySelector("[data-search]")?.focus();
  else if (own[event.key]) own[event.key].act();
  else return;
  event.preventDefault();
}

/** Listens from now on. */
export const listen = () => document.addEventListener("keydown", pressed);

/** A dialog with all keys. */
export function showKeys() {
  const line = (keys, text) => [h("dt", keys.map((key) => h("kbd", key))), h("dd", text)];
  const of = Object.entries(own).reduce((texts, [key, { text }]) => texts.set(text, [...(texts.get(text) || []), named(key)]), new Map());
  const dialog = h("dialog", { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keys"),
    h("dl.keys",
      line(["/"], "to the search"),
      [...of].map(([text, keys]) => line(keys, text)),
      listed.map(([, screen]) => line(["g", screen.key], screen.title)),
      line(["?"], "these keys")),
    h("div.actions", h("button.button", { type: "button", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const named = (key) => ({ ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" })[key] || key;
