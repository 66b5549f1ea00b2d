#!/usr/bin/env bash
# @asyncapi/modelina 5.10.1 makes one type of two schemas that have the same title, with the fields of the second alone.
#
# `title` is an annotation, and two schemas may have the same (JSON Schema Validation 2020-12, 9.1): an order's line and an invoice's line
# can both be a "Line". Modelina names a type after the title, even if the schema has a name in `components`, and keeps the last one of
# that title for all. No message says so. The field of the first schema gets a type that does not fit its values, in other messages too.
# Two inline schemas without a title get a type each. json-schema-to-typescript 16.0.0 numbers the second name.
#
# Guessed before it was run: two types, one of them with another name.
# Output seen:
#   same title, one message: OrderPlaced.line Line, OrderPlaced.gift Line; Line has weight
#   same title, two messages: OrderPlaced.line Line, InvoiceSent.line Line; Line has weight
#   same title, by $ref: OrderPlaced.line Line, OrderPlaced.gift Line; Line has weight
#   no title, one message: OrderPlaced.line AnonymousSchema_1, OrderPlaced.gift AnonymousSchema_3
#   json-schema-to-typescript: interface OrderPlaced, interface Line, interface Line1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @asyncapi/modelina@5.10.1 json-schema-to-typescript@16.0.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { TypeScriptGenerator } from '@asyncapi/modelina'
import { compile } from 'json-schema-to-typescript'

const object = (properties, more) => ({ type: 'object', additionalProperties: false, properties, ...more })
const line = title => object({ sku: { type: 'string' } }, title)
const weight = title => object({ weight: { type: 'integer' } }, title)
const ref = name => ({ $ref: `#/components/schemas/${name}` })
const Line = { title: 'Line' }
const cases = {
  'same title, one message': { OrderPlaced: { line: line(Line), gift: weight(Line) } },
  'same title, two messages': { OrderPlaced: { line: line(Line) }, InvoiceSent: { line: weight(Line) } },
  'same title, by $ref': { OrderPlaced: { line: ref('OrderLine'), gift: ref('GiftLine') } },
  'no title, one message': { OrderPlaced: { line: line(), gift: weight() } },
}
for (const [name, payloads] of Object.entries(cases)) {
  const messages = Object.fromEntries(Object.entries(payloads).map(([message, properties]) => [
    message, { payload: object(properties, { $id: message }) },
  ]))
  const schemas = { OrderLine: line(Line), GiftLine: weight(Line) }
  const models = await new TypeScriptGenerator({ modelType: 'interface' }).generate({
    asyncapi: '3.0.0',
    components: { schemas },
    info: { title: 'Orders', version: '1' },
    channels: { orders: { address: 'orders', messages } },
    operations: { send: { action: 'send', channel: { $ref: '#/channels/orders' } } },
  })
  const types = Object.fromEntries(models.map(({ modelName, result }) => [modelName, result]))
  const fields = Object.entries(payloads).flatMap(([message, properties]) => Object.keys(properties).map(field => [message, field]))
  const told = fields.map(([message, field]) => `${message}.${field} ${types[message].match(new RegExp(`${field}\\?: (\\w+)`))[1]}`)
  const has = types.Line ? `; Line has ${types.Line.match(/sku|weight/g).join(' ')}` : ''
  console.log(`${name}: ${told.join(', ')}${has}`)
}
const other = await compile(object(cases['same title, one message'].OrderPlaced), 'OrderPlaced', { bannerComment: '' })
console.log('json-schema-to-typescript:', other.match(/interface \w+/g).join(', '))
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
same title, one message: OrderPlaced.line Line, OrderPlaced.gift Line; Line has weight
same title, two messages: OrderPlaced.line Line, InvoiceSent.line Line; Line has weight
same title, by $ref: OrderPlaced.line Line, OrderPlaced.gift Line; Line has weight
no title, one message: OrderPlaced.line AnonymousSchema_1, OrderPlaced.gift AnonymousSchema_3
json-schema-to-typescript: interface OrderPlaced, interface Line, interface Line1
EXPECTED
