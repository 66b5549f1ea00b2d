#!/usr/bin/env bash
# moto 5.2.5 carries a transaction out again where the client's token says that it is the same one.
#
# `TransactWriteItems` with a `ClientRequestToken` is idempotent: the same request with the same token, sent again within 10 minutes,
# changes nothing, and another request with that token is an `IdempotentParameterMismatchException` (Amazon DynamoDB API Reference). Every
# SDK sets one for its own retries. moto takes the token and does not look at it: a counter counts twice, and a transaction that
# creates an item fails when it is sent again, where AWS says that it is done. A test of what happens when an answer is lost finds what
# AWS does not do.
#
# Guessed before it was run: the second call changes nothing.
# Output seen:
#   an ADD of 1, sent twice with one token: 2
#   another transaction with that token: taken
#   an item made if there is none, sent twice with one token: done, TransactionCanceledException
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' boto3==1.44.8
cat > probe.py <<'PYTHON'
import os

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def outcome(operation, token, done="done"):
    try:
        db.transact_write_items(TransactItems=[operation], ClientRequestToken=token)
        return done
    except ClientError as error:
        return error.response["Error"]["Code"]


with mock_aws():
    db = boto3.client("dynamodb")
    db.create_table(
        TableName="counters", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    key = {"pk": {"S": "1"}}
    add = {"Update": {
        "TableName": "counters", "Key": key, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}},
    }}
    outcome(add, "first")
    outcome(add, "first")
    print("an ADD of 1, sent twice with one token:", db.get_item(TableName="counters", Key=key)["Item"]["n"]["N"])
    other = {"Put": {"TableName": "counters", "Item": {"pk": {"S": "2"}}}}
    print("another transaction with that token:", outcome(other, "first", "taken"))
    make = {"Put": {"TableName": "counters", "Item": {"pk": {"S": "3"}}, "ConditionExpression": "attribute_not_exists(pk)"}}
    print(f"an item made if there is none, sent twice with one token: {outcome(make, 'second')}, {outcome(make, 'second')}")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
an ADD of 1, sent twice with one token: 2
another transaction with that token: taken
an item made if there is none, sent twice with one token: done, TransactionCanceledException
EXPECTED
