// JSON whose integers keep all their digits: a `u64` may be beyond what a number of JavaScript holds.

/** Reads JSON. An integer that a number cannot hold is a `BigInt`; in a browser without the source of a value it is the nearest number. */
export const parse = (text) => JSON.parse(text, exact);

function exact(_, value, context) {
  const isRounded = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && /^-?\d+$/.test(context?.source ?? "") ? BigInt(context.source) : value;
}

/** Writes what was read: with the same digits. */
export const written = (value) => JSON.stringify(value, (_, one) => (typeof one === "bigint" ? JSON.rawJSON(String(one)) : one));
