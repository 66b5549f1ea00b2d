#!/usr/bin/env bash
# castore 2.4.2 in memory keeps the caller's own objects, and events in the order in which they came.
#
# A stored event does not change. The in-memory adapter, which is what castore's users test with, keeps the object that it was given, and
# hands the same one out: a reducer or a handler that changes a payload changes history, for every later reader. It also takes any
# version that is free, 3 before 2, and gives the events in the order of their arrival, or the reverse of that. A reducer that keeps the
# version of the last event then tells the wrong one.
#
# Guessed before it was run: copies, and the events 1 2 3.
# Output seen:
#   payload changed after the push: 77
#   payload changed by a reader: 99
#   versions read: 1 3 2, reversed: 2 3 1
#   version of the aggregate: 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @castore/core@2.4.2 @castore/event-storage-adapter-in-memory@2.4.2 >npm.log
cat > probe.mjs <<'SCRIPT'
import { EventStore, EventType } from '@castore/core'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'

const store = new EventStore({
  eventStoreId: 'orders',
  eventTypes: [new EventType({ type: 'Priced' })],
  reducer: (_, event) => ({ aggregateId: event.aggregateId, version: event.version }),
  eventStorageAdapter: new InMemoryEventStorageAdapter({}),
})
const push = (version, payload) => store.pushEvent({ aggregateId: '1', version, type: 'Priced', payload })
const events = async options => (await store.getEvents('1', options)).events

const payload = { cents: 1 }
await push(1, payload)
payload.cents = 77
console.log('payload changed after the push:', (await events())[0].payload.cents)
;(await events())[0].payload.cents = 99
console.log('payload changed by a reader:', (await events())[0].payload.cents)
await push(3, { cents: 3 })
await push(2, { cents: 2 })
const versions = async options => (await events(options)).map(({ version }) => version).join(' ')
console.log(`versions read: ${await versions()}, reversed: ${await versions({ reverse: true })}`)
console.log('version of the aggregate:', (await store.getAggregate('1')).aggregate.version)
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
payload changed after the push: 77
payload changed by a reader: 99
versions read: 1 3 2, reversed: 2 3 1
version of the aggregate: 2
EXPECTED
