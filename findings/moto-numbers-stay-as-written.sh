#!/usr/bin/env bash
# moto 5.2.5 gives a number back as the text in which it was sent.
#
# DynamoDB stores numbers without zeros before or behind (Amazon DynamoDB Developer Guide, "Data types"): "1.0" and "1E2" come back as
# "1" and "100", as they do from dynalite 4.0.0 and MiniStack 1.5.33. moto keeps each text, although it compares them as numbers. A
# program that compares what it reads with what it wrote passes there and fails on AWS; one that reads whole numbers with `parse` of its
# language does the reverse.
#
# Guessed before it was run: the same numbers as from AWS.
# Output seen:
#   1.0 -> 1.0, 1E2 -> 1E2, -0 -> -0, 007 -> 007, 0.10 -> 0.10
#   the same number in a condition: equal
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
from moto import mock_aws


def stored(value):
    db.put_item(TableName="numbers", Item={"pk": {"S": "1"}, "value": value})
    (back,) = db.get_item(TableName="numbers", Key={"pk": {"S": "1"}})["Item"]["value"].values()
    return back


with mock_aws():
    db = boto3.client("dynamodb")
    db.create_table(
        TableName="numbers", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    print(", ".join(f"{number} -> {stored({'N': number})}" for number in ["1.0", "1E2", "-0", "007", "0.10"]))
    stored({"N": "1.0"})
    db.delete_item(
        TableName="numbers", Key={"pk": {"S": "1"}}, ConditionExpression="#value = :one",
        ExpressionAttributeNames={"#value": "value"}, ExpressionAttributeValues={":one": {"N": "1"}},
    )
    print("the same number in a condition: equal")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
1.0 -> 1.0, 1E2 -> 1E2, -0 -> -0, 007 -> 007, 0.10 -> 0.10
the same number in a condition: equal
EXPECTED
