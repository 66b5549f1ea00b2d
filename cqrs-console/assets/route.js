// Where the user is: `#/streams/ORDER/NORTHWIND/10248?version=3`.

/** A link to a place: `link(["stream", "ORDER", "T", "10248"], { version: 3 })`. */
export function link(path, query = {}) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined && one !== "") parts.append(name, one);
    }
  }
  return `#/${path.map(encodeURIComponent).join("/")}${parts.size ? `?${parts}` : ""}`;
}

/** The stream of a place, at its version; none where no aggregate of this program reads it. */
export function streamLink(place, version = place.version) {
  if (!place.entity || !place.id) return null;
  return link(["stream", place.entity, place.tenant, ...place.id], { version });
}

/** The causation graph of a commit. */
export const causationLink = (tenant, correlation) => link(["causation"], { tenant, correlation });

/** The place that the address names. */
export function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const decoded = path.split("/").filter(Boolean).map(readable);
  return { screen: decoded[0] || "overview", path: decoded.slice(1), query: new URLSearchParams(query) };
}

function readable(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Goes on to a place; the one before is where the back button leads. */
export function go(to) {
  location.hash = to;
}

/** Notes a place in the address without a step for the back button, and without showing it anew. */
export function note(to) {
  history.replaceState(null, "", to);
}
