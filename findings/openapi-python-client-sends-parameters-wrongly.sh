#!/usr/bin/env bash
# A Python client of openapi-python-client 0.29.1 sends some parameters in another form than the document says, or not at all.
#
# A header with `"format": "uuid"`, as an idempotency key has it, is an argument of type `UUID`, which goes to httpx 0.28.1 as it is: a
# TypeError before anything is sent. The same happens to a header whose type is `["integer", "null"]`. An integer alone becomes text. A
# list in the query with `"explode": false` is to be sent as `tag=x,y`; the client sends `tag=x&tag=y`. A text given for the UUID,
# against the types of the client, is sent.
#
# Guessed before it was run: all are sent as text, the list with a comma.
# Output seen:
#   header of type integer: 5
#   header of type integer or null: TypeError
#   header of format uuid: TypeError
#   header of format uuid, given a text: 11111111-1111-1111-1111-111111111111
#   query without explode: tag=x&tag=y
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
PATH="$folder/venv/bin:$PATH"
pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 httpx==0.28.1
cat > probe.py <<'PYTHON'
import json
import pathlib
import subprocess
from uuid import UUID


def header(name, **schema):
    return {"name": name, "in": "header", "schema": schema}


parameters = [
    header("X-Integer", type="integer"), header("X-Nullable", type=["integer", "null"]), header("X-Id", type="string", format="uuid"),
    {"name": "tag", "in": "query", "explode": False, "schema": {"type": "array", "items": {"type": "string"}}},
]
operation = {"operationId": "look", "parameters": parameters, "responses": {"204": {"description": "Nothing."}}}
pathlib.Path("openapi.json").write_text(json.dumps({
    "openapi": "3.1.0", "info": {"title": "Look", "version": "1"}, "paths": {"/look": {"get": operation}},
}))
generate = ["openapi-python-client", "generate", "--path", "openapi.json", "--output-path", "looker", "--meta", "none"]
subprocess.run(generate, check=True, capture_output=True)

import httpx
from looker import Client
from looker.api.default import look

sent = []
transport = httpx.MockTransport(lambda request: sent.append(request) or httpx.Response(204))
client = Client(base_url="http://localhost").set_httpx_client(httpx.Client(base_url="http://localhost", transport=transport))


def told(read, **arguments):
    try:
        look.sync_detailed(client=client, **arguments)
        return read(sent[-1])
    except TypeError:
        return "TypeError"


key = "11111111-1111-1111-1111-111111111111"
print("header of type integer:", told(lambda request: request.headers["X-Integer"], x_integer=5))
print("header of type integer or null:", told(lambda request: request.headers["X-Nullable"], x_nullable=5))
print("header of format uuid:", told(lambda request: request.headers["X-Id"], x_id=UUID(key)))
print("header of format uuid, given a text:", told(lambda request: request.headers["X-Id"], x_id=key))
print("query without explode:", told(lambda request: request.url.query.decode(), tag=["x", "y"]))
PYTHON
python probe.py | tee seen
diff - seen <<'EXPECTED'
header of type integer: 5
header of type integer or null: TypeError
header of format uuid: TypeError
header of format uuid, given a text: 11111111-1111-1111-1111-111111111111
query without explode: tag=x&tag=y
EXPECTED
