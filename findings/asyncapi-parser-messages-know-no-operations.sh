#!/usr/bin/env bash
# @asyncapi/parser 3.6.6 finds no operations, channels or servers of a message in a document of AsyncAPI 3.
#
# A message of the parsed document has the methods `operations()`, `channels()` and `servers()`. They give the right answer for
# a document of AsyncAPI 2.6. For the same document in AsyncAPI 3.0 they give empty lists, even for a message that comes from an
# operation or a channel of the document. The document is valid: its operation refers to the message of the channel (AsyncAPI
# 3.0.0, "Operation Object" and "Channel Object", field `messages`). In the other direction, operations and channels do find
# their messages. A template that tells where a message is used tells nothing.
#
# Guessed before it was run: the same answers for both versions, since these methods exist to hide the difference.
# Output seen:
#   2.6.0, of the document: operations send, channels orders, servers main
#   2.6.0, of the channel: operations send, channels orders, servers main
#   2.6.0, of the operation: operations send, channels orders, servers main
#   3.0.0, of the document: operations none, channels none, servers none
#   3.0.0, of the channel: operations none, channels none, servers none
#   3.0.0, of the operation: operations none, channels none, servers none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . @asyncapi/parser@3.6.6 >npm.log
cat > probe.mjs <<'SCRIPT'
import { Parser } from '@asyncapi/parser'

const info = { title: 'Orders', version: '1' }
const components = { messages: { Placed: { payload: { type: 'string' } } } }
const placed = { $ref: '#/components/messages/Placed' }
const documents = [
  {
    asyncapi: '2.6.0', info, components,
    servers: { main: { url: 'localhost', protocol: 'kafka' } },
    channels: { orders: { publish: { operationId: 'send', message: placed } } },
  },
  {
    asyncapi: '3.0.0', info, components,
    servers: { main: { host: 'localhost', protocol: 'kafka' } },
    channels: { orders: { address: 'orders', messages: { Placed: placed } } },
    operations: {
      send: { action: 'send', channel: { $ref: '#/channels/orders' }, messages: [{ $ref: '#/channels/orders/messages/Placed' }] },
    },
  },
]
const names = models => models.all().map(model => model.id()).join(' ') || 'none'
for (const text of documents) {
  const { document, diagnostics } = await new Parser().parse(JSON.stringify(text))
  const errors = diagnostics.filter(({ severity }) => severity === 0)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const places = { document, channel: document.channels().all()[0], operation: document.operations().all()[0] }
  for (const [place, model] of Object.entries(places)) {
    const [message] = model.messages().all()
    const found = ['operations', 'channels', 'servers'].map(what => `${what} ${names(message[what]())}`)
    console.log(`${document.version()}, of the ${place}: ${found.join(', ')}`)
  }
}
SCRIPT
node probe.mjs | tee seen
diff - seen <<'EXPECTED'
2.6.0, of the document: operations send, channels orders, servers main
2.6.0, of the channel: operations send, channels orders, servers main
2.6.0, of the operation: operations send, channels orders, servers main
3.0.0, of the document: operations none, channels none, servers none
3.0.0, of the channel: operations none, channels none, servers none
3.0.0, of the operation: operations none, channels none, servers none
EXPECTED
