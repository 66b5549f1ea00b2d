#!/usr/bin/env bash
# emmett 0.42.0 in memory tells the wrong version of a stream that is folded from a position on.
#
# `aggregateStream` takes `read: { from }`, so that a state from a snapshot is folded on with the later events alone. It answers with
# `currentStreamVersion`, which one gives to `appendToStream` as the expected version. In memory this is the number of events that were
# read: 1 for the last of three, with the stream at version 3. So the append is a version conflict, although nobody else has written.
# `readStream` with the same option says 3.
#
# Guessed before it was run: 3 in both, and the append goes through.
# Output seen:
#   read from 2: 1 event, version 3
#   aggregate from 2: 1 event, version 1
#   append after it: Expected version 1 does not match current 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @event-driven-io/emmett@0.42.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { getInMemoryEventStore } from '@event-driven-io/emmett'

const store = getInMemoryEventStore()
const deposited = cents => ({ type: 'Deposited', data: { cents } })
await store.appendToStream('account', [deposited(1), deposited(2), deposited(3)])

const read = await store.readStream('account', { from: 2n })
console.log(`read from 2: ${read.events.length} event, version ${read.currentStreamVersion}`)
const folded = await store.aggregateStream('account', {
  initialState: () => 0,
  evolve: count => count + 1,
  read: { from: 2n },
})
console.log(`aggregate from 2: ${folded.state} event, version ${folded.currentStreamVersion}`)
const expectedStreamVersion = folded.currentStreamVersion
const appended = store.appendToStream('account', [deposited(4)], { expectedStreamVersion })
console.log('append after it:', await appended.then(() => 'done', error => error.message))
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
read from 2: 1 event, version 3
aggregate from 2: 1 event, version 1
append after it: Expected version 1 does not match current 3
EXPECTED
