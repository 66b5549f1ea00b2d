// Dark, light, or as the system has it; the choice is remembered.

import { h } from "./dom.js";

const schemes = { auto: "Auto", light: "Light", dark: "Dark" };

function choose(scheme) {
  document.documentElement.dataset.scheme = scheme;
  try {
    localStorage.setItem("foldline-scheme", scheme);
  } catch {
    // It holds until the page is left.
  }
  for (const button of document.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.choice === scheme));
  }
}

/** The switch. */
export function switcher() {
  const now = document.documentElement.dataset.scheme;
  const buttons = Object.entries(schemes).map(([scheme, label]) =>
    h("button", { type: "button", "data-choice": scheme, "aria-pressed": String(scheme === now), onclick: () => choose(scheme) }, label));
  return h("div.segments", { role: "group", "aria-label": "Colours" }, buttons);
}
