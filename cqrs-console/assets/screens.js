// The screens by their name in the address, in the order of the navigation.

import * as causation from "./causation.js";
import * as flow from "./flow.js";
import * as letters from "./letters.js";
import * as overview from "./overview.js";
import * as projections from "./projections.js";
import * as schemas from "./schemas.js";
import * as stream from "./stream.js";
import * as streams from "./streams.js";
import * as tail from "./tail.js";
import * as timers from "./timers.js";
import * as views from "./views.js";

export const screens = {
  overview: { title: "Overview", icon: "overview", key: "o", show: overview.show },
  streams: { title: "Streams", icon: "streams", key: "s", group: "Events", show: streams.show },
  causation: { title: "Causation", icon: "causation", key: "c", show: causation.show },
  tail: { title: "Live tail", icon: "tail", key: "l", show: tail.show },
  views: { title: "Read models", icon: "views", key: "r", group: "Views", show: views.show },
  projections: { title: "Projections", icon: "projections", key: "p", show: projections.show },
  "dead-letters": { title: "Dead letters", icon: "letters", key: "d", group: "Delivery", show: letters.show },
  timers: { title: "Deadlines", icon: "timers", key: "t", show: timers.show },
  flow: { title: "Event flow", icon: "flow", key: "f", group: "Program", show: flow.show },
  schemas: { title: "Schema lock", icon: "schemas", key: "k", show: schemas.show },
  stream: { title: "Stream", within: "streams", show: stream.show },
};

/** Those of the bar at the bottom of a narrow screen. */
export const short = ["overview", "streams", "projections", "dead-letters"];

/** The screens that the navigation has. */
export const listed = Object.entries(screens).filter(([, screen]) => screen.icon);
