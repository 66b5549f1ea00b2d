#!/usr/bin/env bash
# An attribute of type `ANY` in dynamoose 4.2.0 stores a map or a list without what is in it.
#
# `dynamoose.type.ANY` lets an attribute have any type; one takes it for the payload of an event, which has another form for each type of
# event. A number or a text is stored as it is. Of a map or a list only the shell is: dynamoose takes out each part that the schema does
# not name, and the schema names none. Nothing says so, in `create` or in `update`, and an event without its data is stored for good.
# `saveUnknown: ["payload.**"]` in the options of the schema keeps the parts.
#
# Guessed before it was run: each value is stored as it is.
# Output seen:
#   ANY, 5: {"N":"5"}
#   ANY, {"cents":5}: {"M":{}}
#   ANY, ["tea","milk"]: {"L":[]}
#   ANY, {"cents":5}, update: {"M":{}}
#   ANY and saveUnknown, {"cents":5}: {"M":{"cents":{"N":"5"}}}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . dynamoose@4.2.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import dynamoose from 'dynamoose'

const make = (name, options) => {
  const schema = new dynamoose.Schema({ id: String, payload: dynamoose.type.ANY }, options)
  return dynamoose.model(name, schema, { create: false, waitForActive: false })
}
const request = { return: 'request' }
const json = JSON.stringify
const show = async (what, model, payload, update) => {
  const name = `${what}, ${json(payload)}${update ? ', update' : ''}`
  const stored = update
    ? (await model.update({ id: '1' }, { payload }, request)).ExpressionAttributeValues[':v0']
    : (await model.create({ id: '1', payload }, request)).Item.payload
  console.log(`${name}: ${json(stored)}`)
}
const any = make('events')
for (const payload of [5, { cents: 5 }, ['tea', 'milk']]) await show('ANY', any, payload)
await show('ANY', any, { cents: 5 }, true)
await show('ANY and saveUnknown', make('more', { saveUnknown: ['payload.**'] }), { cents: 5 })
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
ANY, 5: {"N":"5"}
ANY, {"cents":5}: {"M":{}}
ANY, ["tea","milk"]: {"L":[]}
ANY, {"cents":5}, update: {"M":{}}
ANY and saveUnknown, {"cents":5}: {"M":{"cents":{"N":"5"}}}
EXPECTED
