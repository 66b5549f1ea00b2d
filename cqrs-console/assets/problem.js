// What is shown where something is wrong, missing, or on its way.

import { h } from "./dom.js";

const ways = {
  offline: "Start the program again, open the address that it prints, and try again.",
  unauthorized: "The console was started anew, or this browser has no cookie of it. Open the address that the program prints.",
  forbidden: "The request did not come from the console's own page. Open the address that the program prints.",
  "read-only": "Start the console with changes switched on to do this.",
  cursor: "The list has changed its form. Search again from its start.",
  key: "Look at the tenant and at every field of the key.",
  full: "Too many pages follow the feed. Close one, and try again.",
  busy: "A replay of this projection runs already.",
};

/** An error, with what to do. */
export function problem(error, again) {
  const what = error.transient ? "This may pass. Try again." : ways[error.kind];
  return h("div.problem", { role: "alert" },
    h("b", error.title || "The console itself failed"),
    h("p.wrap", error.message),
    what && h("p", what),
    again && h("button.button", { type: "button", onclick: again }, "Try again"));
}

/** Nothing is there, and what to do about it. */
export const empty = (title, text) => h("div.empty", h("b", title), text && h("p", text));

/** Lines where something will be. */
export const skeleton = (lines = 4) => h("div", { "aria-busy": "true" }, h("span.hidden", "loading"), Array.from({ length: lines }, () => h("div.skeleton")));
