#!/usr/bin/env bash
# One optional constant `true` in an OpenAPI document keeps openapi-python-client 0.29.1 from making a client that runs.
#
# OpenAPI 3.1 has `const` from JSON Schema, of any type. The generator writes the check of an optional constant without a space behind
# the value: `Trueand` is no Python. Its formatter, ruff, then fails, and so does the generator, with a message about a file of the
# client instead of the document. Where ruff is not on the PATH, it ends with 0, and the client cannot be imported, whichever request it
# is for, since the package imports all of its models. A number becomes `1and`, which Python reads with a warning. A text ends with its
# quotation mark, and works; so does a constant that is required.
#
# Guessed before it was run: constants of all types work, as texts do.
# Output seen:
#   optional text: generator 0, imported; without ruff: generator 0, imported
#   optional number: generator 0, imported; without ruff: generator 0, SyntaxWarning
#   optional boolean: generator 1, SyntaxError; without ruff: generator 0, SyntaxError
#   required boolean: generator 0, imported; without ruff: generator 0, imported
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
PATH="$folder/venv/bin:$PATH"
pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 ruff==0.17.6
cat > probe.py <<'PYTHON'
import json
import os
import pathlib
import shutil
import subprocess
import sys



def outcome(package, path):
    generate = [shutil.which("openapi-python-client"), "generate", "--path", "openapi.json", "--output-path", package, "--meta", "none"]
    code = subprocess.run(generate, capture_output=True, env={**os.environ, "PATH": path}).returncode
    run = subprocess.run([sys.executable, "-c", f"import {package}.models"], capture_output=True, text=True)
    if run.returncode != 0:
        imported = run.stderr.splitlines()[-1].split(":")[0]
    else:
        imported = "SyntaxWarning" if "SyntaxWarning" in run.stderr else "imported"
    return f"generator {code}, {imported}"


cases = [("optional text", "open", []), ("optional number", 1, []), ("optional boolean", True, []), ("required boolean", True, ["flag"])]
for number, (name, value, required) in enumerate(cases):
    flag = {"type": "object", "properties": {"flag": {"const": value}}, "required": required}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Flag"}}}
    pathlib.Path("openapi.json").write_text(json.dumps({
        "openapi": "3.1.0", "info": {"title": "Flags", "version": "1"}, "components": {"schemas": {"Flag": flag}},
        "paths": {"/flag": {"get": {"responses": {"200": {"description": "A flag.", "content": content}}}}},
    }))
    print(f"{name}: {outcome(f'with{number}', os.environ['PATH'])}; without ruff: {outcome(f'without{number}', '/nowhere')}")
PYTHON
python probe.py | tee seen
diff - seen <<'EXPECTED'
optional text: generator 0, imported; without ruff: generator 0, imported
optional number: generator 0, imported; without ruff: generator 0, SyntaxWarning
optional boolean: generator 1, SyntaxError; without ruff: generator 0, SyntaxError
required boolean: generator 0, imported; without ruff: generator 0, imported
EXPECTED
