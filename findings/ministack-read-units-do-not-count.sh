#!/usr/bin/env bash
# MiniStack 1.5.33 tells the same read capacity for every Query and Scan, whatever it reads.
#
# DynamoDB charges half a read unit for each 4 KB that a page reads, of a table or of an index ("DynamoDB read operations", Amazon
# DynamoDB Developer Guide). MiniStack measures items where it charges writes and where it ends a page, and gives 0.5 for a page of one
# item, of 40 KB, and for one that reads 1 MB; 1.0 for a consistent one. A test that holds a query to its cost passes there with any.
#
# Guessed before it was run: the units follow the bytes, as those of writes do.
# Output seen:
#   1 item: 0.5 units, 1,036 bytes
#   40 items: 0.5 units, 41,440 bytes
#   all items of one page: 0.5 units, 1,048,432 bytes
#   the same page, consistent: 1.0 units
#   a write of 20 KB: 20.0 units
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'ministack==1.5.33' 'boto3==1.43.106'
cat > "$folder/probe.py" <<'PYTHON'
import asyncio
import os
import socket
import threading
import time

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
os.environ.update(
    GATEWAY_PORT=str(port), MINISTACK_HOST="127.0.0.1", SERVICES="dynamodb", PERSIST_STATE="0", DOCKER_HOST="unix:///nowhere",
    LOG_LEVEL="ERROR", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1",
)
import boto3
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
threading.Thread(target=lambda: asyncio.run(serve(app, config, shutdown_trigger=asyncio.Event().wait)), daemon=True).start()
client = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}")
for _ in range(100):
    try:
        client.list_tables()
        break
    except Exception:
        time.sleep(0.2)
text = lambda value: {"S": value}
client.create_table(
    TableName="views",
    BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
)
size = lambda item: sum(len(name) + len(value["S"]) for name, value in item.items())
for number in range(1_100):
    item = {"pk": text("p"), "sk": text(f"{number:04}"), "data": text("x" * 1_023)}
    client.put_item(TableName="views", Item=item)


def query(**more):
    page = client.query(
        TableName="views", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": text("p")},
        ReturnConsumedCapacity="TOTAL", **more,
    )
    return page["ConsumedCapacity"]["CapacityUnits"], sum(map(size, page["Items"]))


seen = [query(Limit=1), query(Limit=40), query()]
for what, (units, read) in zip(["1 item", "40 items", "all items of one page"], seen):
    print(f"{what}: {units} units, {read:,} bytes")
consistent, _ = query(ConsistentRead=True)
print(f"the same page, consistent: {consistent} units")
large = {"pk": text("q"), "sk": text("0"), "data": text("x" * 20_000)}
written = client.put_item(TableName="views", Item=large, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]["CapacityUnits"]
print(f"a write of 20 KB: {written} units")
assert [units for units, _ in seen] == [0.5, 0.5, 0.5] and consistent == 1.0 and written == 20.0, (seen, consistent, written)
assert seen[2][1] > 1_000_000, seen
os._exit(0)
PYTHON
"$folder/venv/bin/python" "$folder/probe.py"
