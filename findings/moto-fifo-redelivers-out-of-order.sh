#!/usr/bin/env bash
# moto 5.2.5 gives the last message of a FIFO group again before the others, once their time to be handled is over.
#
# Messages of a group that were received and not deleted come again in their order once the visibility timeout is over (Amazon SQS
# Developer Guide, "FIFO queue delivery logic"). In moto the group counts as busy until its last message has been looked at, so all but
# the last are passed over, and the last one comes alone. As long as the reader does not delete it, it is the only one that comes. A
# reader that fails on the first message of a stream, as a test of its retries has it, gets 3 to handle before 1 and 2.
# MiniStack 1.5.33 gives all of them in order.
#
# Guessed before it was run: 1 2 3 each time.
# Output seen:
#   received: 1 2 3
#   after the timeout: 3
#   once more: 3
#   with 3 deleted: 1 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check moto==5.2.5 boto3==1.44.8
cat > probe.py <<'PYTHON'
import os
import time

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from moto import mock_aws

with mock_aws():
    sqs = boto3.client("sqs")
    made = sqs.create_queue(QueueName="orders.fifo", Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "1",
    })
    queue = {"QueueUrl": made["QueueUrl"]}
    for body in "123":
        sqs.send_message(**queue, MessageBody=body, MessageGroupId="order")

    def receive():
        time.sleep(1.5)
        return sqs.receive_message(**queue, MaxNumberOfMessages=10).get("Messages", [])

    def bodies(messages):
        return " ".join(message["Body"] for message in messages)

    print("received:", bodies(receive()))
    print("after the timeout:", bodies(receive()))
    last = receive()
    print("once more:", bodies(last))
    sqs.delete_message(**queue, ReceiptHandle=last[-1]["ReceiptHandle"])
    print("with 3 deleted:", bodies(receive()))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
received: 1 2 3
after the timeout: 3
once more: 3
with 3 deleted: 1 2
EXPECTED
