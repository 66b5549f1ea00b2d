// One stream: its commits, and the time machine.

import * as api from "./api.js";
import { fill, h, panel, say } from "./dom.js";
import { eventList, facts, types } from "./commit.js";
import { bind } from "./keys.js";
import { cost } from "./pager.js";
import { empty, skeleton } from "./problem.js";
import { link, note } from "./route.js";
import { stepParts } from "./step.js";
import { text, tree } from "./tree.js";
import { counted, number, time } from "./words.js";

/** How many commits are read at a time. */
const PAGE = 50;

export async function show({ main, signal, path, query, stay }) {
  const [entity, tenant, ...id] = path;
  const stream = { entity, tenant, id };
  const crumbs = h("p.crumbs", h("a", { href: link(["streams"], { entity, tenant }) }, "Streams"), ` / ${entity} / ${tenant}`);
  const title = h("div.head", h("div", crumbs, h("h1.wrap", id.join(" / "))));
  fill(main, title, skeleton(6));
  const [{ version: last }, processes] = await Promise.all([api.state(stream, {}, signal), api.processes(signal)]);
  if (last === 0) {
    fill(main, title, h("div.panel", empty("No commits", "There is no such stream, or it is still empty. Ids are case-sensitive.")));
    return;
  }
  const machine = timeMachine(stream, { last, isProcess: processes.has(entity) }, signal);
  title.append(h("div.actions", h("span.quiet", counted(last, "commit"))));
  fill(main, title, machine.element);
  stay((at) => {
    const isSame = at.screen === "stream" && at.path.join("/") === path.join("/");
    if (isSame) machine.turn(Number(at.query.get("version")) || last);
    return isSame;
  });
  await machine.start(Number(query.get("version")) || last);
}

function timeMachine(stream, { last, isProcess }, signal) {
  const pages = new Map();
  const list = h("ol.commits");
  const foot = h("div.cost");
  const state = h("div.stack");
  const slider = h("input.slider", { type: "range", min: 1, max: last, step: 1, "aria-label": "Version" });
  const where = h("output.where");
  let version = 0;
  let read = 0;
  let turning = 0;

  const button = (label, sign, by) => h("button.button", { type: "button", "aria-label": label, title: label, onclick: () => turn(version + by) }, sign);
  const [back, on] = [button("Earlier commit", "←", -1), button("Later commit", "→", 1)];
  const asOf = h("input", { type: "datetime-local", step: 1, "aria-label": "State as of a time" });
  const controls = h("div.panel.machine", back, slider, on, where, h("div.as-of", h("span.small.quiet", "as of"), asOf));
  const element = h("div.machine-grid", h("section.panel.commits-panel", { "aria-label": "Commits" }, list, foot), h("div.stack", controls, state));
  slider.addEventListener("input", () => {
    const wanted = Number(slider.value);
    // What is not read yet is read where the slider comes to rest.
    if (pages.has(pageOf(wanted))) turn(wanted);
    else fill(where, `${number(wanted)} of ${number(last)}`);
  });
  slider.addEventListener("change", () => turn(Number(slider.value)));

  asOf.addEventListener("change", async () => {
    if (!asOf.value) return;
    try {
      const found = await api.state(stream, { asOf: new Date(asOf.value).toISOString() }, signal);
      if (found.version === 0) say("The stream had no commit at that time.");
      else await turn(found.version);
    } catch (error) {
      if (!signal.aborted) say(error.message);
    }
  });

  const pageOf = (wanted) => Math.floor((wanted - 1) / PAGE);

  async function page(number) {
    if (!pages.has(number)) {
      const found = await api.steps(stream, number * PAGE, PAGE, signal);
      read += found.readCommits;
      pages.set(number, found.items);
    }
    return pages.get(number);
  }

  /** Turns to a commit; stays where it is if that cannot be read. */
  async function turn(wanted) {
    try {
      await start(wanted);
    } catch (error) {
      if (signal.aborted) return;
      say(error.message);
      if (version) point();
    }
  }

  function point() {
    slider.value = version;
    slider.setAttribute("aria-valuetext", `version ${version} of ${last}`);
    fill(where, `${number(version)} of ${number(last)}`);
  }

  /** Shows the state after a commit. */
  async function start(wanted) {
    const target = Math.min(last, Math.max(1, wanted));
    const turn = ++turning;
    const steps = await page(pageOf(target));
    // A later turn is on its way, or shown already.
    if (turn !== turning) return;
    const isOther = pageOf(target) !== pageOf(version || -PAGE);
    version = target;
    note(link(["stream", stream.entity, stream.tenant, ...stream.id], { version }));
    point();
    back.disabled = version === 1;
    on.disabled = version === last;
    if (isOther) drawList(steps);
    mark();
    const step = steps.find((one) => one.place.version === version);
    fill(state, step ? stepView(step, isProcess) : empty("No such commit", "It was not on this page of the stream."));
  }

  function drawList(steps) {
    fill(list, steps.map((step) => {
      const href = link(["stream", stream.entity, stream.tenant, ...stream.id], { version: step.place.version });
      const count = step.changes.length ? counted(step.changes.length, "change") : "no change";
      return h("li", h("a.commit", { href, "data-version": step.place.version },
        h("span.version", number(step.place.version)), h("span.what", types(step.commit, isProcess)), h("span.when", time(step.commit.createdAt)), h("span.how-many", count)));
    }));
    const first = pageOf(steps[0]?.place.version || 1);
    const jump = (label, to) => h("button.button.slim", { type: "button", onclick: () => turn(to) }, label);
    fill(foot,
      first > 0 && jump(`Earlier ${PAGE}`, first * PAGE),
      pageOf(last) > first && jump(`Later ${PAGE}`, (first + 1) * PAGE + 1),
      cost(read));
  }

  function mark() {
    for (const item of list.querySelectorAll("a")) {
      const isShown = Number(item.dataset.version) === version;
      if (isShown) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      if (isShown) keepInSight(item);
    }
  }

  const step = (text, by) => ({ text, act: () => turn(version + by) });
  bind({
    j: step("later commit", 1), ArrowDown: step("later commit", 1), ArrowRight: step("later commit", 1),
    k: step("earlier commit", -1), ArrowUp: step("earlier commit", -1), ArrowLeft: step("earlier commit", -1),
    0: { text: "first commit", act: () => turn(1) }, $: { text: "last commit", act: () => turn(last) },
  });
  return { element, start, turn };
}

/** Scrolls the list alone, never the page. */
function keepInSight(item) {
  const box = item.closest(".commits");
  const [top, bottom] = [item.offsetTop - box.offsetTop, item.offsetTop - box.offsetTop + item.offsetHeight];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}

function stepView({ place, commit, state, changes }, isProcess) {
  const inside = isProcess && stepParts(commit);
  return [
    panel("What it changed", {}, changes.length ? changed(changes) : empty("Nothing", "The state after this commit is the one before it.")),
    h("div.columns",
      panel("State after it", {}, h("div.body", tree(state, { changes, label: "state" }))),
      h("div.stack",
        panel(inside ? "The step" : "Its events", {}, h("div.body", inside || eventList(commit))),
        panel("Who and why", {}, h("div.body", facts(place, commit))))),
  ];
}

function changed(changes) {
  const line = (change) => h("tr",
    h("th", { scope: "row" }, h("code", change.path)),
    h("td", { "data-label": "Before" }, h("code.before", text(change.before))),
    h("td", { "data-label": "After" }, h("code.after", text(change.after))));
  return h("div.scroll", h("table.changes",
    h("thead", h("tr", ["Field", "Before", "After"].map((label) => h("th", { scope: "col" }, label)))),
    h("tbody", changes.map(line))));
}
