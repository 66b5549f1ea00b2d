#!/usr/bin/env bash
# Two emulators of DynamoDB remove the wrong elements where one update removes several of a list.
#
# `REMOVE tools[1], tools[2]` takes the second and the third element of the list as it was before the update (Amazon DynamoDB Developer
# Guide, "Using update expressions", with this example). dynalite 4.0.0 and MiniStack 1.5.33 remove one after the other, so what is
# third by then goes too, and what should go stays. moto 5.2.5 does as the guide says. Elements that one SET puts beyond the end are
# sorted by their number (same page): dynalite does so, the other two keep the order of the expression. None says a word.
#
# Guessed before it was run: all three do both as the guide says, since the example is its own.
# Output seen:
#   moto: removed Chisel Screwdriver Hacksaw; set beyond the end: Chisel ninety fifty
#   ministack: removed Chisel Nails Hacksaw; set beyond the end: Chisel ninety fifty
#   dynalite: removed Chisel Nails Hacksaw; set beyond the end: Chisel fifty ninety
set -euo pipefail
folder=$(mktemp -d)
servers=()
trap '[ ${#servers[@]} = 0 ] || kill "${servers[@]}"; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --prefix . dynalite@4.0.0 >npm.log
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' ministack==1.5.33 boto3==1.43.106
cat > dynalite.js <<'SCRIPT'
const server = require('dynalite')({ createTableMs: 0 })
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
SCRIPT
cat > serve.py <<'PYTHON'
import asyncio
import os
import socket

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
os.environ.update(GATEWAY_PORT=str(port), SERVICES="dynamodb", LOG_LEVEL="ERROR", PERSIST_STATE="0", DOCKER_HOST="unix:///nowhere")

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

config = Config()
config.bind, config.loglevel = [f"fd://{listener.fileno()}"], "ERROR"
print(port, flush=True)
asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait))
PYTHON
cat > probe.py <<'PYTHON'
import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from moto import mock_aws

name, port = sys.argv[1:]
if name == "moto":
    mock_aws().start()
db = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}" if name != "moto" else None)
db.create_table(
    TableName="shed", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
)


def after(tools, update, **values):
    key = {"pk": {"S": "1"}}
    db.put_item(TableName="shed", Item={**key, "tools": {"L": [{"S": tool} for tool in tools]}})
    more = {"ExpressionAttributeValues": {f":{name}": {"S": name} for name in values}} if values else {}
    db.update_item(TableName="shed", Key=key, UpdateExpression=update, **more)
    return " ".join(tool["S"] for tool in db.get_item(TableName="shed", Key=key)["Item"]["tools"]["L"])


removed = after(["Chisel", "Hammer", "Nails", "Screwdriver", "Hacksaw"], "REMOVE tools[1], tools[2]")
beyond = after(["Chisel"], "SET tools[90] = :ninety, tools[50] = :fifty", ninety=1, fifty=1)
print(f"{name}: removed {removed}; set beyond the end: {beyond}")
PYTHON
venv/bin/python serve.py >port.ministack &
servers+=($!)
node dynalite.js >port.dynalite &
servers+=($!)
until [ -s port.ministack ] && [ -s port.dynalite ]; do sleep 0.2; done
for name in moto ministack dynalite; do
    venv/bin/python probe.py "$name" "$(cat "port.$name" 2>/dev/null || echo none)"
done | tee seen
diff - seen <<'EXPECTED'
moto: removed Chisel Screwdriver Hacksaw; set beyond the end: Chisel ninety fifty
ministack: removed Chisel Nails Hacksaw; set beyond the end: Chisel ninety fifty
dynalite: removed Chisel Nails Hacksaw; set beyond the end: Chisel fifty ninety
EXPECTED
