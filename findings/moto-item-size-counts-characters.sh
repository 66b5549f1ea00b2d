#!/usr/bin/env bash
# moto 5.2.5 measures a DynamoDB item by its own rule, which is not that of AWS.
#
# AWS counts 409,600 bytes for an item: names and texts by their bytes in UTF-8, a number by about half of its significant digits
# plus one, a list by 3 bytes and 1 more for each element ("DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide).
# moto refuses at 405,000, counts a number by the characters of its text, and nothing for a list and its elements. So an item may
# be refused here that AWS takes, and taken here that AWS refuses:
#
# * the largest text beside the two keys is shorter than what AWS takes by some 4,600 bytes;
# * a list of the number 1 may have 404,996 elements, and takes over 1.2 MB by the rule of AWS;
# * a list of a number of 38 digits is refused at about half of what AWS takes.
#
# Guessed before it was run: an emulator counts as AWS does, and is off by a few bytes at most.
# Output seen:
#   largest text: 404996 characters
#   most ones in a list: 404996
#   most numbers of 38 digits in a list: 10657
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'moto[dynamodb]==5.2.5' 'boto3==1.44.8'
"$folder/venv/bin/python" - <<'PYTHON'
import os
from decimal import Decimal

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def largest(table, item, high):
    low = 1
    while low < high:
        middle = (low + high + 1) // 2
        try:
            table.put_item(Item={"pk": "a", "d": item(middle)})
            low = middle
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationException", error
            high = middle - 1
    return low


with mock_aws():
    table = boto3.resource("dynamodb").create_table(
        TableName="sizes",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    wide = Decimal("1" * 38)
    seen = [
        largest(table, lambda count: "x" * count, 420_000),
        largest(table, lambda count: [1] * count, 420_000),
        largest(table, lambda count: [wide] * count, 20_000),
    ]
print("largest text:", seen[0], "characters")
print("most ones in a list:", seen[1])
print("most numbers of 38 digits in a list:", seen[2])
assert seen == [404_996, 404_996, 10_657], seen
PYTHON
