// The screens: their address, and what is there when they are ready.

export const screens = {
  overview: { at: "#/", shows: "text=OrderSummary", settle: (page) => page.getByText(/\d+ requests/).waitFor() },
  streams: { at: "#/streams?entity=ORDER&tenant=NORTHWIND&id=102", shows: "a:has-text('10248')" },
  stream: { at: "#/stream/ORDER/NORTHWIND/10249?version=3", shows: "text=What it changed" },
  process: { at: "#/stream/SHIPPING/NORTHWIND/10248?version=1", shows: "text=The step" },
  causation: { at: "#/causation?tenant=NORTHWIND&correlation=10273-place", shows: ".node", settle: searched },
  "read-models": { at: "#/views?projection=OrderSummary&tenant=NORTHWIND&index=by_status&a0=shipped&order=descending", shows: "text=20 shown" },
  view: { at: "#/views/OrderSummary/NORTHWIND/10249", shows: ".tree" },
  projections: { at: "#/projections", shows: "button:has-text('Replay')" },
  "dead-letters": { at: "#/dead-letters", shows: ".letter", settle: searched },
  deadlines: { at: "#/timers", shows: "td:has-text('overdue')" },
  flow: { at: "#/flow", shows: ".node" },
  schemas: { at: "#/schemas", shows: ".shape" },
  "live-tail": { at: "#/tail", shows: ".tag.ok:has-text('live')", settle: followed },
};

/** Searches on until the end. */
async function searched(page) {
  const more = page.getByRole("button", { name: /Search on|Next page/ });
  const end = page.getByText("end of the list");
  for (;;) {
    await more.or(end).first().waitFor();
    if (await end.count()) return;
    await more.first().click();
  }
}

/** Sees an order come. */
async function followed(page, { order }) {
  await order();
  await page.locator(".tail li").first().waitFor();
}
