#!/usr/bin/env bash
# A client of @hey-api/openapi-ts 0.99.0, with its plugin `transformers`, sends an `int64` as text, and keeps a 0 as a `number`.
#
# The plugin is for dates and 64-bit integers. In the types of the client, each property with `"format": "int64"` is a `bigint`.
# In the body of a request, a `bigint` becomes a JSON string, "5" in place of 5. The document says `integer`, so a string is not
# valid (OpenAPI 3.1.0, 4.4; JSON Schema Validation 2020-12, 6.1.1). A program cannot even send an answer back unchanged. In an
# answer, the 0 of an optional property stays a `number`, and so does each integer of a tuple: `left + 1n`, which compiles, then
# throws a TypeError.
# The package asks for Node 22.18 or later; the output is the same with Node 20.
#
# Guessed before it was run: each `int64` is read as a `bigint` and sent as a number.
# Output seen:
#   type: { count: bigint; left?: bigint; pair?: [ bigint, bigint ]; }
#   answer: {"count":5,"left":5,"pair":[5,5]}, read as bigint, bigint, number number
#   sent back: {"count":"5","left":"5","pair":[5,5]}
#   checked: /count must be integer, /left must be integer
#   answer: {"count":0,"left":0,"pair":[0,0]}, read as bigint, number, number number
#   sent back: {"count":"0","left":0,"pair":[0,0]}
#   checked: /count must be integer
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "type": "module" }' > package.json
npm install --silent --no-fund --no-audit --prefix . @hey-api/openapi-ts@0.99.0 typescript@5.9.3 tsx@4.23.15 ajv@8.20.0 >npm.log
cat > openapi.json <<'JSON'
{
  "openapi": "3.1.0", "info": { "title": "Counts", "version": "1" }, "servers": [{ "url": "http://localhost" }],
  "components": { "schemas": { "Counts": {
    "type": "object", "required": ["count"],
    "properties": {
      "count": { "type": "integer", "format": "int64" },
      "left": { "type": "integer", "format": "int64" },
      "pair": {
        "type": "array", "items": false, "minItems": 2,
        "prefixItems": [{ "type": "integer", "format": "int64" }, { "type": "integer", "format": "int64" }]
      }
    }
  } } },
  "paths": { "/counts": {
    "get": { "operationId": "getCounts", "responses": { "200": {
      "description": "The counts.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Counts" } } }
    } } },
    "put": {
      "operationId": "putCounts", "responses": { "204": { "description": "Stored." } },
      "requestBody": {
        "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Counts" } } }
      }
    }
  } }
}
JSON
cat > openapi-ts.config.mjs <<'SCRIPT'
const sdk = { name: '@hey-api/sdk', transformer: true }
const plugins = ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/transformers', sdk]
export default { input: 'openapi.json', output: 'client', plugins }
SCRIPT
npx openapi-ts --file openapi-ts.config.mjs >openapi-ts.log
cat > probe.ts <<'SCRIPT'
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import { getCounts, putCounts } from './client/index'

const [, type] = readFileSync('client/types.gen.ts', 'utf8').match(/type Counts = ([^;]*;[^;]*;[^;]*;\s*\})/)!
console.log('type:', type.replace(/\s+/g, ' '))

const { components } = JSON.parse(readFileSync('openapi.json', 'utf8'))
const check = new Ajv.default({ strict: false, allErrors: true, validateFormats: false }).compile(components.schemas.Counts)
let answer = ''
let sent = ''
globalThis.fetch = async request => {
  if ((request as Request).method === 'GET') return new Response(answer, { headers: { 'content-type': 'application/json' } })
  sent = await (request as Request).text()
  return new Response(null, { status: 204 })
}
for (const value of [5, 0]) {
  answer = JSON.stringify({ count: value, left: value, pair: [value, value] })
  const { data } = await getCounts({ throwOnError: true })
  const { count, left, pair } = data
  console.log(`answer: ${answer}, read as ${typeof count}, ${typeof left}, ${pair!.map(item => typeof item).join(' ')}`)
  await putCounts({ body: data, throwOnError: true })
  console.log('sent back:', sent)
  check(JSON.parse(sent))
  console.log('checked:', check.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`).join(', '))
}
SCRIPT
npx tsx probe.ts | tee seen
diff - seen <<'EXPECTED'
type: { count: bigint; left?: bigint; pair?: [ bigint, bigint ]; }
answer: {"count":5,"left":5,"pair":[5,5]}, read as bigint, bigint, number number
sent back: {"count":"5","left":"5","pair":[5,5]}
checked: /count must be integer, /left must be integer
answer: {"count":0,"left":0,"pair":[0,0]}, read as bigint, number, number number
sent back: {"count":"0","left":0,"pair":[0,0]}
checked: /count must be integer
EXPECTED
