#!/usr/bin/env bash
# An upsert of electrodb 3.9.3 takes an item out of its place in an index, if it does not give what the index sorts by.
#
# The sort key of an index is a text that electrodb makes from attributes of the item, here from `at`. `upsert` changes the attributes
# that it is given, and makes the item if there is none. But it writes the sort key of the index whatever is given: without `at`, the text
# ends where the value would be. The item keeps its `at`, and its entry in the index says that it has none, so a query from a time on
# does not find it any more. `update` with the same values leaves the key as it is.
# The store here is dynalite 4.0.0; the request itself has the shortened key.
#
# Guessed before it was run: the key stays, as with `update`.
# Output seen:
#   made: at 2024-05, index $order_1#at_2024-05; from 2024-01 on: 1
#   after update: at 2024-05, index $order_1#at_2024-05; from 2024-01 on: 1
#   after upsert: at 2024-05, index $order_1#at_; from 2024-01 on: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . electrodb@3.9.3 dynalite@4.0.0 @aws-sdk/client-dynamodb@3.1169.0 \
  @aws-sdk/lib-dynamodb@3.1169.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { once } from 'node:events'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { Entity } from 'electrodb'

const server = dynalite({ createTableMs: 0 }).listen(0, '127.0.0.1')
await once(server, 'listening')
const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${server.address().port}`, region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})
const schema = (hash, range) => [{ AttributeName: hash, KeyType: 'HASH' }, { AttributeName: range, KeyType: 'RANGE' }]
await client.send(new CreateTableCommand({
  TableName: 'shop', BillingMode: 'PAY_PER_REQUEST', KeySchema: schema('pk', 'sk'),
  AttributeDefinitions: ['pk', 'sk', 'pk1', 'sk1'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [{ IndexName: 'times', KeySchema: schema('pk1', 'sk1'), Projection: { ProjectionType: 'ALL' } }],
}))
const Order = new Entity({
  model: { entity: 'order', version: '1', service: 'shop' },
  attributes: { tenant: { type: 'string' }, id: { type: 'string' }, at: { type: 'string' }, cents: { type: 'number' } },
  indexes: {
    order: { pk: { field: 'pk', composite: ['tenant'] }, sk: { field: 'sk', composite: ['id'] } },
    times: { index: 'times', pk: { field: 'pk1', composite: ['tenant'] }, sk: { field: 'sk1', composite: ['at'] } },
  },
}, { table: 'shop', client })
const documents = DynamoDBDocumentClient.from(client)
const tell = async what => {
  const Key = { pk: '$shop#tenant_t', sk: '$order_1#id_1' }
  const { Item } = await documents.send(new GetCommand({ TableName: 'shop', Key }))
  const { data } = await Order.query.times({ tenant: 't' }).gt({ at: '2024-01' }).go()
  console.log(`${what}: at ${Item.at}, index ${Item.sk1}; from 2024-01 on: ${data.length}`)
}
await Order.create({ tenant: 't', id: '1', at: '2024-05', cents: 1 }).go()
await tell('made')
await Order.update({ tenant: 't', id: '1' }).set({ cents: 2 }).go()
await tell('after update')
await Order.upsert({ tenant: 't', id: '1', cents: 3 }).go()
await tell('after upsert')
server.close()
client.destroy()
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
made: at 2024-05, index $order_1#at_2024-05; from 2024-01 on: 1
after update: at 2024-05, index $order_1#at_2024-05; from 2024-01 on: 1
after upsert: at 2024-05, index $order_1#at_; from 2024-01 on: 0
EXPECTED
