#!/usr/bin/env bash
# json-schema-to-typescript 16.0.0 types a tuple of JSON Schema 2020-12 as a list that can hold nothing.
#
# Until draft 2019-09 a tuple was a list of schemas in `items`; in 2020-12 it is `prefixItems`, and `items` is for what comes after (JSON
# Schema Core 2020-12, 10.3.1). json-schema-to-typescript does not know `prefixItems` and takes `items` for all elements: a closed tuple
# is `never[]`, which no tuple but the empty one fits, and one of a text and then numbers is `number[]`. It does not look at `$schema`, and
# says nothing. The older form gives a tuple.
# openapi-typescript 7.13.0 knows `prefixItems`, but leaves out what comes after, so its tuple is too short.
#
# Guessed before it was run: a tuple from both forms, or a list of anything where the keyword is not known.
# Output seen:
#   closed, draft-07: json-schema-to-typescript [string, number]
#   closed, 2020-12: json-schema-to-typescript never[], ["tea",2] does not compile
#   closed, 2020-12: openapi-typescript [string, number], ["tea",2] compiles
#   and then numbers, draft-07: json-schema-to-typescript [] | [string, ...number[]]
#   and then numbers, 2020-12: json-schema-to-typescript number[], ["tea",2] does not compile
#   and then numbers, 2020-12: openapi-typescript [string], ["tea",2] does not compile
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . json-schema-to-typescript@16.0.0 openapi-typescript@7.13.0 typescript@5.9.3 >npm.log
cat > probe.mjs <<'SCRIPT'
import { compile } from 'json-schema-to-typescript'
import openapi, { astToString } from 'openapi-typescript'
import typescript from 'typescript'

const [text, number] = [{ type: 'string' }, { type: 'integer' }]
const forms = {
  closed: [
    { items: [text, number], additionalItems: false, minItems: 2 }, { prefixItems: [text, number], items: false, minItems: 2 },
  ],
  'and then numbers': [{ items: [text], additionalItems: number }, { prefixItems: [text], items: number }],
}
const line = code => code.replace(/\/\*[^]*?\*\//g, '').replace(/\s+/g, ' ').replace(/([[(]) /g, '$1').replace(/ ([\])])/g, '$1')
const viaJsonSchema = async schema => {
  const root = { type: 'object', required: ['pair'], additionalProperties: false, properties: { pair: { type: 'array', ...schema } } }
  const code = await compile(root, 'Root', { bannerComment: '' })
  return line(code).match(/pair: (.*?);? }/)[1]
}
const viaOpenapi = async schema => {
  const schemas = { Pair: { type: 'array', ...schema } }
  const code = astToString(await openapi({ openapi: '3.1.0', info: { title: 'Pairs', version: '1' }, paths: {}, components: { schemas } }))
  return line(code).match(/Pair: (.*?);/)[1]
}
const compiles = type => {
  const source = `const pair: ${type} = ["tea", 2]`
  const host = typescript.createCompilerHost({})
  const read = host.getSourceFile
  host.getSourceFile = (name, ...more) => name === 'pair.ts' ? typescript.createSourceFile(name, source, 99) : read(name, ...more)
  const program = typescript.createProgram(['pair.ts'], { strict: true, noEmit: true, types: [] }, host)
  return `["tea",2] ${typescript.getPreEmitDiagnostics(program).length ? 'does not compile' : 'compiles'}`
}
for (const [name, [older, newer]] of Object.entries(forms)) {
  console.log(`${name}, draft-07: json-schema-to-typescript ${await viaJsonSchema(older)}`)
  for (const [tool, type] of [['json-schema-to-typescript', await viaJsonSchema(newer)], ['openapi-typescript', await viaOpenapi(newer)]]) {
    console.log(`${name}, 2020-12: ${tool} ${type}, ${compiles(type)}`)
  }
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
closed, draft-07: json-schema-to-typescript [string, number]
closed, 2020-12: json-schema-to-typescript never[], ["tea",2] does not compile
closed, 2020-12: openapi-typescript [string, number], ["tea",2] compiles
and then numbers, draft-07: json-schema-to-typescript [] | [string, ...number[]]
and then numbers, 2020-12: json-schema-to-typescript number[], ["tea",2] does not compile
and then numbers, 2020-12: openapi-typescript [string], ["tea",2] does not compile
EXPECTED
