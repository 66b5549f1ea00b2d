#!/usr/bin/env bash
# A condition of boto3 1.44.8 on an attribute with a dot in its name looks elsewhere, so a create overwrites.
#
# A name in DynamoDB may contain a dot, also the name of a key. It only has to stand behind a placeholder, or the dot is read
# as a path (Amazon DynamoDB Developer Guide, "Expression attribute names"). `Attr` and `Key` of boto3 make the placeholders,
# but they cut the name at each dot first: `Attr("order.id").not_exists()` asks for `id` in a map `order`. That is never there,
# so the condition always holds, and the second "create" replaces the first item. A filter finds nothing. There is no way to
# escape the dot. The same condition as text with one placeholder is refused, as is the one of pynamodb 6.1.0.
#
# Guessed before it was run: `Attr` is for the whole name, as the key in `put_item`, and the second create is refused.
# Output seen:
#   sent: attribute_not_exists(#n0.#n1) with #n0 = order, #n1 = id
#   create twice with Attr: stored, stored; version now 2
#   create twice with a text: stored, refused; version now 1
#   create twice with pynamodb: stored, refused; version now 1
#   scan with Attr: 0 of 3 items
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' boto3==1.44.8 pynamodb==6.1.0
cat > probe.py <<'PYTHON'
import os

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from boto3.dynamodb.conditions import Attr, ConditionExpressionBuilder
from botocore.exceptions import ClientError
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model


class Order(Model):
    class Meta:
        table_name, region = "orders", "eu-central-1"

    id = UnicodeAttribute(hash_key=True, attr_name="order.id")
    version = NumberAttribute()


def twice(name, put):
    outcomes = []
    for version in [1, 2]:
        try:
            put(name, version)
            outcomes.append("stored")
        except (ClientError, PutError) as error:
            assert "ConditionalCheckFailedException" in str(error)
            outcomes.append("refused")
    stored = table.get_item(Key={"order.id": name})["Item"]["version"]
    print(f"create twice with {name}: {', '.join(outcomes)}; version now {stored}")


built = ConditionExpressionBuilder().build_expression(Attr("order.id").not_exists())
names = ", ".join(f"{placeholder} = {name}" for placeholder, name in built.attribute_name_placeholders.items())
print(f"sent: {built.condition_expression} with {names}")
with mock_aws():
    table = boto3.resource("dynamodb").create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "order.id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "order.id", "AttributeType": "S"}],
    )
    twice("Attr", lambda name, version: table.put_item(
        Item={"order.id": name, "version": version}, ConditionExpression=Attr("order.id").not_exists(),
    ))
    twice("a text", lambda name, version: table.put_item(
        Item={"order.id": name, "version": version}, ConditionExpression="attribute_not_exists(#id)",
        ExpressionAttributeNames={"#id": "order.id"},
    ))
    twice("pynamodb", lambda name, version: Order(name, version=version).save(Order.id.does_not_exist()))
    found = table.scan(FilterExpression=Attr("order.id").exists())
    print(f"scan with Attr: {found['Count']} of {found['ScannedCount']} items")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
sent: attribute_not_exists(#n0.#n1) with #n0 = order, #n1 = id
create twice with Attr: stored, stored; version now 2
create twice with a text: stored, refused; version now 1
create twice with pynamodb: stored, refused; version now 1
scan with Attr: 0 of 3 items
EXPECTED
