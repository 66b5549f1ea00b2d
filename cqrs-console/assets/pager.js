// A list that is read page by page, and says what it has read.

import { fill, h } from "./dom.js";
import { empty, problem, skeleton } from "./problem.js";
import { counted, number, units } from "./words.js";

/**
 * `load(after)` reads a page; `draw(items)` makes `{ element, grow }` of the first items. What a page has read is in `what`, "commit" or
 * "view". Up to `through` empty pages in a row are passed over without a question. `nothing` is shown where there is nothing at all. `seen(all)` hears of all items after every page.
 */
export function pager({ load, draw, nothing, what = "commit", more = "Next page", through = 0, seen, signal }) {
  const list = h("div");
  const foot = h("div.cost", { "aria-live": "polite" });
  const element = h("div", list, foot);
  const all = [];
  let drawn = null;
  let read = 0;

  async function page(after, left = through) {
    fill(foot, h("span", "reading …"));
    if (!drawn && !after) fill(list, skeleton());
    try {
      const found = await load(after);
      read += found.readCommits || 0;
      grow(found.items);
      if (found.next && !found.items.length && left > 0) return await page(found.next, left - 1);
      tell(found);
    } catch (error) {
      if (signal?.aborted) return;
      if (!drawn) fill(list);
      fill(foot, problem(error, () => page(after)));
    }
  }

  function grow(items) {
    all.push(...items);
    if (drawn && items.length) drawn.grow(items);
    else if (!drawn && items.length) {
      drawn = draw(items);
      fill(list, drawn.element);
    } else if (!drawn) fill(list);
    seen?.(all);
  }

  function tell({ next }) {
    if (!all.length) fill(list, next ? empty("Nothing in this part", "There is more to search.") : nothing);
    const button = next && h("button.button.slim", { type: "button", onclick: () => page(next) }, all.length ? more : "Search on");
    fill(foot, h("span", `${number(all.length)} shown`), cost(read, what), button, !next && all.length > 0 && h("span", "end of the list"));
  }

  return { element, start: () => page(null) };
}

/** What reading has cost. */
export function cost(read, what = "commit") {
  const title = "DynamoDB charges about one read unit for 4 KB. This takes 1 KB for each.";
  return h("span", { title }, `${counted(read, what)} read, about ${counted(units(read), "read unit")}`);
}
