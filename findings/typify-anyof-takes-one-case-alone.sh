#!/usr/bin/env bash
# typify 0.8.0 makes a choice of one case of an `anyOf`, and loses or refuses a value that fits two.
#
# `anyOf` is met by one case or more (JSON Schema Validation draft-07, 6.7.2): a change of a customer can have a new name, a new number,
# or both. For cases by `$ref`, typify makes an untagged enum, and serde takes the first case that fits, so the field of the other is gone
# when the value is written again. For the same cases written in place, each with one required property, typify takes the property for
# the tag of an externally tagged enum, which has one by its form. A valid value with both fields is then an error of the JSON reader,
# "expected value", at the comma. Nothing warns. Values of one case are right.
#
# Guessed before it was run: a type with both fields, each optional, so that all of these come back as they were.
# Output seen:
#   by $ref: {"name":"ann"} becomes {"name":"ann"}
#   by $ref: {"name":"ann","phone":5} becomes {"name":"ann"}
#   in place: {"phone":5} becomes {"phone":5}
#   in place: {"name":"ann","phone":5} becomes an error: expected value
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "any-of"
version = "0.0.0"
edition = "2021"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["preserve_order"] }
typify = "=0.8.0"
typify-impl = "=0.8.0"
typify-macro = "=0.8.0"
TOML
cat > "$folder/changes.json" <<'JSON'
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "definitions": {
    "Name": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
    "Phone": { "type": "object", "required": ["phone"], "properties": { "phone": { "type": "integer" } } },
    "ByRef": { "anyOf": [{ "$ref": "#/definitions/Name" }, { "$ref": "#/definitions/Phone" }] },
    "InPlace": {
      "anyOf": [
        { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
        { "type": "object", "required": ["phone"], "properties": { "phone": { "type": "integer" } } }
      ]
    }
  }
}
JSON
cat > "$folder/src/main.rs" <<'RUST'
use serde::Serialize;
use serde::de::DeserializeOwned;

typify::import_types!(schema = "changes.json");

fn read<T: DeserializeOwned + Serialize>(form: &str, change: &str) {
    let becomes = match serde_json::from_str::<T>(change) {
        Ok(value) => serde_json::to_string(&value).unwrap(),
        Err(error) => format!("an error: {}", error.to_string().split(" at ").next().unwrap()),
    };
    println!("{form}: {change} becomes {becomes}");
}

fn main() {
    read::<ByRef>("by $ref", r#"{"name":"ann"}"#);
    read::<ByRef>("by $ref", r#"{"name":"ann","phone":5}"#);
    read::<InPlace>("in place", r#"{"phone":5}"#);
    read::<InPlace>("in place", r#"{"name":"ann","phone":5}"#);
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
by $ref: {"name":"ann"} becomes {"name":"ann"}
by $ref: {"name":"ann","phone":5} becomes {"name":"ann"}
in place: {"phone":5} becomes {"phone":5}
in place: {"name":"ann","phone":5} becomes an error: expected value
EXPECTED
