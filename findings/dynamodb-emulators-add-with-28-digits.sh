#!/usr/bin/env bash
# Two emulators of DynamoDB add numbers with 28 digits, where DynamoDB has 38.
#
# `SET n = n + :n` and `ADD n :n` are exact for numbers of up to 38 digits (Amazon DynamoDB Developer Guide, "Data types"). MiniStack 1.5.33
# adds with the default precision of Python's `decimal`, and puts zeros in the place of the digits after the 28th. moto 5.2.5 does so
# for numbers with a point, and writes the sum with an exponent; its whole numbers are exact. Neither says so, and both store all 38
# digits. A sum of more than 28 digits is wrong in such a test, and right on AWS. dynalite 4.0.0 adds exactly.
#
# Guessed before it was run: the exact sum from both.
# Output seen, the same for SET and ADD:
#   moto: 12345678901234567890123456789012345678 + 1: 12345678901234567890123456789012345679
#   moto: 12345678901234567890123456789.25 + 1: 1.234567890123456789012345679E+28
#   ministack: 12345678901234567890123456789012345678 + 1: 12345678901234567890123456790000000000
#   ministack: 12345678901234567890123456789.25 + 1: 12345678901234567890123456790
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' ministack==1.5.33 boto3==1.43.106
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

WHOLE, BROKEN = "12345678901234567890123456789012345678", "12345678901234567890123456789.25"


def told(name, db):
    db.create_table(
        TableName="sums", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    key = {"pk": {"S": "1"}}

    def after(number):
        sums = set()
        for update in ("SET n = n + :one", "ADD n :one"):
            db.put_item(TableName="sums", Item={**key, "n": {"N": number}})
            db.update_item(TableName="sums", Key=key, UpdateExpression=update, ExpressionAttributeValues={":one": {"N": "1"}})
            sums.add(db.get_item(TableName="sums", Key=key)["Item"]["n"]["N"])
        (only,) = sums
        return only

    for number in (WHOLE, BROKEN):
        print(f"{name}: {number} + 1: {after(number)}")


with mock_aws():
    told("moto", boto3.client("dynamodb"))
told("ministack", boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}"))
PYTHON
venv/bin/python serve.py >port &
server=$!
until [ -s port ]; do sleep 0.2; done
venv/bin/python probe.py "$(cat port)" | tee seen
diff - seen <<'EXPECTED'
moto: 12345678901234567890123456789012345678 + 1: 12345678901234567890123456789012345679
moto: 12345678901234567890123456789.25 + 1: 1.234567890123456789012345679E+28
ministack: 12345678901234567890123456789012345678 + 1: 12345678901234567890123456790000000000
ministack: 12345678901234567890123456789.25 + 1: 12345678901234567890123456790
EXPECTED
