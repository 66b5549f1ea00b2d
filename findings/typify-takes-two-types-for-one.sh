#!/usr/bin/env bash
# typify 0.8.0 gives a nested object the type of a definition, if the name that it makes up is the name of that definition.
#
# An object without a name of its own is named after its place: the property `item` of `Order` becomes `OrderItem`. If the
# schema has a definition `OrderItem` too, typify makes only one type, with the fields of the definition. It reports nothing,
# and the types compile. A valid order is read, and the fields of its `item` are lost. If the definition has a required
# property, a valid order is refused. In JSON Schema, a definition has no effect except where a `$ref` refers to it (draft-07
# Core, 8.3, and Validation, 9).
#
# Guessed before it was run: two types, one of them with a changed name, or an error about the name.
# Output seen:
#   definition Parcel: {"item":{"sku":"tea"},"last":{"size":2}} becomes {"item":{"sku":"tea"},"last":{"size":2}}
#   definition OrderItem: {"item":{"sku":"tea"},"last":{"size":2}} becomes {"item":{},"last":{"size":2}}
#   definition OrderItem, size required: {"item":{"sku":"tea"},"last":{"size":2}} becomes an error: missing field `size`
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "two-types"
version = "0.0.0"
edition = "2021"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["preserve_order"] }
typify = "=0.8.0"
typify-impl = "=0.8.0"
typify-macro = "=0.8.0"
TOML
cat > "$folder/same.json" <<'JSON'
{
  "$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object",
  "properties": {
    "item": { "type": "object", "properties": { "sku": { "type": "string" } } },
    "last": { "$ref": "#/definitions/OrderItem" }
  },
  "definitions": {
    "OrderItem": { "type": "object", "properties": { "size": { "type": "integer" } } }
  }
}
JSON
sed 's/OrderItem/Parcel/' "$folder/same.json" > "$folder/other.json"
sed 's/"OrderItem": {/& "required": ["size"],/' "$folder/same.json" > "$folder/required.json"
cat > "$folder/src/main.rs" <<'RUST'
use serde::Serialize;
use serde::de::DeserializeOwned;

mod same {
    typify::import_types!(schema = "same.json");
}
mod other {
    typify::import_types!(schema = "other.json");
}
mod required {
    typify::import_types!(schema = "required.json");
}

fn read<T: DeserializeOwned + Serialize>(definition: &str) {
    let order = r#"{"item":{"sku":"tea"},"last":{"size":2}}"#;
    let becomes = match serde_json::from_str::<T>(order) {
        Ok(value) => serde_json::to_string(&value).unwrap(),
        Err(error) => format!("an error: {}", error.to_string().split(" at ").next().unwrap()),
    };
    println!("definition {definition}: {order} becomes {becomes}");
}

fn main() {
    read::<other::Order>("Parcel");
    read::<same::Order>("OrderItem");
    read::<required::Order>("OrderItem, size required");
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
definition Parcel: {"item":{"sku":"tea"},"last":{"size":2}} becomes {"item":{"sku":"tea"},"last":{"size":2}}
definition OrderItem: {"item":{"sku":"tea"},"last":{"size":2}} becomes {"item":{},"last":{"size":2}}
definition OrderItem, size required: {"item":{"sku":"tea"},"last":{"size":2}} becomes an error: missing field `size`
EXPECTED
