// Dead letters: why each is one, and what to do with it.

import * as api from "./api.js";
import { ask } from "./dialog.js";
import { field, fill, h, head, panel, say } from "./dom.js";
import { tell, writable } from "./frame.js";
import { pager } from "./pager.js";
import { empty } from "./problem.js";
import { link, note, streamLink } from "./route.js";
import { tree } from "./tree.js";
import { counted, named, number, time } from "./words.js";

/** Their letters belong to no stream: only all of them are redriven. */
const isSpecial = (subscriber) => subscriber.startsWith("@");

export async function show({ main, signal, query }) {
  const list = h("div");
  const choice = h("select");
  const all = h("button.button", { type: "button" });
  let chosen = query.get("subscriber") || "";

  async function read() {
    const overview = await api.overview(signal);
    tell(overview);
    fill(choice, h("option", { value: "" }, "All subscribers"), overview.deadLetters.map((one) => h("option", { value: one.subscriber }, `${one.subscriber} (${one.count === null ? "?" : number(one.count)}${one.more ? "+" : ""})`)));
    choice.value = chosen;
    fill(all, choice.value ? `Redrive all of ${choice.value}` : "Redrive all");
    all.disabled = !choice.value || !writable();
    all.title = choice.value ? "" : "Choose a subscriber first";
    draw();
  }

  function draw() {
    const pages = pager({
      signal,
      what: "letter",
      // A subscriber without letters is an empty page.
      through: 100,
      load: (after) => api.deadLetters(choice.value, after, signal),
      draw: (items) => cards(items, { redrive, discard }),
      nothing: empty("No dead letters", "Every subscriber has taken what was delivered to it."),
    });
    fill(list, panel("Letters", {}, pages.element));
    pages.start();
  }

  async function change(act, told) {
    try {
      say(told(await act()));
    } catch (error) {
      say(error.message);
    }
    if (!signal.aborted) await read();
  }

  const redriven = ({ done, left }) => `${counted(done, "letter")} done and gone, ${number(left)} left.`;

  async function redrive({ subscriber, pk, sk }) {
    if (isSpecial(subscriber)) await redriveAll(subscriber);
    else await change(() => api.redrive({ subscriber, pk, sk }), redriven);
  }

  async function redriveAll(subscriber) {
    if (await ask({ title: `Redrive all of ${subscriber}?`, text: "Each is delivered once more, those of a stream in their order.", action: "Redrive" })) {
      await change(() => api.redrive({ subscriber, all: true }), redriven);
    }
  }

  async function discard(letter) {
    const text = `${letter.subscriber} will never take this commit. The commit itself stays in its stream.`;
    const answer = await ask({ title: "Discard this dead letter?", text, action: "Discard", typed: "Reason, for the log" });
    if (!answer) return;
    const what = { subscriber: letter.subscriber, pk: letter.pk, sk: letter.sk, ...(answer.typed && { reason: answer.typed }) };
    await change(() => api.discard(what), () => "The letter is discarded.");
  }

  choice.addEventListener("change", () => {
    chosen = choice.value;
    note(link(["dead-letters"], { subscriber: chosen }));
    read();
  });
  all.addEventListener("click", () => redriveAll(choice.value));
  const controls = h("div.form", field("Subscriber", choice, "field.mid"), all);
  fill(main, head("Dead letters", "Commits that a subscriber could not take. Later commits of the same stream wait behind them."), controls, list);
  await read();
  if (!writable()) controls.before(h("p.note", "This console is read-only: it shows dead letters, and cannot redrive or discard them."));
}

function cards(items, acts) {
  const element = h("ul.letters");
  const grow = (more) => element.append(...more.map((letter) => card(letter, acts)));
  grow(items);
  return { element, grow };
}

function card(letter, { redrive, discard }) {
  const { subscriber, place, reason, since, attempts, types, waits, newer, record } = letter;
  const button = (label, act, look = "button.button.slim") => {
    const element = h(look, { type: "button", disabled: !writable(), onclick: async () => ((element.disabled = true), await act(letter), (element.disabled = !writable())) }, label);
    return element;
  };
  const stream = place && `${named(place)} version ${place.version}`;
  const href = place && streamLink(place);
  return h("li.letter",
    h("div.letter-head",
      h("b", types.join(", ") || "a record without a type"), h("span.quiet", "for ", subscriber),
      waits && h("span.tag", "waits behind another"), newer && h("span.tag.warn", "for a newer program")),
    h("pre.reason", { class: waits ? "reason waits" : "reason" }, reason),
    h("div.letter-foot",
      h("span.quiet.small", stream && (href ? h("a", { href }, stream) : h("code", stream)), stream && ", ", "since ", time(since), attempts > 0 && `, ${counted(attempts, "attempt")}`),
      h("div.actions", button(isSpecial(subscriber) ? "Redrive all" : "Redrive", redrive), button("Discard", discard, "button.button.slim.danger"))),
    h("details.record", h("summary", "The record"), tree(record, { label: "record" })));
}
