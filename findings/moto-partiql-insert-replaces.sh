#!/usr/bin/env bash
# moto 5.2.5 replaces an item that a PartiQL INSERT finds in its place.
#
# INSERT makes an item where there is none with its key, and is a `DuplicateItemException` where there is one (Amazon DynamoDB Developer
# Guide, "PartiQL insert statements for DynamoDB"); in `ExecuteTransaction` it cancels all statements. Who stores the events of a stream
# with it leaves the check for the version to that. moto replaces the item without a word, alone and in a transaction, where it also gives
# no answer for each statement. `PutItem` with a condition is checked there as it is on AWS. MiniStack 1.5.33 refuses both statements.
#
# Guessed before it was run: DuplicateItemException, and a transaction that is cancelled.
# Output seen:
#   a second INSERT of one key: taken
#   stored: second
#   an INSERT of the same key in a transaction: taken
#   stored: third
#   PutItem with attribute_not_exists: ConditionalCheckFailedException
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


def outcome(call):
    try:
        call()
        return "taken"
    except ClientError as error:
        return error.response["Error"]["Code"]


def insert(by):
    return f"INSERT INTO \"events\" VALUE {{'pk': 'ORDER#1', 'sk': '1', 'by': '{by}'}}"


with mock_aws():
    db = boto3.client("dynamodb")
    db.create_table(
        TableName="events", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    )
    key = {"pk": {"S": "ORDER#1"}, "sk": {"S": "1"}}
    stored = lambda: db.get_item(TableName="events", Key=key)["Item"]["by"]["S"]
    db.execute_statement(Statement=insert("first"))
    print("a second INSERT of one key:", outcome(lambda: db.execute_statement(Statement=insert("second"))))
    print("stored:", stored())
    transaction = [{"Statement": insert("third")}]
    print("an INSERT of the same key in a transaction:", outcome(lambda: db.execute_transaction(TransactStatements=transaction)))
    print("stored:", stored())
    put = lambda: db.put_item(TableName="events", Item=key, ConditionExpression="attribute_not_exists(pk)")
    print("PutItem with attribute_not_exists:", outcome(put))
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
a second INSERT of one key: taken
stored: second
an INSERT of the same key in a transaction: taken
stored: third
PutItem with attribute_not_exists: ConditionalCheckFailedException
EXPECTED
