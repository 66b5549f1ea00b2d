#!/usr/bin/env bash
# castore 2.4.2 in memory can list no aggregates any more once it has refused a group of events.
#
# `EventStore.pushEventGroup` stores the events of several aggregates or none. Where the second one exists already, the first is taken out
# again, and `getEvents` finds none. But the aggregate that was to begin with it stays behind, without events, and `listAggregateIds` of
# the store is an error from then on, for all aggregates, whatever page or time is asked for. An import that goes on after one conflict
# ends there. The error is gone as soon as the aggregate gets a first event.
#
# Guessed before it was run: the list has the aggregate that was there before.
# Output seen:
#   group: InMemoryEventAlreadyExistsError
#   events of the new aggregate: 0
#   list: Unable to find initial timestamp for aggregate new
#   list of those before 2000: Unable to find initial timestamp for aggregate new
#   list once new has an event: old new
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
  eventTypes: [new EventType({ type: 'Opened' })],
  reducer: (_, event) => ({ aggregateId: event.aggregateId, version: event.version }),
  eventStorageAdapter: new InMemoryEventStorageAdapter({}),
})
const first = aggregateId => ({ aggregateId, version: 1, type: 'Opened' })
const outcome = async call => {
  try {
    return (await store.listAggregateIds(call)).aggregateIds.map(({ aggregateId }) => aggregateId).join(' ')
  } catch (error) {
    return error.message
  }
}

await store.pushEvent(first('old'))
const group = EventStore.pushEventGroup(store.groupEvent(first('new')), store.groupEvent(first('old')))
console.log('group:', await group.then(() => 'taken', error => error.constructor.name))
console.log('events of the new aggregate:', (await store.getEvents('new')).events.length)
console.log('list:', await outcome({}))
console.log('list of those before 2000:', await outcome({ initialEventBefore: '2000-01-01T00:00:00.000Z' }))
await store.pushEvent(first('new'))
console.log('list once new has an event:', await outcome({}))
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
group: InMemoryEventAlreadyExistsError
events of the new aggregate: 0
list: Unable to find initial timestamp for aggregate new
list of those before 2000: Unable to find initial timestamp for aggregate new
list once new has an event: old new
EXPECTED
