#!/usr/bin/env bash
# typify 0.8.0 takes an event for the first case of its union, although a constant in the schema tells the cases apart.
#
# `"const": "Placed"` admits one value (JSON Schema Validation draft-07, 6.1.3). If each case of the union has its own constant
# text, typify makes a tagged enum, and the events are read correctly. Otherwise it makes an untagged enum, in which the
# constant is a plain `String` or `i64` that takes any value. serde then tries the cases in their order. An event can match an
# earlier case without an error, and the fields that only its own case has are lost. This happens in three common forms: a case
# with two names, a number as the version of an event, and a union inside `allOf`.
#
# Guessed before it was run: each event is read as its own case, or typify reports that it cannot make the types.
# Output seen:
#   one name for each case: {"type":"Paid","cents":5} is read as Paid and written as {"type":"Paid","cents":5}
#   two names for one case: {"type":"Paid","cents":5} is read as Variant0 and written as {"type":"Paid"}
#   a number as the version: {"type":"Paid","version":2,"cents":5} is read as Variant0 and written as {"type":"Paid","version":2}
#   a union inside allOf: {"id":"1","type":"Paid","cents":5} is read as Variant0 and written as {"id":"1","type":"Paid"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "constants"
version = "0.0.0"
edition = "2021"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["preserve_order"] }
typify = "=0.8.0"
typify-impl = "=0.8.0"
typify-macro = "=0.8.0"
TOML
cat > "$folder/events.json" <<'JSON'
{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "definitions": {
    "OneName": {
      "oneOf": [
        { "type": "object", "required": ["type"], "properties": { "type": { "type": "string", "const": "Placed" } } },
        {
          "type": "object", "required": ["type", "cents"],
          "properties": { "type": { "type": "string", "const": "Paid" }, "cents": { "type": "integer" } }
        }
      ]
    },
    "TwoNames": {
      "oneOf": [
        { "type": "object", "required": ["type"], "properties": { "type": { "type": "string", "const": "Placed" } } },
        {
          "type": "object", "required": ["type", "cents"],
          "properties": { "type": { "type": "string", "enum": ["Paid", "Settled"] }, "cents": { "type": "integer" } }
        }
      ]
    },
    "Version": {
      "oneOf": [
        {
          "type": "object", "required": ["type", "version"],
          "properties": { "type": { "type": "string", "const": "Paid" }, "version": { "type": "integer", "const": 1 } }
        },
        {
          "type": "object", "required": ["type", "version", "cents"],
          "properties": {
            "type": { "type": "string", "const": "Paid" }, "version": { "type": "integer", "const": 2 },
            "cents": { "type": "integer" }
          }
        }
      ]
    },
    "Combined": {
      "allOf": [
        { "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } },
        { "$ref": "#/definitions/OneName" }
      ]
    }
  }
}
JSON
cat > "$folder/src/main.rs" <<'RUST'
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

typify::import_types!(schema = "events.json");

fn read<T: DeserializeOwned + Serialize + Debug>(name: &str, event: &str) {
    let value: T = serde_json::from_str(event).unwrap();
    let case = format!("{value:?}");
    let case = case.split([' ', '(']).next().unwrap();
    println!("{name}: {event} is read as {case} and written as {}", serde_json::to_string(&value).unwrap());
}

fn main() {
    read::<OneName>("one name for each case", r#"{"type":"Paid","cents":5}"#);
    read::<TwoNames>("two names for one case", r#"{"type":"Paid","cents":5}"#);
    read::<Version>("a number as the version", r#"{"type":"Paid","version":2,"cents":5}"#);
    read::<Combined>("a union inside allOf", r#"{"id":"1","type":"Paid","cents":5}"#);
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
one name for each case: {"type":"Paid","cents":5} is read as Paid and written as {"type":"Paid","cents":5}
two names for one case: {"type":"Paid","cents":5} is read as Variant0 and written as {"type":"Paid"}
a number as the version: {"type":"Paid","version":2,"cents":5} is read as Variant0 and written as {"type":"Paid","version":2}
a union inside allOf: {"id":"1","type":"Paid","cents":5} is read as Variant0 and written as {"id":"1","type":"Paid"}
EXPECTED
