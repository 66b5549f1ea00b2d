#!/usr/bin/env bash
# dynamodb-onetable 2.7.7 does not keep `unique` attributes unique in an update with `set` or `remove`.
#
# Its documentation says that `unique` enforces uniqueness for the attribute. For this, it writes one more item per value, in a
# transaction. `update({id, seat})` is refused where the value is taken. `update({id}, {set: {seat}})`, which the README shows
# as another form of update, writes the value and leaves these items alone. Then two guests have one seat, and the seat
# that nobody has any more stays taken. With `remove: ['seat']` it stays taken, too, while `seat: null` frees it. When the
# second guest is deleted, that frees the seat of the first, so a plain create makes a duplicate as well.
#
# Guessed before it was run: all forms of an update are refused alike, and a value is free when no item has it.
# Output seen:
#   bob takes the seat of ann, as a property: refused
#   bob takes the seat of ann, with set: done
#   guests with the seat of ann: ann bob
#   carl takes the old seat of bob: refused
#   dora takes her seat away with null, eve takes it: done
#   eve takes her seat away with remove, fred takes it: refused
#   bob is deleted, gina takes the seat of ann: done
#   guests with the seat of ann: ann gina
set -euo pipefail
folder=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} = 0 ] || kill "${servers[@]}"; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . dynamodb-onetable@2.7.7 @aws-sdk/client-dynamodb@3.1169.0 >npm.log
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' flask==3.1.3 flask-cors==6.0.5
cat > serve.py <<'PYTHON'
import logging
import threading

from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
threading.Event().wait()
PYTHON
cat > probe.mjs <<'SCRIPT'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Table } from 'dynamodb-onetable'

const client = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${process.argv[2]}`,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})
await client.send(new CreateTableCommand({
  TableName: 'guests',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
}))
const table = new Table({
  client,
  name: 'guests',
  partial: false,
  schema: {
    format: 'onetable:1.1.0',
    version: '0.0.1',
    indexes: { primary: { hash: 'pk', sort: 'sk' } },
    models: {
      Guest: {
        pk: { type: String, value: 'guest#${id}' },
        sk: { type: String, value: 'guest#' },
        id: { type: String, required: true },
        seat: { type: String, unique: true },
      },
    },
  },
})
const Guest = table.getModel('Guest')
const of = name => `seat of ${name}`
const tell = async (name, call) =>
  console.log(`${name}:`, await call.then(() => 'done', error => (error.code === 'UniqueError' ? 'refused' : error)))
const holders = async () => {
  const guests = (await Guest.scan()).filter(({ seat }) => seat === of('ann'))
  console.log('guests with the seat of ann:', guests.map(({ id }) => id).sort().join(' '))
}

for (const id of ['ann', 'bob', 'dora']) await Guest.create({ id, seat: of(id) })
await tell('bob takes the seat of ann, as a property', Guest.update({ id: 'bob', seat: of('ann') }))
await tell('bob takes the seat of ann, with set', Guest.update({ id: 'bob' }, { set: { seat: of('ann') } }))
await holders()
await tell('carl takes the old seat of bob', Guest.create({ id: 'carl', seat: of('bob') }))
await Guest.update({ id: 'dora', seat: null })
await tell('dora takes her seat away with null, eve takes it', Guest.create({ id: 'eve', seat: of('dora') }))
await Guest.update({ id: 'eve' }, { remove: ['seat'] })
await tell('eve takes her seat away with remove, fred takes it', Guest.create({ id: 'fred', seat: of('dora') }))
await Guest.remove({ id: 'bob' })
await tell('bob is deleted, gina takes the seat of ann', Guest.create({ id: 'gina', seat: of('ann') }))
await holders()
SCRIPT
venv/bin/python serve.py >port &
servers+=($!)
until [ -s port ]; do sleep 0.2; done
NODE_NO_WARNINGS=1 node probe.mjs "$(cat port)" | tee seen
diff - seen <<'EXPECTED'
bob takes the seat of ann, as a property: refused
bob takes the seat of ann, with set: done
guests with the seat of ann: ann bob
carl takes the old seat of bob: refused
dora takes her seat away with null, eve takes it: done
eve takes her seat away with remove, fred takes it: refused
bob is deleted, gina takes the seat of ann: done
guests with the seat of ann: ann gina
EXPECTED
