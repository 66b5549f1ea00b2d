#!/usr/bin/env bash
# Two patterns of one object that each work alone make a model of datamodel-code-generator 0.89.0 that cannot be imported.
#
# pydantic 2.14.4 checks patterns with the `regex` crate of Rust, which has no look-ahead, or with Python's `re`, which has no `\p{L}`. JSON
# Schema's patterns are those of ECMAScript with Unicode (Core 2020-12, 6.4), which have both. The generator sees a look-ahead and sets
# `regex_engine="python-re"` for the whole class, so a `\p{L}` in another field is an error when the module is imported: "bad escape
# \p". Each of the two alone works. One class is enough to lose all types of the module.
# Another trap: `patternProperties` beside `properties` are left out, and a closed model then refuses the names that they allow; two
# patterns in one map become a choice of two maps, which refuses a map with names of both.
#
# Guessed before it was run: all of these models take the valid values, since each pattern works alone.
# Output seen:
#   letters: {"name": "tea"} taken
#   no draft: {"code": "A1"} taken
#   letters and no draft: {"name": "tea", "code": "A1"} SchemaError at import
#   names by pattern: {"x-size": 1} taken
#   names by pattern and a property: {"id": "1", "x-size": 1} refused
#   names by two patterns: {"a1": 1, "b1": "tea"} refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check datamodel-code-generator==0.89.0 pydantic==2.14.4 jsonschema==4.26.0
cat > probe.py <<'PYTHON'
import importlib.util
import json
import sys
from pathlib import Path

import jsonschema
from datamodel_code_generator import DataModelType, InputFileType, generate

letters = {"name": {"type": "string", "pattern": r"^\p{L}+$"}}
no_draft = {"code": {"type": "string", "pattern": r"^(?!draft).*$"}}
number, text = {"type": "integer"}, {"type": "string"}
closed = {"additionalProperties": False}
cases = {
    "letters": ({"properties": letters}, {"name": "tea"}),
    "no draft": ({"properties": no_draft}, {"code": "A1"}),
    "letters and no draft": ({"properties": {**letters, **no_draft}}, {"name": "tea", "code": "A1"}),
    "names by pattern": ({"patternProperties": {"^x-": number}, **closed}, {"x-size": 1}),
    "names by pattern and a property": (
        {"properties": {"id": text}, "patternProperties": {"^x-": number}, **closed}, {"id": "1", "x-size": 1},
    ),
    "names by two patterns": ({"patternProperties": {"^a": number, "^b": text}, **closed}, {"a1": 1, "b1": "tea"}),
}


def outcome(schema, value):
    file = Path("model.py")
    generate(json.dumps(schema), input_file_type=InputFileType.JsonSchema, output=file, output_model_type=DataModelType.PydanticV2BaseModel)
    spec = importlib.util.spec_from_file_location(f"model{len(sys.modules)}", file)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        exec(file.read_text(), module.__dict__)
    except Exception as error:
        return f"{type(error).__name__} at import"
    try:
        module.Event.model_validate(value)
        return "taken"
    except ValueError:
        return "refused"


for name, (keywords, value) in cases.items():
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Event", "type": "object", **keywords}
    if r"\p" not in json.dumps(schema):  # Python's `jsonschema` uses `re`, too.
        jsonschema.validate(value, schema)
    print(f"{name}: {json.dumps(value)} {outcome(schema, value)}")
PYTHON
venv/bin/python -W ignore probe.py | tee seen
diff - seen <<'EXPECTED'
letters: {"name": "tea"} taken
no draft: {"code": "A1"} taken
letters and no draft: {"name": "tea", "code": "A1"} SchemaError at import
names by pattern: {"x-size": 1} taken
names by pattern and a property: {"id": "1", "x-size": 1} refused
names by two patterns: {"a1": 1, "b1": "tea"} refused
EXPECTED
