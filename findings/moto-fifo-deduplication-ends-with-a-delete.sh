#!/usr/bin/env bash
# moto 5.2.5 takes a message of a FIFO queue a second time as soon as the first one is deleted.
#
# SQS remembers a deduplication id for 5 minutes, also of a message that was received and deleted since (Amazon SQS Developer Guide,
# "Exactly-once processing in Amazon SQS"), answers a repeated send with the message id of the first, and compares within a group alone
# where `DeduplicationScope` is `messageGroup`. moto compares with the messages that are in the queue, in all groups. So a publisher that
# sends again after a lost answer has its message handled twice there, and two streams that use one id lose a message.
# MiniStack 1.5.33 does it as SQS.
#
# Guessed before it was run: none, equal, 2.
# Output seen:
#   received after a delete and a repeated send: 1
#   message ids of the two sends: different
#   one id in two groups, scope messageGroup: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check moto==5.2.5 boto3==1.44.8
cat > probe.py <<'PYTHON'
import os

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from moto import mock_aws

with mock_aws():
    sqs = boto3.client("sqs")

    def queue(name, **attributes):
        made = sqs.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", **attributes})
        return {"QueueUrl": made["QueueUrl"]}

    def send(queue, group):
        return sqs.send_message(**queue, MessageBody="x", MessageGroupId=group, MessageDeduplicationId="commit-1")["MessageId"]

    def receive(queue):
        return sqs.receive_message(**queue, MaxNumberOfMessages=10).get("Messages", [])

    orders = queue("orders")
    first = send(orders, "order")
    sqs.delete_message(**orders, ReceiptHandle=receive(orders)[0]["ReceiptHandle"])
    second = send(orders, "order")
    print("received after a delete and a repeated send:", len(receive(orders)))
    print("message ids of the two sends:", "equal" if first == second else "different")
    scoped = queue("scoped", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    send(scoped, "one")
    send(scoped, "two")
    print("one id in two groups, scope messageGroup:", len(receive(scoped)))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
received after a delete and a repeated send: 1
message ids of the two sends: different
one id in two groups, scope messageGroup: 1
EXPECTED
