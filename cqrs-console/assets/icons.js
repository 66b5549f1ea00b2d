// Line icons of 16 by 16, drawn here.

import { s } from "./dom.js";

const paths = {
  overview: "M2.5 2.5h4.5v6h-4.5zM9 2.5h4.5v3.5h-4.5zM9 8h4.5v5.5h-4.5zM2.5 10.5h4.5v3h-4.5z",
  streams: "M2.5 4h11M2.5 8h11M2.5 12h7M13 11v2.5",
  causation: "M4 4.5a1.5 1.5 0 1 0 0-.01M12 3.5a1.5 1.5 0 1 0 0-.01M12 12.5a1.5 1.5 0 1 0 0-.01M5.5 4.3l5-.6M5.2 5.6l5.7 6",
  flow: "M2 4.5h4v3h-4zM10 2.5h4v3h-4zM10 10.5h4v3h-4zM6 6h2v-2h2M8 6v6h2",
  views: "M2.5 3h11v10h-11zM2.5 6.5h11M6.5 6.5v6.5",
  projections: "M2.5 13.5v-4M6.2 13.5v-7M9.8 13.5v-5M13.5 13.5v-11",
  letters: "M2 4h12v8.5h-12zM2 4.5l6 4.5 6-4.5",
  timers: "M8 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 5.5v3.2l2.2 1.3M6 1.5h4",
  schemas: "M4 7.5v-2.5a4 4 0 0 1 8 0v2.5M3 7.5h10v6h-10z",
  tail: "M8 9.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4zM5 11a4.2 4.2 0 0 1 0-6M11 5a4.2 4.2 0 0 1 0 6M3 13a7 7 0 0 1 0-10M13 3a7 7 0 0 1 0 10",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  brand: "M2.5 3h11v2.7h-11zM2.5 7h7.5v2.7h-7.5zM2.5 11h4v2.7h-4z",
};

export function icon(name) {
  const path = s("path", { d: paths[name], fill: name === "brand" ? "currentColor" : "none", stroke: name === "brand" ? "none" : "currentColor" });
  const stroke = { "stroke-width": name === "more" ? 2.4 : 1.4, "stroke-linecap": "round", "stroke-linejoin": "round" };
  return s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", ...stroke }, path);
}
