//! Combines schemas.

use serde_json::{Map, Value, json};

use super::scalar::object;

/// The same schema, or null.
pub(super) fn or_null(mut schema: Map<String, Value>) -> Map<String, Value> {
    match schema.get("type") {
        Some(Value::String(kind)) if !has_any(&schema, &["const", "enum", "anyOf", "oneOf", "allOf"]) => {
            if kind != "null" {
                let both = json!([kind, "null"]);
                schema.insert("type".to_owned(), both);
            }
            schema
        }
        // Whether null is in it.
        Some(Value::Array(_)) => schema,
        None if !has_any(&schema, &["$ref", "anyOf", "oneOf", "not"]) => schema,
        _ => object(any_of(vec![schema.into(), json!({ "type": "null" })])),
    }
}

fn has_any(schema: &Map<String, Value>, words: &[&str]) -> bool {
    words.iter().any(|word| schema.contains_key(*word))
}

/// At least one of them.
pub(super) fn any_of(schemas: Vec<Value>) -> Value {
    several("anyOf", schemas)
}

/// Exactly one of them; if there are none, nothing.
pub(super) fn one_of(schemas: Vec<Value>) -> Value {
    if schemas.is_empty() { json!({ "not": {} }) } else { several("oneOf", schemas) }
}

fn several(word: &str, schemas: Vec<Value>) -> Value {
    let mut different: Vec<Value> = Vec::new();
    for schema in schemas {
        if !different.contains(&schema) {
            different.push(schema);
        }
    }
    match different.len() {
        0 => json!({}),
        1 => different.swap_remove(0),
        _ => json!({ word: different }),
    }
}
