#!/usr/bin/env bash
# moto 5.2.5 does not answer for the address at which a newer boto3 reads a DynamoDB stream.
#
# boto3 1.44.8 sends a request that names a stream to `ACCOUNT.streams-ddb.REGION.amazonaws.com`, with the account of the stream's ARN;
# boto3 1.43.106 sends it to `streams.dynamodb.REGION.amazonaws.com`, and `ListStreams`, which has no ARN, still goes there. Rules for
# outgoing traffic and mocks that list addresses have to know both. moto has the older one alone: `ListStreams` works, `DescribeStream`
# is a 404 "Not yet implemented". The client's `account_id_endpoint_mode="disabled"` brings the older address back.
#
# Guessed before it was run: one address for all requests, which moto knows.
# Output seen:
#   boto3 1.43.106: ListStreams 200 at streams.dynamodb, DescribeStream 200 at streams.dynamodb
#   boto3 1.44.8: ListStreams 200 at streams.dynamodb, DescribeStream 404 at 123456789012.streams-ddb
#   boto3 1.44.8, disabled: ListStreams 200 at streams.dynamodb, DescribeStream 200 at streams.dynamodb
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
cat > probe.py <<'PYTHON'
import os
import sys

os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="eu-central-1")
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws


def told(streams, operation, **request):
    hosts = []
    note = lambda request, **_: hosts.append(request.url.split("/")[2].split(".eu-central-1.")[0])
    streams.meta.events.register_first("before-send.dynamodb-streams.*", note)
    try:
        answer = getattr(streams, operation)(**request)
    except ClientError as error:
        answer = error.response
    streams.meta.events.unregister("before-send.dynamodb-streams.*", note)
    name = "".join(word.title() for word in operation.split("_"))
    return f"{name} {answer['ResponseMetadata']['HTTPStatusCode']} at {hosts[0]}"


with mock_aws():
    table = boto3.client("dynamodb").create_table(
        TableName="events", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    for mode in sys.argv[1:]:
        streams = boto3.client("dynamodbstreams", config=Config(account_id_endpoint_mode=mode, retries={"total_max_attempts": 1}))
        name = f"boto3 {boto3.__version__}" + (", disabled" if mode == "disabled" else "")
        described = told(streams, "describe_stream", StreamArn=table["LatestStreamArn"])
        print(f"{name}: {told(streams, 'list_streams')}, {described}")
PYTHON
for version in 1.43.106 1.44.8; do
    venv/bin/pip install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' "boto3==$version"
    venv/bin/python probe.py preferred $([ $version = 1.43.106 ] || echo disabled)
done | tee seen
diff - seen <<'EXPECTED'
boto3 1.43.106: ListStreams 200 at streams.dynamodb, DescribeStream 200 at streams.dynamodb
boto3 1.44.8: ListStreams 200 at streams.dynamodb, DescribeStream 404 at 123456789012.streams-ddb
boto3 1.44.8, disabled: ListStreams 200 at streams.dynamodb, DescribeStream 200 at streams.dynamodb
EXPECTED
