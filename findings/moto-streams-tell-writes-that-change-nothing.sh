#!/usr/bin/env bash
# moto 5.2.5 has a record in the stream for a write that changes nothing.
#
# A `PutItem` or `UpdateItem` that leaves an item as it was is not told by DynamoDB Streams (Amazon DynamoDB Developer Guide, "Change data
# capture for DynamoDB Streams"). moto tells it as a MODIFY with two equal images, for a put, an update and a put in a transaction. So a
# program that writes an item again to have it published once more is seen to work there, and gets nothing on AWS. MiniStack 1.5.33
# leaves such records out.
#
# Guessed before it was run: one INSERT.
# Output seen:
#   put, the same put, an update to the same value, the same put in a transaction: INSERT MODIFY MODIFY MODIFY
#   images that are equal: 3 of 3
#   a delete of what is not there: no record
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' boto3==1.43.106
cat > probe.py <<'PYTHON'
import os

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from moto import mock_aws

with mock_aws():
    db, streams = boto3.client("dynamodb"), boto3.client("dynamodbstreams")
    made = db.create_table(
        TableName="events", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    item = {"pk": {"S": "1"}, "cents": {"N": "5"}}
    put = {"TableName": "events", "Item": item}
    db.put_item(**put)
    db.put_item(**put)
    db.update_item(
        TableName="events", Key={"pk": {"S": "1"}}, UpdateExpression="SET cents = :cents",
        ExpressionAttributeValues={":cents": {"N": "5"}},
    )
    db.transact_write_items(TransactItems=[{"Put": put}])
    db.delete_item(TableName="events", Key={"pk": {"S": "none"}})
    arn = made["TableDescription"]["LatestStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=place["ShardIterator"])["Records"]
names = [record["eventName"] for record in records if record["dynamodb"]["Keys"]["pk"]["S"] == "1"]
print("put, the same put, an update to the same value, the same put in a transaction:", *names)
modified = [record["dynamodb"] for record in records if record["eventName"] == "MODIFY"]
equal = [record for record in modified if record["OldImage"] == record["NewImage"]]
print(f"images that are equal: {len(equal)} of {len(modified)}")
print("a delete of what is not there:", "no record" if len(names) == len(records) else "a record")
PYTHON
venv/bin/python probe.py | tee seen
diff - seen <<'EXPECTED'
put, the same put, an update to the same value, the same put in a transaction: INSERT MODIFY MODIFY MODIFY
images that are equal: 3 of 3
a delete of what is not there: no record
EXPECTED
