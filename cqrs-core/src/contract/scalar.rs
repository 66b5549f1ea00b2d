use serde_json::{Map, Value, json};

/// The schema of a value without parts.
pub(super) fn scalar(name: &str) -> Map<String, Value> {
    let (kind, nonzero) = match name.strip_suffix(" nonzero") {
        Some(kind) => (kind, true),
        None => (name, false),
    };
    let schema = match kind {
        "bool" => json!({ "type": "boolean" }),
        "string" => json!({ "type": "string" }),
        "null" => json!({ "type": "null" }),
        "char" => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        "f32" | "f64" => json!({ "type": "number" }),
        "ip" => json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] }),
        "ipv4" | "ipv6" => json!({ "type": "string", "format": kind }),
        "socket" => json!({ "type": "string", "description": "An IP address and a port." }),
        "timestamp" | "datetime" => json!({ "type": "string", "format": "date-time" }),
        "date" | "uuid" => json!({ "type": "string", "format": kind }),
        // The format `time` would require an offset.
        "time" => json!({ "type": "string", "description": "A time of day: `10:00:00.500`." }),
        "datetime local" => {
            json!({ "type": "string", "description": "A date and a time of day, without an offset: `2024-01-01T10:00:00.500`." })
        }
        "decimal" => json!({ "type": "string", "format": "decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" }),
        "json" => json!({}),
        other => match bounds(other) {
            Some((least, most)) => integer(least, most, nonzero),
            None => json!({ "title": other }),
        },
    };
    object(schema)
}

fn integer(least: i64, most: u64, nonzero: bool) -> Value {
    match (least, nonzero) {
        (0, true) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
        (_, true) => json!({ "type": "integer", "minimum": least, "maximum": most, "not": { "const": 0 } }),
        _ => json!({ "type": "integer", "minimum": least, "maximum": most }),
    }
}

/// The least and the largest value of an integer's type.
fn bounds(kind: &str) -> Option<(i64, u64)> {
    Some(match kind {
        "i8" => (i8::MIN.into(), i8::MAX.unsigned_abs().into()),
        "i16" => (i16::MIN.into(), i16::MAX.unsigned_abs().into()),
        "i32" => (i32::MIN.into(), i32::MAX.unsigned_abs().into()),
        "i64" | "isize" => (i64::MIN, i64::MAX.unsigned_abs()),
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX),
        _ => return None,
    })
}

/// Whether a scalar is an integer that JavaScript's numbers do not hold.
pub(super) fn is_wide(name: &str) -> bool {
    let kind = name.strip_suffix(" nonzero").unwrap_or(name);
    bounds(kind).is_some_and(|(_, most)| most > u32::MAX.into())
}

/// Whether a scalar is a number.
pub(super) fn is_number(name: &str) -> bool {
    let kind = name.strip_suffix(" nonzero").unwrap_or(name);
    matches!(kind, "f32" | "f64") || bounds(kind).is_some()
}

/// Whether a scalar is a text in JSON.
pub(super) fn is_text(name: &str) -> bool {
    matches!(
        name,
        "char"
            | "string"
            | "ip"
            | "ipv4"
            | "ipv6"
            | "socket"
            | "timestamp"
            | "uuid"
            | "date"
            | "time"
            | "datetime"
            | "datetime local"
            | "decimal"
    )
}

/// The schema of the keys of a map, which are texts in JSON; `None` if every text may be a key.
pub(super) fn key(name: &str) -> Option<Value> {
    let (kind, nonzero) = match name.strip_suffix(" nonzero") {
        Some(kind) => (kind, true),
        None => (name, false),
    };
    match kind {
        "bool" => return Some(json!({ "enum": ["true", "false"] })),
        "string" | "socket" => return None,
        text if is_text(text) => return Some(scalar(text).into()),
        _ => {}
    }
    let (least, most) = bounds(kind)?;
    let sign = if least < 0 { "-?" } else { "" };
    let digits = if nonzero { "[1-9][0-9]*" } else { "(0|[1-9][0-9]*)" };
    let length = least.to_string().len().max(most.to_string().len());
    Some(json!({ "pattern": format!("^{sign}{digits}$"), "maxLength": length }))
}

pub(super) fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
