#!/usr/bin/env bash
# Two emulators of SNS take the attribute `MaximumMessageSize` of a topic, and do not go by it.
#
# SNS takes messages of up to the topic's `MaximumMessageSize`, 1,024 to 1,048,576 bytes and 262,144 by default, and batches
# of up to the same (Amazon SNS Developer Guide, "Publishing large messages with Amazon SNS"; API Reference, `PublishBatch`).
# moto 5.2.5 takes the attribute without an error and does not tell it, MiniStack 1.5.33 tells what was set. Both refuse a
# message of 300,000 bytes whatever was set, take messages above a lower limit, and take a batch of 400,000 bytes where
# 262,144 is the limit, because they measure each message alone. So a program that asks its topic how much it takes, and
# sends that much, fails on MiniStack and does not on AWS; one that packs batches too large fails on AWS alone.
#
# Seen on Python 3.11:
#
#   moto 5.2.5: a topic of 1048576 bytes says None; 300000 bytes: InvalidParameter
#   moto 5.2.5: a topic of 1024 bytes says None; 2000 bytes: taken
#   moto 5.2.5: a batch of 400000 bytes on a topic of 262144: taken
#   ministack 1.5.33: a topic of 1048576 bytes says 1048576; 300000 bytes: InvalidParameter
#   ministack 1.5.33: a topic of 1024 bytes says 1024; 2000 bytes: taken
#   ministack 1.5.33: a batch of 400000 bytes on a topic of 262144: taken
#
# Exits with 0 where this is still so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check moto==5.2.5 flask==3.1.3 flask-cors==6.0.5 ministack==1.5.33

cat > probe.py << 'PROBE'
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

name, endpoint = sys.argv[1:]
sns = boto3.client(
    "sns", endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test",
    config=Config(retries={"total_max_attempts": 1}),
)


def outcome(call):
    try:
        call()
        return "taken"
    except ClientError as error:
        return error.response["Error"]["Code"]


for limit, size in [(1048576, 300000), (1024, 2000)]:
    topic = sns.create_topic(Name=f"limit-{limit}", Attributes={"MaximumMessageSize": str(limit)})["TopicArn"]
    says = sns.get_topic_attributes(TopicArn=topic)["Attributes"].get("MaximumMessageSize")
    sent = outcome(lambda: sns.publish(TopicArn=topic, Message="x" * size))
    print(f"{name}: a topic of {limit} bytes says {says}; {size} bytes: {sent}")

topic = sns.create_topic(Name="batch")["TopicArn"]
entries = [{"Id": str(number), "Message": "x" * 200000} for number in range(2)]
sent = outcome(lambda: sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries))
print(f"{name}: a batch of 400000 bytes on a topic of 262144: {sent}")
PROBE

cat > serve_moto.py << 'MOTO'
import logging
import sys

from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
MOTO

cat > serve_ministack.py << 'MINISTACK'
import asyncio
import os
import socket
import sys
import threading

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
os.environ.update(GATEWAY_PORT=str(port), SERVICES="sns,sqs", LOG_LEVEL="ERROR", DOCKER_HOST="unix:///nowhere",
                  IOT_MTLS_ENABLED="0", SFTP_ENABLED="0")

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.loglevel = "ERROR"


def end():
    sys.stdin.read()
    os._exit(0)


async def never():
    await asyncio.Event().wait()


threading.Thread(target=end, daemon=True).start()
print(port, flush=True)
asyncio.run(serve(app, config, shutdown_trigger=never))
MINISTACK

probe() {
    coproc SERVER { exec venv/bin/python "$2"; }
    local server=$SERVER_PID port
    read -r port <&"${SERVER[0]}"
    venv/bin/python probe.py "$1" "http://127.0.0.1:$port"
    kill "$server"
    wait "$server" 2> /dev/null || true
}

{ probe "moto 5.2.5" serve_moto.py; probe "ministack 1.5.33" serve_ministack.py; } | tee seen
diff - seen << 'EXPECTED'
moto 5.2.5: a topic of 1048576 bytes says None; 300000 bytes: InvalidParameter
moto 5.2.5: a topic of 1024 bytes says None; 2000 bytes: taken
moto 5.2.5: a batch of 400000 bytes on a topic of 262144: taken
ministack 1.5.33: a topic of 1048576 bytes says 1048576; 300000 bytes: InvalidParameter
ministack 1.5.33: a topic of 1024 bytes says 1024; 2000 bytes: taken
ministack 1.5.33: a batch of 400000 bytes on a topic of 262144: taken
EXPECTED
echo "still so"
