#!/usr/bin/env bash
# quicktype 26.0.0 makes a type without the fields of a base, as soon as the schema has `"unevaluatedProperties": false`.
#
# `unevaluatedProperties: false` refuses only what nothing in the schema has looked at, what `allOf`, `$ref` and `oneOf` beside it look at
# included (JSON Schema Core 2020-12, 11.3). That is what it is for: a closed type on top of a base. quicktype reads it as
# `additionalProperties: false`, which sees the `properties` beside it alone, and takes the rest out of the type, required fields
# included. Where each part has its fields inside `allOf`, they stay. Nothing warns, and the generated reader drops what a valid event
# has there.
#
# Guessed before it was run: the same fields with and without the keyword.
# Output seen:
#   base in allOf: id cents; closed: cents
#   base by $ref: id cents; closed: cents
#   oneOf beside properties: id card account; closed: id
#   all in allOf: id cents; closed: id cents
#   read and written in Python: {"id": "1", "cents": 5} becomes {"cents": 5}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . quicktype-core@26.0.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core'

const object = (name, type) => ({ type: 'object', required: [name], properties: { [name]: { type } } })
const $defs = { Base: object('id', 'string') }
const base = { $ref: '#/$defs/Base' }
const schemas = {
  'base in allOf': { ...object('cents', 'integer'), allOf: [base], $defs },
  'base by $ref': { ...object('cents', 'integer'), ...base, $defs },
  'oneOf beside properties': { ...object('id', 'string'), oneOf: [object('card', 'string'), object('account', 'string')] },
  'all in allOf': { allOf: [base, object('cents', 'integer')], $defs },
}
const generate = async (schema, lang, rendererOptions) => {
  const input = new JSONSchemaInput(new FetchingJSONSchemaStore())
  await input.addSource({ name: 'Event', schema: JSON.stringify(schema) })
  const inputData = new InputData()
  inputData.addInput(input)
  return (await quicktype({ inputData, lang, rendererOptions })).lines.join('\n')
}
const fields = async schema => {
  const types = await generate(schema, 'typescript', { 'just-types': 'true' })
  return ['id', 'cents', 'card', 'account'].filter(name => new RegExp(`\\b${name}\\b`).test(types)).join(' ')
}
for (const [name, schema] of Object.entries(schemas)) {
  const open = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }
  console.log(`${name}: ${await fields(open)}; closed: ${await fields({ ...open, unevaluatedProperties: false })}`)
}
writeFileSync('event.py', await generate({ ...schemas['base in allOf'], unevaluatedProperties: false }, 'python', {}))
SCRIPT
node probe.mjs | tee seen
"${PYTHON:-python3}" - <<'PYTHON' | tee -a seen
import json
import event

value = {"id": "1", "cents": 5}
written = event.event_to_dict(event.event_from_dict(value))
print(f"read and written in Python: {json.dumps(value)} becomes {json.dumps(written)}")
PYTHON
diff - seen <<'EXPECTED'
base in allOf: id cents; closed: cents
base by $ref: id cents; closed: cents
oneOf beside properties: id card account; closed: id
all in allOf: id cents; closed: id cents
read and written in Python: {"id": "1", "cents": 5} becomes {"cents": 5}
EXPECTED
