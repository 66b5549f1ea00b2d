#!/usr/bin/env bash
# @asyncapi/modelina 5.10.1 makes a type without the fields of a `oneOf` that stands inside an `allOf`.
#
# A common form of a message is an `allOf` of the common fields and of a union that has the other fields. A value must be valid
# against each part of `allOf`, so against the union too (JSON Schema Validation draft-07, 6.7.1; Core 2020-12, 10.2.1.1).
# Modelina merges the parts, but it leaves out a `oneOf` or `anyOf` in a part, whether it is written there or behind a `$ref`.
# No message says so, and the fields of the union are missing in the type, required ones included. Modelina keeps the same union
# if it is beside `properties`.
# json-schema-to-typescript 16.0.0 gives all fields for each of these forms.
#
# Guessed before it was run: a union of two types with the common fields, as without `allOf`.
# Output seen:
#   oneOf beside properties: modelina id card holder account bank; json-schema-to-typescript id card holder account bank
#   oneOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
#   anyOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
#   $ref to a oneOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @asyncapi/modelina@5.10.1 json-schema-to-typescript@16.0.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { TypeScriptGenerator } from '@asyncapi/modelina'
import { compile } from 'json-schema-to-typescript'

const object = (required, more = {}) => {
  const properties = Object.fromEntries(required.map(name => [name, { type: 'string' }]))
  return { type: 'object', required, properties: { ...properties, ...more } }
}
const cases = [object(['card', 'holder']), object(['account', 'bank'])]
const payments = {
  'oneOf beside properties': { ...object(['id']), oneOf: cases },
  'oneOf inside allOf': { allOf: [object(['id']), { oneOf: cases }] },
  'anyOf inside allOf': { allOf: [object(['id']), { anyOf: cases }] },
  '$ref to a oneOf inside allOf': { allOf: [object(['id']), { $ref: '#/components/schemas/Way' }] },
}
const names = ['id', 'card', 'holder', 'account', 'bank']
const found = text => names.filter(name => new RegExp(`\\b${name}\\b`).test(text)).join(' ')
for (const [name, payment] of Object.entries(payments)) {
  const schemas = { Payment: payment, Way: { oneOf: cases } }
  const document = {
    asyncapi: '3.0.0',
    info: { title: 'Payments', version: '1' },
    channels: { paid: { address: 'paid', messages: { Payment: { payload: { $ref: '#/components/schemas/Payment' } } } } },
    operations: { send: { action: 'send', channel: { $ref: '#/channels/paid' } } },
    components: { schemas },
  }
  const models = await new TypeScriptGenerator({ modelType: 'interface' }).generate(document)
  const modelina = models.map(({ result }) => result).join('\n')
  const other = await compile({ ...payment, components: { schemas } }, 'Payment', { bannerComment: '' })
  console.log(`${name}: modelina ${found(modelina)}; json-schema-to-typescript ${found(other)}`)
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
oneOf beside properties: modelina id card holder account bank; json-schema-to-typescript id card holder account bank
oneOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
anyOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
$ref to a oneOf inside allOf: modelina id; json-schema-to-typescript id card holder account bank
EXPECTED
