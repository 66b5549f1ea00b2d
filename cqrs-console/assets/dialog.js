// A question before something is changed.

import { field, h } from "./dom.js";

/** Asks; answers with null for no, and with `{ typed }` for yes. */
export function ask({ title, text, action, typed }) {
  return new Promise((answer) => {
    const input = typed && h("input", { autocomplete: "off", maxlength: 500 });
    const dialog = h("dialog", { "aria-labelledby": "ask-title" },
      h("form", { method: "dialog" },
        h("h2", { id: "ask-title" }, title),
        h("p.quiet", text),
        input && field(typed, input),
        h("div.actions", h("button.button", { type: "button", onclick: () => dialog.close("") }, "Cancel"), h("button.button.main", { value: "yes" }, action))));
    dialog.querySelector("form").addEventListener("submit", (event) => {
      // Sent nowhere, whatever the policy of the page says about forms.
      event.preventDefault();
      dialog.close("yes");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes" ? { typed: input ? input.value.trim() : "" } : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
