#!/usr/bin/env bash
# A Python client of openapi-python-client 0.29.1 cannot read an object with a property called `d`.
#
# The generated `from_dict` keeps what it has not read yet in a variable `d`, and each property in a variable of the property's name.
# Once it has read `d`, the next property is taken from the value of the first: an `AttributeError`, whether the answer has a `d` or not.
# Names that are words of Python or of the generator's imports get an underscore; this one does not. The model can be made and sent.
#
# Guessed before it was run: any name works, since `class` and `self` do.
# Output seen:
#   c: read
#   d: AttributeError
#   class: read
#   self: read
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
PATH="$folder/venv/bin:$PATH"
pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cat > probe.py <<'PYTHON'
import importlib
import json
import pathlib
import subprocess

for number, name in enumerate(["c", "d", "class", "self"]):
    point = {"type": "object", "properties": {name: {"type": "string"}, "x": {"type": "string"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Point"}}}
    pathlib.Path("openapi.json").write_text(json.dumps({
        "openapi": "3.1.0", "info": {"title": "Points", "version": "1"}, "components": {"schemas": {"Point": point}},
        "paths": {"/point": {"get": {"responses": {"200": {"description": "A point.", "content": content}}}}},
    }))
    package = f"client{number}"
    generate = ["openapi-python-client", "generate", "--path", "openapi.json", "--output-path", package, "--meta", "none"]
    subprocess.run(generate, check=True, capture_output=True)
    importlib.invalidate_caches()
    model = importlib.import_module(f"{package}.models").Point
    try:
        answer = {name: "1", "x": "2"}
        outcome = "read" if model.from_dict(answer).to_dict() == answer else "read wrongly"
    except AttributeError:
        outcome = "AttributeError"
    print(f"{name}: {outcome}")
PYTHON
python probe.py | tee seen
diff - seen <<'EXPECTED'
c: read
d: AttributeError
class: read
self: read
EXPECTED
