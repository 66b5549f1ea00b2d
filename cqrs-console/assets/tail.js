// Live tail: commits as they are made.

import * as api from "./api.js";
import { field, fill, h, head, panel } from "./dom.js";
import { types } from "./commit.js";
import { parse } from "./json.js";
import { bind } from "./keys.js";
import { empty, problem } from "./problem.js";
import { causationLink, streamLink } from "./route.js";
import { named, number, time } from "./words.js";

/** How many are kept. */
const KEPT = 200;

export async function show({ main, signal }) {
  const processes = await api.processes(signal);
  const rows = h("ol.tail", { "aria-label": "Commits, the latest first" });
  const nothing = h("div.panel", empty("Nothing yet", "Commits appear here as soon as they are made, by any program on this store."));
  const light = h("span.tag", "connecting");
  const filter = h("input", { "data-search": true, placeholder: "entity, id, event or person", autocomplete: "off", spellcheck: "false" });
  const pause = h("button.button", { type: "button", "aria-pressed": "false" }, "Pause");
  const missed = h("p.note", { hidden: true }, "Some commits are missing here: they came faster than this page took them, or while it was away.");
  const failed = h("p.note", { hidden: true });
  const waiting = [];
  let isPaused = false;

  const list = panel("Commits", { actions: light }, rows);
  list.hidden = true;
  const matches = (row) => row.dataset.text.includes(filter.value.trim().toLowerCase());
  const add = (commit) => {
    const row = line(commit, processes);
    row.hidden = !matches(row);
    rows.prepend(row);
    while (rows.children.length > KEPT) rows.lastChild.remove();
    nothing.hidden = true;
    list.hidden = false;
  };
  const toggle = () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    if (!isPaused) waiting.splice(0).forEach(add);
    fill(pause, isPaused ? "Go on" : "Pause");
  };
  pause.addEventListener("click", toggle);
  filter.addEventListener("input", () => [...rows.children].forEach((row) => (row.hidden = !matches(row))));
  bind({ p: { text: "pause, go on", act: toggle } });

  const source = api.tail();
  signal.addEventListener("abort", () => source.close());
  const lit = (colour, word) => {
    light.setAttribute("class", `tag ${colour}`);
    fill(light, word);
  };
  source.addEventListener("open", () => lit("ok", "live"));
  source.addEventListener("error", async () => {
    const isOver = source.readyState === EventSource.CLOSED;
    lit("warn", isOver ? "ended" : "connecting again");
    if (!isOver || signal.aborted) return;
    try {
      await api.tailRefused(signal);
    } catch (error) {
      if (!signal.aborted) fill(nothing, problem(error));
    }
  });
  source.addEventListener("failed", (event) => {
    lit("danger", "feed failed");
    fill(failed, JSON.parse(event.data).detail || "The feed could not be read. It is tried again.");
    failed.hidden = false;
  });
  source.addEventListener("restored", () => {
    lit("ok", "live");
    failed.hidden = true;
  });
  source.addEventListener("missed", () => (missed.hidden = false));
  source.addEventListener("commit", (event) => {
    lit("ok", "live");
    failed.hidden = true;
    const commit = parse(event.data);
    if (!isPaused) return add(commit);
    waiting.push(commit);
    waiting.splice(0, waiting.length - KEPT);
    fill(pause, `Go on (${number(waiting.length)} new)`);
  });
  fill(main, head("Live tail", "The feed, as it is stored. The last 200 commits are kept here.", pause), h("div.form", field("Filter", filter, "field.wide")), failed, missed, nothing, list);
}

function line({ place, commit, subscribers }, processes) {
  const { createdAt, createdBy, correlationId } = commit;
  const href = streamLink(place);
  const name = `${named(place)} version ${place.version}`;
  const about = types(commit, processes.has(place.entity));
  const text = [name, about, createdBy, ...subscribers].join(" ").toLowerCase();
  return h("li", { "data-text": text },
    h("span.when", time(createdAt)), h("b", about), href ? h("a", { href }, name) : h("code", name),
    h("span.quiet", createdBy || ""),
    place.tenant && h("a.small", { href: causationLink(place.tenant, correlationId) }, "Causation"));
}
