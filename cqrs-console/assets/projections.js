// Projections: how far each is behind, and its replay.

import * as api from "./api.js";
import { ask } from "./dialog.js";
import { fill, h, head, say, table } from "./dom.js";
import { writable } from "./frame.js";
import { empty, problem, skeleton } from "./problem.js";
import { link } from "./route.js";
import { buildTag, lagText, progress } from "./standing.js";
import { counted, number, time } from "./words.js";

/** Between two looks at a replay. */
const LOOK = 2000;

export async function show({ main, signal }) {
  const again = h("button.button", { type: "button", onclick: () => read() }, "Read again");
  const title = head("Projections", "Each folds commits into its views. A replay builds them anew; readers have the earlier ones meanwhile.", again);
  const list = h("div", skeleton());
  fill(main, title, list);
  const { costs } = await api.program(signal);

  async function read() {
    try {
      const projections = await api.projections(signal);
      if (signal.aborted) return;
      fill(list, draw(projections, costs));
      if (projections.some((one) => one.replay?.state === "running")) later();
    } catch (error) {
      if (!signal.aborted) fill(list, problem(error, read));
    }
  }

  function later() {
    const timer = setTimeout(read, LOOK);
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  async function replay(name) {
    const text = "It reads every commit of the store, and writes every view. On DynamoDB each is charged.";
    if (!(await ask({ title: `Replay ${name}?`, text, action: "Replay" }))) return;
    try {
      await api.replay(name);
      say(`The replay of ${name} runs.`);
    } catch (error) {
      say(error.message);
    }
    read();
  }

  function draw(projections) {
    if (!projections.length) return h("div.panel", empty("No projections", "This program has none."));
    const columns = [
      { label: "Name", lead: true, cell: (one) => [h("a", { href: link(["views"], { projection: one.projection }) }, one.projection), h("div.small.faint", h("code", one.view))] },
      { label: "State", cell: (one) => stateOf(one) },
      { label: "Lag", number: true, cell: (one) => lagText(one.lag) },
      { label: "Dead letters", number: true, cell: (one) => (one.deadLetters ? h("a", { href: link(["dead-letters"], { subscriber: one.projection }) }, number(one.deadLetters)) : h("span.faint", "0")) },
      { label: "Discarded", number: true, cell: (one) => number(one.discarded) },
      { label: "Fold", cell: (one) => h("code.quiet", { title: one.fold }, one.fold.slice(0, 8)) },
      { hidden: "Replay", bare: true, cell: (one) => replayButton(one, replay) },
    ];
    const foot = h("div.cost", h("span", `${counted(costs.projections.requests, "request")} to read this${costs.projections.stream ? ", and about 40 reads of the change stream" : ""}`));
    return h("section.panel", { "aria-label": "Projections" }, table("Projections", columns, projections).element, foot);
  }

  await read();
}

function stateOf({ projection, build, replay }) {
  const isRunning = replay?.state === "running";
  if (build.state === "building") return [buildTag(build), progress(projection, build)];
  if (isRunning) return [h("span.tag.warn", "begins"), progress(projection, { done: {}, total: null })];
  const since = build.since && h("div.small.quiet", "since ", time(build.since));
  return [buildTag(build), since, replay && ended(replay)];
}

function ended({ state, ended: at, done, reason }) {
  if (state === "failed") return h("div.small.failed", `the last replay failed: ${reason}`);
  return h("div.small.quiet", `replayed ${counted(done.commits, "commit")} at `, time(at));
}

function replayButton({ projection, replay }, act) {
  const isRunning = replay?.state === "running";
  const reason = writable() ? null : "The console is read-only";
  return h("button.button.slim", { type: "button", disabled: isRunning || !writable(), title: reason, "aria-label": `Replay ${projection}`, onclick: () => act(projection) }, isRunning ? "Runs" : "Replay");
}
