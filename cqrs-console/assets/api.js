// The server, as API.md of the package has it.

import { parse } from "./json.js";

/** A request that was refused, as the server said it. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the server answered ${status}`);
    this.status = status;
    this.kind = (body.type || "").replace("/problems/", "");
    this.title = body.title || `error ${status}`;
    this.transient = body.transient === true;
  }
}

function address(path, query = {}) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined && one !== "") parts.append(name, one);
    }
  }
  return `/api/${path}${parts.size ? `?${parts}` : ""}`;
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "no answer", type: "/problems/offline", detail: "The program does not answer. Is it still running?" });
  }
  const text = await response.text();
  let body = {};
  try {
    body = text ? parse(text) : {};
  } catch {
    body = { detail: text };
  }
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

const get = (path, query, signal) => answered(fetch(address(path, query), { signal, headers: { accept: "application/json" } }));

function post(path, body, signal) {
  const headers = { "content-type": "application/json", "x-foldline-console": "1" };
  return answered(fetch(address(path), { method: "POST", signal, headers, body: JSON.stringify(body) }));
}

const about = ({ entity, tenant, id }) => ({ entity, tenant, id });

let known = null;

/** What there is now: read anew. */
export function overview(signal) {
  const read = get("overview", {}, signal);
  // Those who ask for the program meanwhile share it.
  known ??= read.catch(() => (known = null));
  return read;
}

/** The same as it was read first: for what a program has as long as it runs, its streams for example. Fails for a screen that was left. */
export async function program(signal) {
  // Null where it failed, or its screen was left: then it is asked once more.
  const found = (known && (await known)) || (await overview());
  signal?.throwIfAborted();
  return found;
}

/** The entities whose streams are those of processes. */
export async function processes(signal) {
  const { streams } = await program(signal);
  return new Set(streams.filter((one) => one.kind === "process").map((one) => one.entity));
}

export const tenants = (after, signal) => get("tenants", { after }, signal);
export const streams = (asked, signal) => get("streams", asked, signal);
export const state = (stream, moment, signal) => get("stream/state", { ...about(stream), ...moment }, signal);
export const steps = (stream, after, limit, signal) => get("stream/steps", { ...about(stream), after, limit }, signal);
export const related = (tenant, correlation, after, signal) => get("related", { tenant, correlation, after }, signal);
export const readModels = (signal) => get("read-models", {}, signal);
export const view = (projection, tenant, id, signal) => get("view", { projection, tenant, id }, signal);
export const views = (asked, signal) => post("views", asked, signal);
export const projections = (signal) => get("projections", {}, signal);
export const replays = (signal) => get("replays", {}, signal);
export const deadLetters = (subscriber, after, signal) => get("dead-letters", { subscriber, after }, signal);
export const timers = (limit, signal) => get("timers", { limit }, signal);
export const wiring = (signal) => get("wiring", {}, signal);
export const schemas = (signal) => get("schemas", {}, signal);
export const tail = () => new EventSource("/api/tail");
/** Why there is no tail: an event source does not tell. */
export const tailRefused = (signal) => get("tail", {}, signal);

export const replay = (projection) => post(`projections/${encodeURIComponent(projection)}/replay`, {});
export const redrive = (asked) => post("dead-letters/redrive", asked);
export const discard = (asked) => post("dead-letters/discard", asked);
