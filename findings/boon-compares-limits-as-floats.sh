#!/usr/bin/env bash
# boon 0.6.1 compares a number with a limit as two 64-bit floating-point numbers, even if both are integers.
#
# Above 2^53, a floating-point number cannot hold every integer. So `exclusiveMaximum` and `exclusiveMinimum` refuse valid
# integers: the largest `i64` does not pass a limit of 2^63. `const` is exact for the same integers. The specification has
# numbers of arbitrary precision (JSON Schema Core 2020-12, 4.2.1), and the limits make no exception (Validation 2020-12, 6.2.3
# and 6.2.5). Identifiers and times in nanoseconds can be that large.
# jsonschema 0.61.2 answers as the specification says.
#
# Guessed before it was run: integers are compared as integers, as for `const`.
# Output seen:
#   {"const":9007199254740993} 9007199254740993: boon true, jsonschema true
#   {"exclusiveMaximum":9007199254740993} 9007199254740992: boon false, jsonschema true
#   {"exclusiveMinimum":9007199254740992} 9007199254740993: boon false, jsonschema true
#   {"exclusiveMaximum":9223372036854775808} 9223372036854775807: boon false, jsonschema true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "limits"
version = "0.0.0"
edition = "2021"

[dependencies]
boon = "=0.6.1"
jsonschema = { version = "=0.61.2", default-features = false }
serde_json = "1"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use serde_json::{Value, json};

fn boon(schema: &Value, value: &Value) -> bool {
    let mut compiler = boon::Compiler::new();
    compiler.set_default_draft(boon::Draft::V2020_12);
    compiler.add_resource("https://example.com/limit", schema.clone()).unwrap();
    let mut schemas = boon::Schemas::new();
    let index = compiler.compile("https://example.com/limit", &mut schemas).unwrap();
    schemas.validate(value, index).is_ok()
}

fn main() {
    const EXACT: u64 = 1 << 53;
    let cases = [
        (json!({ "const": EXACT + 1 }), json!(EXACT + 1)),
        (json!({ "exclusiveMaximum": EXACT + 1 }), json!(EXACT)),
        (json!({ "exclusiveMinimum": EXACT }), json!(EXACT + 1)),
        (json!({ "exclusiveMaximum": 1_u64 << 63 }), json!(i64::MAX)),
    ];
    for (schema, value) in cases {
        let jsonschema = jsonschema::draft202012::new(&schema).unwrap().is_valid(&value);
        println!("{schema} {value}: boon {}, jsonschema {jsonschema}", boon(&schema, &value));
    }
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml" | tee "$folder/seen"
diff - "$folder/seen" <<'EXPECTED'
{"const":9007199254740993} 9007199254740993: boon true, jsonschema true
{"exclusiveMaximum":9007199254740993} 9007199254740992: boon false, jsonschema true
{"exclusiveMinimum":9007199254740992} 9007199254740993: boon false, jsonschema true
{"exclusiveMaximum":9223372036854775808} 9223372036854775807: boon false, jsonschema true
EXPECTED
