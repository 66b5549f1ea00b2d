#!/usr/bin/env bash
# @asyncapi/modelina 5.10.1 makes the text "null" of a `null` in an `enum`, and the text "true" of a `true`.
#
# An `enum` may have values of any type, and with `"type": ["string", "null"]` it needs the `null` (JSON Schema Validation 2020-12, 6.1.2).
# In the TypeScript of Modelina the value of that name is the text "null", which the schema refuses, and an event with `null` fits no value
# of the type. In its Python, the class that reads an event fails for `null`, and for `true` in an `enum` of booleans. Numbers stay
# numbers. A schema without an `enum` that admits `null` is right. json-schema-to-typescript 16.0.0 keeps all values as they are.
#
# Guessed before it was run: `null` and `true` stay what they are.
# Output seen:
#   TypeScript: A = "a", RESERVED_NULL = 'null'; RESERVED_TRUE = "true"; NUMBER_1 = 1
#   json-schema-to-typescript: state: "a" | null; paid?: true; version: 1
#   Python, {"state": "a", "version": 1}: read
#   Python, {"state": null, "version": 1}: None is not a valid State
#   Python, {"state": "a", "paid": true, "version": 1}: True is not a valid Paid
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @asyncapi/modelina@5.10.1 json-schema-to-typescript@16.0.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { writeFileSync } from 'node:fs'
import { PythonGenerator, TypeScriptGenerator } from '@asyncapi/modelina'
import { compile } from 'json-schema-to-typescript'

const properties = {
  state: { $id: 'State', type: ['string', 'null'], enum: ['a', null] },
  paid: { $id: 'Paid', type: 'boolean', enum: [true] },
  version: { $id: 'Version', type: 'integer', enum: [1] },
}
const payload = { $id: 'Event', type: 'object', additionalProperties: false, required: ['state', 'version'], properties }
const document = {
  asyncapi: '3.0.0',
  info: { title: 'Events', version: '1' },
  channels: { events: { address: 'events', messages: { Event: { payload } } } },
  operations: { send: { action: 'send', channel: { $ref: '#/channels/events' } } },
}
const results = async generator => (await generator.generate(document)).map(({ result }) => result)
const enums = (await results(new TypeScriptGenerator())).filter(result => result.startsWith('enum'))
console.log('TypeScript:', enums.map(code => code.match(/\w+ = .*?(?=,)/g).join(', ')).join('; '))
const plain = JSON.parse(JSON.stringify(payload, (name, value) => name === '$id' ? undefined : value))
const other = await compile(plain, 'Event', { bannerComment: '' })
console.log('json-schema-to-typescript:', other.match(/\w+\??: [^;]+/g).join('; '))
const classes = await results(new PythonGenerator())
const head = ['from __future__ import annotations', 'from enum import Enum', 'from typing import Any, Dict']
writeFileSync('event.py', [...head, ...classes].join('\n'))
SCRIPT
node probe.mjs | tee seen
"${PYTHON:-python3}" - <<'PYTHON' | tee -a seen
import json
import event

for value in [{"state": "a", "version": 1}, {"state": None, "version": 1}, {"state": "a", "paid": True, "version": 1}]:
    try:
        event.Event(value)
        outcome = "read"
    except ValueError as error:
        outcome = error
    print(f"Python, {json.dumps(value)}: {outcome}")
PYTHON
diff - seen <<'EXPECTED'
TypeScript: A = "a", RESERVED_NULL = 'null'; RESERVED_TRUE = "true"; NUMBER_1 = 1
json-schema-to-typescript: state: "a" | null; paid?: true; version: 1
Python, {"state": "a", "version": 1}: read
Python, {"state": null, "version": 1}: None is not a valid State
Python, {"state": "a", "paid": true, "version": 1}: True is not a valid Paid
EXPECTED
