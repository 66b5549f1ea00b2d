#!/usr/bin/env bash
# The plugin `zod` of @hey-api/openapi-ts 0.99.0 makes schemas that refuse valid values, and others that cut fields off.
#
# An answer or an event is parsed with the zod schema, and what comes out is what the program goes on with. Where a document gives a
# schema for further properties, or for those of a pattern, zod drops them all, although the type that is made beside it has them. Some
# valid values are refused: the `null` of an `enum` without a `type`, a tuple with other than exactly one further item, and a `date-time`
# with an offset from UTC (RFC 3339, 5.6). The last one has an option of the plugin. Nothing warns.
# The package asks for Node 22.18 or later; the output is the same with Node 20.
#
# Guessed before it was run: all values come out as they went in.
# Output seen:
#   Prices, typed further properties: {"id":"1","tea":5} becomes {"id":"1"}
#   Headers, properties by pattern: {"id":"1","x-size":5} becomes {"id":"1"}
#   State, enum with null: "open" becomes "open"
#   State, enum with null: null is refused
#   Row, text and then integers: ["tea",1] becomes ["tea",1]
#   Row, text and then integers: ["tea"] is refused
#   Row, text and then integers: ["tea",1,2] is refused
#   Moment, date-time: "2024-01-01T00:00:00Z" becomes "2024-01-01T00:00:00Z"
#   Moment, date-time: "2024-01-01T00:00:00+01:00" is refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module" }' > package.json
npm install --silent --no-fund --no-audit --prefix . @hey-api/openapi-ts@0.99.0 typescript@5.9.3 tsx@4.23.15 zod@4.6.7 ajv@8.20.0 >npm.log
cat > openapi.json <<'JSON'
{
  "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "paths": {},
  "components": { "schemas": {
    "Prices": {
      "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } }, "additionalProperties": { "type": "integer" }
    },
    "Headers": {
      "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } },
      "patternProperties": { "^x-": { "type": "integer" } }, "additionalProperties": false
    },
    "State": { "enum": ["open", null] },
    "Row": { "type": "array", "prefixItems": [{ "type": "string" }], "items": { "type": "integer" } },
    "Moment": { "type": "string", "format": "date-time" }
  } }
}
JSON
cat > openapi-ts.config.mjs <<'SCRIPT'
export default { input: 'openapi.json', output: 'client', plugins: ['@hey-api/typescript', { name: 'zod', definitions: true }] }
SCRIPT
npx openapi-ts --file openapi-ts.config.mjs >openapi-ts.log
cat > probe.ts <<'SCRIPT'
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import * as made from './client/zod.gen'

const { components } = JSON.parse(readFileSync('openapi.json', 'utf8'))
const ajv = new Ajv.default({ strict: false, validateFormats: false })
const cases: [string, string, unknown][] = [
  ['Prices', 'typed further properties', { id: '1', tea: 5 }],
  ['Headers', 'properties by pattern', { id: '1', 'x-size': 5 }],
  ['State', 'enum with null', 'open'],
  ['State', 'enum with null', null],
  ['Row', 'text and then integers', ['tea', 1]],
  ['Row', 'text and then integers', ['tea']],
  ['Row', 'text and then integers', ['tea', 1, 2]],
  ['Moment', 'date-time', '2024-01-01T00:00:00Z'],
  ['Moment', 'date-time', '2024-01-01T00:00:00+01:00'],
]
for (const [name, what, value] of cases) {
  if (!ajv.validate(components.schemas[name], value)) throw new Error(`${name} is not valid`)
  const { success, data } = (made as any)[`z${name}`].safeParse(value)
  console.log(`${name}, ${what}: ${JSON.stringify(value)} ${success ? `becomes ${JSON.stringify(data)}` : 'is refused'}`)
}
SCRIPT
npx tsx probe.ts | tee seen
diff - seen <<'EXPECTED'
Prices, typed further properties: {"id":"1","tea":5} becomes {"id":"1"}
Headers, properties by pattern: {"id":"1","x-size":5} becomes {"id":"1"}
State, enum with null: "open" becomes "open"
State, enum with null: null is refused
Row, text and then integers: ["tea",1] becomes ["tea",1]
Row, text and then integers: ["tea"] is refused
Row, text and then integers: ["tea",1,2] is refused
Moment, date-time: "2024-01-01T00:00:00Z" becomes "2024-01-01T00:00:00Z"
Moment, date-time: "2024-01-01T00:00:00+01:00" is refused
EXPECTED
