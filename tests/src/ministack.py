"""DynamoDB with its streams, SNS and SQS on a free loopback port, which it prints; ends with whoever holds its standard
input."""

import asyncio
import os
import socket
import sys
import threading

listener = socket.create_server(("127.0.0.1", 0), backlog=512)
port = listener.getsockname()[1]
# Read when the package is loaded. Nothing else listens, nothing is kept, and containers are left alone.
os.environ.update(
    GATEWAY_PORT=str(port),
    MINISTACK_HOST="127.0.0.1",
    SERVICES="dynamodb,dynamodbstreams,sns,sqs",
    IOT_MTLS_ENABLED="0",
    SFTP_ENABLED="0",
    PERSIST_STATE="0",
    LOCALSTACK_PERSISTENCE="0",
    DOCKER_HOST="unix:///nowhere",
    LOG_LEVEL="ERROR",
)

from hypercorn.asyncio import serve  # noqa: E402
from hypercorn.config import Config  # noqa: E402
from ministack.app import app  # noqa: E402

config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.loglevel = "ERROR"
config.keep_alive_timeout = 600



async def never():
    await asyncio.Event().wait()


def end():
    sys.stdin.read()
    # At once: connections may be open.
    os._exit(0)


threading.Thread(target=end, daemon=True).start()
print(port, flush=True)
asyncio.run(serve(app, config, shutdown_trigger=never))
