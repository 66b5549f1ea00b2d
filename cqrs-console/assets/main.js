// Shows the screen that the address names.

import * as api from "./api.js";
import { fill, h, head } from "./dom.js";
import { frame, tell } from "./frame.js";
import { bind, listen } from "./keys.js";
import { problem } from "./problem.js";
import { route } from "./route.js";
import { screens } from "./screens.js";

const main = document.getElementById("main");
let leaving = new AbortController();
/** Takes another place of the same screen, where it can: then it is not shown anew. */
let stays = null;

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const at = route();
  const name = Object.hasOwn(screens, at.screen) ? at.screen : "overview";
  const screen = screens[name];
  document.title = `${screen.title} · Foldline`;
  frame(name);
  bind({});
  stays = null;
  // Each has an element of its own: a screen that was left cannot draw over the one that is shown.
  const own = h("div");
  fill(main, own);
  window.scrollTo(0, 0);
  const stay = (take) => {
    if (!signal.aborted) stays = take;
  };
  try {
    await screen.show({ main: own, signal, path: at.path, query: at.query, stay });
  } catch (error) {
    if (!signal.aborted) fill(own, head(screen.title), problem(error, show));
  }
}

async function introduce() {
  try {
    tell(await api.program());
  } catch {
    // The screen itself says what is wrong.
  }
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", async () => {
  if (stays?.(route())) return;
  await show();
  // What was clicked is gone; the next Tab goes on in the new screen.
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
});
listen();
show();
introduce();
