#!/usr/bin/env bash
# Two ways to a zod schema from a JSON Schema give one that refuses valid values.
#
# `z.fromJSONSchema` of zod 4.6.7 says so where it cannot read a keyword, such as `if`. Of some that it takes it makes what refuses each
# value. A case of `oneOf` that is a list of required names alone becomes a schema for anything, so an object that has one of two fields
# matches both cases, and is refused. A constant that is an object is compared by identity, which no parsed value has; one that is a list
# stands for its elements. A pattern is compiled without the flag `u`, although JSON Schema asks for Unicode there (Core 2020-12, 6.4), and
# `\p{L}` then means the letters p{L}. json-schema-to-zod 2.8.1 does all of these too. It also puts the first items of a tuple to the
# schema of the others, and other names to the schema of a `patternProperties`.
# ajv 8.20.0 answers as the specification says.
#
# Guessed before it was run: a schema that takes all of these, or an error about a keyword.
# Output seen:
#   one of two fields: {"email":"a"} ajv true, zod false, json-schema-to-zod false
#   one of two cases with a type: {"email":"a"} ajv true, zod true, json-schema-to-zod true
#   constant object: {"unit":"kg"} ajv true, zod false, json-schema-to-zod false
#   constant list: [1,2] ajv true, zod false, json-schema-to-zod false
#   letters: "tea" ajv true, zod false, json-schema-to-zod false
#   tuple and further items: ["tea",1,2] ajv true, zod true, json-schema-to-zod false
#   names by pattern: {"x-size":1,"name":"tea"} ajv true, zod true, json-schema-to-zod false
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . zod@4.6.7 json-schema-to-zod@2.8.1 ajv@8.20.0 typescript@5.9.3 >npm.log
cat > probe.mjs <<'SCRIPT'
import Ajv from 'ajv/dist/2020.js'
import { jsonSchemaToZod } from 'json-schema-to-zod'
import typescript from 'typescript'
import { z } from 'zod'

const text = { type: 'string' }
const properties = { email: text, phone: text }
const object = name => ({ type: 'object', required: [name], properties: { [name]: text } })
const cases = [
  ['one of two fields', { type: 'object', properties, oneOf: [{ required: ['email'] }, { required: ['phone'] }] }, { email: 'a' }],
  ['one of two cases with a type', { oneOf: [object('email'), object('phone')] }, { email: 'a' }],
  ['constant object', { const: { unit: 'kg' } }, { unit: 'kg' }],
  ['constant list', { const: [1, 2] }, [1, 2]],
  ['letters', { type: 'string', pattern: '^\\p{L}+$' }, 'tea'],
  ['tuple and further items', { type: 'array', prefixItems: [text], items: { type: 'integer' } }, ['tea', 1, 2]],
  ['names by pattern', { type: 'object', patternProperties: { '^x-': { type: 'integer' } } }, { 'x-size': 1, name: 'tea' }],
]
for (const [name, schema, value] of cases) {
  const ajv = new Ajv.default({ strict: false }).validate(schema, value)
  const zod = z.fromJSONSchema({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }).safeParse(value).success
  const made = new Function('z', typescript.transpile(`return ${jsonSchemaToZod(schema)}`))(z).safeParse(value).success
  console.log(`${name}: ${JSON.stringify(value)} ajv ${ajv}, zod ${zod}, json-schema-to-zod ${made}`)
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
one of two fields: {"email":"a"} ajv true, zod false, json-schema-to-zod false
one of two cases with a type: {"email":"a"} ajv true, zod true, json-schema-to-zod true
constant object: {"unit":"kg"} ajv true, zod false, json-schema-to-zod false
constant list: [1,2] ajv true, zod false, json-schema-to-zod false
letters: "tea" ajv true, zod false, json-schema-to-zod false
tuple and further items: ["tea",1,2] ajv true, zod true, json-schema-to-zod false
names by pattern: {"x-size":1,"name":"tea"} ajv true, zod true, json-schema-to-zod false
EXPECTED
