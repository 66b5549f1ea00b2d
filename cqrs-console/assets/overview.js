// Overview: what there is, and what needs somebody.

import * as api from "./api.js";
import { fill, h, head, panel, table } from "./dom.js";
import { tell } from "./frame.js";
import { empty, problem, skeleton } from "./problem.js";
import { buildTag, lagText, letterNote } from "./standing.js";
import { link } from "./route.js";
import { stream } from "./timers.js";
import { counted, lasting, number, time } from "./words.js";

const MINUTE = 60_000;
/** How many deadlines are read. */
const SOON = 100;

export async function show({ main, signal }) {
  fill(main, head("Overview"), skeleton(6));
  const overview = await api.overview(signal);
  tell(overview);
  const figures = h("div.figures");
  const projections = h("div");
  const again = h("button.button", { type: "button", onclick: () => refresh(true) }, "Read again");
  const lower = h("div.columns.gap");
  fill(main, head("Overview", null, again), figures, h("div.columns.gap", streams(overview), projections), lower);
  const draw = () => {
    fill(figures, tiles(overview));
    fill(projections, projectionPanel(overview));
    fill(lower, letters(overview), deadlines(overview));
  };
  const refresh = async (all) => {
    try {
      if (all || isOld(overview.readAt.projections)) {
        overview.projections = await api.projections(signal);
        overview.readAt.projections = new Date().toISOString();
      }
      if (all || isOld(overview.readAt.timers)) {
        overview.timers = await api.timers(SOON, signal);
        overview.readAt.timers = new Date().toISOString();
      }
      if (!signal.aborted) draw();
    } catch (error) {
      if (!signal.aborted) fill(projections, problem(error, () => refresh(all)));
    }
  };
  draw();
  await refresh(false);
}

const isOld = (at) => !at || Date.now() - Date.parse(at) > MINUTE;

function tiles({ commits, streams: entities, deadLetters, projections, timers }) {
  const letters = deadLetters.reduce((sum, one) => sum + (one.count || 0), 0);
  const more = deadLetters.some((one) => one.more);
  const aggregates = entities.filter((one) => one.kind === "aggregate").length;
  const [lag, lagNote] = lagOf(projections);
  return [
    tile("Commits", number(commits), commits === null ? "the store does not count" : counted(aggregates, "aggregate"), link(["streams"])),
    tile("Lag", lag, lagNote, link(["projections"])),
    tile("Dead letters", `${number(letters)}${more ? "+" : ""}`, letterNote(deadLetters), link(["dead-letters"]), letters > 0),
    tile("Deadlines", timers ? `${number(timers.waiting)}${timers.more ? "+" : ""}` : "…", timerNote(timers), link(["timers"])),
  ];
}

function lagOf(projections) {
  if (!projections) return ["…", "being read"];
  const known = projections.filter((one) => one.lag);
  if (!known.length) return ["–", projections.length ? "not known here" : "no projections"];
  const commits = Math.max(...known.map((one) => one.lag.commits));
  const seconds = Math.max(...known.map((one) => one.lag.seconds || 0));
  return [counted(commits, "commit"), commits ? `the oldest ${lasting(seconds)} old` : "all projections are up to date"];
}

function timerNote(timers) {
  if (!timers) return "being read";
  if (timers.due) return `${number(timers.due)} due now`;
  return timers.next ? ["next ", time(timers.next)] : "nothing waits";
}

function tile(label, value, note, href, alarms = false) {
  return h(alarms ? "a.figure.alarm" : "a.figure", { href }, h("span.label", label), h("span.value", value), h("span.note-text", note));
}

function streams({ streams: all }) {
  const columns = [
    { label: "Name", lead: true, cell: (one) => h("a", { href: link(["streams"], { entity: one.entity }) }, one.name) },
    { label: "Entity", cell: (one) => h("code", one.entity) },
    { label: "Kind", cell: (one) => h(one.kind === "process" ? "span.tag.accent" : "span.tag", one.kind) },
    { label: "Events", number: true, cell: (one) => (one.kind === "process" ? h("span.faint", "steps") : number(one.events.length)) },
  ];
  return panel("Streams", {}, table("Aggregates and processes", columns, all).element);
}

function projectionPanel({ projections, readAt, costs }) {
  if (!projections) return panel("Projections", {}, skeleton());
  const columns = [
    { label: "Name", lead: true, cell: (one) => h("a", { href: link(["projections"]) }, one.projection) },
    { label: "State", cell: (one) => buildTag(one.build) },
    { label: "Lag", number: true, cell: (one) => lagText(one.lag) },
  ];
  const stream = costs.projections.stream ? ", and the change stream" : "";
  const foot = h("div.cost", h("span", "read ", time(readAt.projections)), h("span", `${counted(costs.projections.requests + costs.timers.requests, "request")}${stream}`));
  return panel("Projections", {}, table("Projections", columns, projections).element, foot);
}

function letters({ deadLetters }) {
  const some = deadLetters.filter((one) => one.count !== 0 || one.more);
  const columns = [
    { label: "Subscriber", lead: true, cell: (one) => h("a", { href: link(["dead-letters"], { subscriber: one.subscriber }) }, one.subscriber) },
    { label: "Letters", number: true, cell: (one) => (one.count === null ? h("span.faint", "not read") : `${number(one.count)}${one.more ? "+" : ""}`) },
  ];
  return panel("Dead letters", {}, some.length ? table("Dead letters", columns, some).element : empty("None", "Every subscriber has taken what was delivered to it."));
}

function deadlines({ timers }) {
  if (!timers) return panel("Next deadlines", {}, skeleton());
  const columns = [
    { label: "Due", lead: true, cell: (one) => [time(one.due), " ", one.isDue && h("span.tag.warn", "due")] },
    { label: "What", cell: (one) => one.name },
    { label: "Stream", cell: stream },
  ];
  const items = timers.items.slice(0, 5);
  return panel("Next deadlines", {}, items.length ? table("Next deadlines", columns, items).element : empty("Nothing waits", "No deadline is set, and no command is scheduled."));
}
