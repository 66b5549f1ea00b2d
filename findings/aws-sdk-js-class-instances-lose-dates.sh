#!/usr/bin/env bash
# The option that @aws-sdk/util-dynamodb 3.996.9 recommends for a `Date` stores it as an empty map.
#
# `marshall` and the document client refuse a `Date`, and the message says to pass `convertClassInstanceToMap: true`. With it, a `Date` is
# stored as a map of its own properties, and it has none: `{"M": {}}`, without an error, and the time is gone. So is what an `Error` and an
# instance with private fields have. The option is meant for classes, such as those of events; once it is on, no such value is refused.
# The other option that its messages name, `removeUndefinedValues`, shortens lists: what stood behind an `undefined` moves up. In JSON,
# it would be `null` there.
#
# Guessed before it was run: the text of the time, as `JSON.stringify` has it, or still an error; a NULL in the list.
# Output seen:
#   without the option: Unsupported type passed. Pass options.convertClassInstanceToMap=true to marshall typeof object as map attribute.
#   event: {"at":{"M":{}},"cents":{"N":"5"}}, read as {"at":{},"cents":5}
#   as JSON: {"at":"2024-01-01T00:00:00.000Z","cents":5}
#   error: {"M":{}}
#   list: {"L":[{"N":"1"},{"N":"3"}]}, as JSON: [1,null,3]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @aws-sdk/util-dynamodb@3.996.9 @aws-sdk/client-dynamodb@3.1169.0 >npm.log
cat > probe.mjs <<'SCRIPT'
import { convertToAttr, marshall, unmarshall } from '@aws-sdk/util-dynamodb'

class Paid {
  at = new Date(Date.UTC(2024, 0, 1))
  cents = 5
}
const options = { convertClassInstanceToMap: true, removeUndefinedValues: true }
const json = JSON.stringify
try {
  marshall({ at: new Paid().at })
} catch ({ message }) {
  console.log('without the option:', message.replace(/: .*?\)\./, '.'))
}
const stored = marshall(new Paid(), options)
console.log(`event: ${json(stored)}, read as ${json(unmarshall(stored))}`)
console.log('as JSON:', json(new Paid()))
console.log('error:', json(convertToAttr(new TypeError('no stock'), options)))
console.log(`list: ${json(convertToAttr([1, undefined, 3], options))}, as JSON: ${json([1, undefined, 3])}`)
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
without the option: Unsupported type passed. Pass options.convertClassInstanceToMap=true to marshall typeof object as map attribute.
event: {"at":{"M":{}},"cents":{"N":"5"}}, read as {"at":{},"cents":5}
as JSON: {"at":"2024-01-01T00:00:00.000Z","cents":5}
error: {"M":{}}
list: {"L":[{"N":"1"},{"N":"3"}]}, as JSON: [1,null,3]
EXPECTED
