#!/usr/bin/env bash
# Two makers of TypeScript types lose fields where a `$ref` has other keywords beside it, each the other half.
#
# Since draft 2019-09 a `$ref` is a keyword like any other, and those beside it count too (JSON Schema Core 2020-12, 8.2.3.1); so it is in
# OpenAPI 3.1 and AsyncAPI 3 with that dialect. For a base by `$ref` and more fields beside it, json-schema-to-typescript 16.0.0 puts each
# keyword that is there in the place of the base's own: `properties` and `required` of the base are gone. openapi-typescript 7.13.0 gives
# the base alone, and what is beside it is gone. Neither says so. Both put the fields together if the `$ref` stands in an `allOf`.
# quicktype-core 26.0.0 gives all fields in both forms.
#
# Guessed before it was run: all fields, or a warning.
# Output seen:
#   beside: json-schema-to-typescript cents; openapi-typescript id; quicktype id cents
#   in allOf: json-schema-to-typescript id cents; openapi-typescript id cents; quicktype id cents
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . json-schema-to-typescript@16.0.0 openapi-typescript@7.13.0 \
  quicktype-core@26.0.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { compile } from 'json-schema-to-typescript'
import openapi, { astToString } from 'openapi-typescript'
import { FetchingJSONSchemaStore, InputData, JSONSchemaInput, quicktype } from 'quicktype-core'

const object = (name, type) => ({ type: 'object', required: [name], properties: { [name]: { type } } })
const schemas = event => ({ Base: object('id', 'string'), Event: event })
const $ref = '#/components/schemas/Base'
const events = { beside: { $ref, ...object('cents', 'integer') }, 'in allOf': { allOf: [{ $ref }], ...object('cents', 'integer') } }
const names = code => ['id', 'cents'].filter(name => new RegExp(`\\b${name}\\b`).test(code)).join(' ')
// What `Event` says itself, with the base put in where it is named.
const told = (code, base) => code.replace(base, '"id"')

for (const [name, event] of Object.entries(events)) {
  const root = { $schema: 'https://json-schema.org/draft/2020-12/schema', components: { schemas: schemas(event) } }
  const one = await compile({ ...root, ...event }, 'Event', { bannerComment: '', declareExternallyReferenced: true })
  const document = { openapi: '3.1.0', info: { title: 'Events', version: '1' }, paths: {}, components: { schemas: schemas(event) } }
  const other = astToString(await openapi(document)).match(/\n {8}Event: ([^]*?)\n {4}\}/)[1]
  const input = new JSONSchemaInput(new FetchingJSONSchemaStore())
  await input.addSource({ name: 'Event', schema: JSON.stringify({ ...root, ...event }) })
  const inputData = new InputData()
  inputData.addInput(input)
  const third = (await quicktype({ inputData, lang: 'typescript', rendererOptions: { 'just-types': 'true' } })).lines.join('\n')
  console.log([
    `${name}: json-schema-to-typescript ${names(one)}`,
    `openapi-typescript ${names(told(other, 'components["schemas"]["Base"]'))}`,
    `quicktype ${names(third)}`,
  ].join('; '))
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
beside: json-schema-to-typescript cents; openapi-typescript id; quicktype id cents
in allOf: json-schema-to-typescript id cents; openapi-typescript id cents; quicktype id cents
EXPECTED
