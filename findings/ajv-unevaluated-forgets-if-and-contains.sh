#!/usr/bin/env bash
# ajv 8.20.0, in its mode for JSON Schema 2020-12, does not see what `if` and `contains` have evaluated.
#
# `unevaluatedProperties` and `unevaluatedItems` are about what no keyword beside them has looked at. A successful `if` counts, with or
# without a `then` (JSON Schema Core 2020-12, 10.2.2.1), and so does each item that `contains` finds (10.3.1.3). ajv forgets the
# properties of an `if` that has no `then`, or `then: true`, and refuses what is valid. It does the same to the items that a `contains`
# with `minContains: 0` finds.
# @hyperjump/json-schema 1.18.0 answers as the specification says.
#
# Guessed before it was run: both agree; these keywords are what the mode is for.
# Output seen:
#   if alone: {"kind":"a"} ajv false, hyperjump true
#   if and then true: {"kind":"a"} ajv false, hyperjump true
#   if and a then with properties: {"kind":"a"} ajv true, hyperjump true
#   contains: [1,"a"] ajv true, hyperjump true
#   contains, at least 0: ["a"] ajv false, hyperjump true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . ajv@8.20.0 @hyperjump/json-schema@1.18.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import Ajv from 'ajv/dist/2020.js'
import { registerSchema, validate } from '@hyperjump/json-schema/draft-2020-12'

const isA = { properties: { kind: { const: 'a' } }, required: ['kind'] }
const closed = { unevaluatedProperties: false }
const text = { prefixItems: [true], contains: { type: 'string' }, unevaluatedItems: false }
const cases = [
  ['if alone', { if: isA, ...closed }, { kind: 'a' }],
  ['if and then true', { if: isA, then: true, ...closed }, { kind: 'a' }],
  ['if and a then with properties', { if: isA, then: { properties: { size: true } }, ...closed }, { kind: 'a' }],
  ['contains', text, [1, 'a']],
  ['contains, at least 0', { contains: { type: 'string' }, minContains: 0, unevaluatedItems: false }, ['a']],
]
for (const [number, [name, keywords, value]] of cases.entries()) {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...keywords }
  const ajv = new Ajv.default({ strict: false }).validate(schema, value)
  const place = `https://example.com/${number}`
  registerSchema(schema, place)
  const { valid } = await validate(place, value)
  console.log(`${name}: ${JSON.stringify(value)} ajv ${ajv}, hyperjump ${valid}`)
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
if alone: {"kind":"a"} ajv false, hyperjump true
if and then true: {"kind":"a"} ajv false, hyperjump true
if and a then with properties: {"kind":"a"} ajv true, hyperjump true
contains: [1,"a"] ajv true, hyperjump true
contains, at least 0: ["a"] ajv false, hyperjump true
EXPECTED
