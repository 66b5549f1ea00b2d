#!/usr/bin/env bash
# A specification of emmett 0.42.0 passes where the expected event has fewer fields than the one that was decided.
#
# `DeciderSpecification` says given these events, when this command, then these events. `then` is met by an event that has what is expected
# and more: an expected event without data, or with one field of two, passes, also in nested objects. A field that a change brings into
# an event, or that it should not have, is not noticed. What is missing, or has another value, is. The number of events has to be right.
#
# Guessed before it was run: passes for the whole event alone, as `deepEqual` does.
# Output seen:
#   the whole event: passes
#   one field of two: passes
#   no data: passes
#   part of a nested object: passes
#   a field too many: fails
#   another value: fails
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @event-driven-io/emmett@0.42.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { DeciderSpecification } from '@event-driven-io/emmett'

const event = data => ({ type: 'Opened', data })
const specification = DeciderSpecification.for({
  decide: () => event({ owner: { name: 'Ada', email: 'ada@example.com' }, cents: 5 }),
  evolve: state => state,
  initialState: () => ({}),
})
const cases = {
  'the whole event': { owner: { name: 'Ada', email: 'ada@example.com' }, cents: 5 },
  'one field of two': { cents: 5 },
  'no data': {},
  'part of a nested object': { owner: { name: 'Ada' }, cents: 5 },
  'a field too many': { owner: { name: 'Ada', email: 'ada@example.com' }, cents: 5, limit: 1 },
  'another value': { owner: { name: 'Ada', email: 'ada@example.com' }, cents: 6 },
}
for (const [name, data] of Object.entries(cases)) {
  let outcome = 'passes'
  try {
    await specification([]).when({ type: 'Open', data: {} }).then([event(data)])
  } catch {
    outcome = 'fails'
  }
  console.log(`${name}: ${outcome}`)
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
the whole event: passes
one field of two: passes
no data: passes
part of a nested object: passes
a field too many: fails
another value: fails
EXPECTED
