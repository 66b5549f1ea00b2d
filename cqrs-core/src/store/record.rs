//! A commit as one JSON object: what is stored, and what travels over SNS and SQS.
//!
//! ```json
//! { "pk": "TENANT001#ORDER", "sk": "ORDER#20240101-001@0000000003", "version": 3,
//!   "type": "OrderShipped", "schema": 1, "data": { "tracking": "Z1" },
//!   "createdAt": "2024-01-01T10:00:00.000Z", "createdBy": "user-123",
//!   "commandId": "…", "correlationId": "…" }
//! ```
//!
//! The first event stands in `type`, `schema` and `data`; further ones in `rest`, a list of the same three.
//! `createdBy`, `causationId` and `traceContext` are left out where there is none.
//! `recordedAt` stands there only where it differs from `createdAt`: in imports, whose commits tell about another
//! time.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::CorruptCommit;
use crate::commit::{Commit, StoredEvent};
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;

/// One object of names and values.
pub type Record = Map<String, Value>;

/// Writes a commit down.
#[must_use]
pub fn encode(commit: &Commit) -> Record {
    let mut record = Record::new();
    let mut put = |name: &str, value: Value| record.insert(name.to_owned(), value);
    put("pk", commit.stream.pk().into());
    put("sk", commit.stream.commit_sk(commit.version).into());
    put("version", commit.version.get().into());
    let mut events = commit.events.iter();
    if let Some(first) = events.next() {
        put("type", first.name.as_str().into());
        put("schema", first.schema.into());
        put("data", first.data.clone());
    }
    let rest: Vec<Value> = events.map(encode_event).collect();
    if !rest.is_empty() {
        put("rest", Value::Array(rest));
    }
    let metadata = &commit.metadata;
    put("createdAt", metadata.created_at.to_string().into());
    put("commandId", metadata.command_id.as_str().into());
    put("correlationId", metadata.correlation_id.as_str().into());
    if let Some(at) = metadata.recorded_at {
        put("recordedAt", at.to_string().into());
    }
    for (name, value) in [
        ("createdBy", &metadata.created_by),
        ("causationId", &metadata.causation_id),
        ("traceContext", &metadata.trace_context),
    ] {
        if let Some(value) = value {
            put(name, value.as_str().into());
        }
    }
    record
}

fn encode_event(event: &StoredEvent) -> Value {
    let mut object = Record::new();
    object.insert("type".to_owned(), event.name.as_str().into());
    object.insert("schema".to_owned(), event.schema.into());
    object.insert("data".to_owned(), event.data.clone());
    Value::Object(object)
}

/// Reads a commit back. Attributes that it does not know are left alone.
///
/// # Errors
/// [`CorruptCommit`] for a missing attribute, one of another kind, or a version that is not the sort key's.
pub fn decode(mut record: Record) -> Result<Commit, CorruptCommit> {
    decode_fields(&mut record).map_err(|reason| corrupt(&record, reason))
}

/// What is wrong with a record, with as much of its identity as it still has.
fn corrupt(record: &Record, reason: String) -> CorruptCommit {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    CorruptCommit {
        pk: text("pk").unwrap_or("missing").to_owned(),
        sk: text("sk").unwrap_or("missing").to_owned(),
        version: record.get("version").and_then(Value::as_u64),
        name: text("type").map(str::to_owned),
        reason,
    }
}

fn decode_fields(record: &mut Record) -> Result<Commit, String> {
    let (stream, version) = StreamKey::parse_commit(text(record, "pk")?, text(record, "sk")?)
        .map_err(|error| error.to_string())?;
    let stored = number(record, "version")?;
    if stored != version.get() {
        return Err(format!("`version` is {stored}, and the sort key says {version}"));
    }
    let time = |name: &str| -> Result<Timestamp, String> {
        text(record, name)?.parse().map_err(|error| format!("`{name}`: {error}"))
    };
    let mut metadata = Metadata::new(text(record, "commandId")?, time("createdAt")?);
    metadata.recorded_at = record.contains_key("recordedAt").then(|| time("recordedAt")).transpose()?;
    text(record, "correlationId")?.clone_into(&mut metadata.correlation_id);
    metadata.created_by = optional_text(record, "createdBy")?;
    metadata.causation_id = optional_text(record, "causationId")?;
    metadata.trace_context = optional_text(record, "traceContext")?;

    // Checked before any data is taken out, so that the error can still name the type.
    for name in ["type", "schema"] {
        if !record.contains_key(name) {
            return Err(format!("`{name}` is missing"));
        }
    }
    let rest = match record.remove("rest") {
        None => Vec::new(),
        Some(Value::Array(rest)) => rest,
        Some(_) => return Err("`rest` is not a list".to_owned()),
    };
    let mut events = Vec::with_capacity(1 + rest.len());
    events.push(decode_event(record)?);
    for (index, event) in rest.into_iter().enumerate() {
        let Value::Object(mut event) = event else {
            return Err(format!("`rest[{index}]` is not a map"));
        };
        events.push(decode_event(&mut event).map_err(|reason| format!("`rest[{index}]`: {reason}"))?);
    }
    Ok(Commit { stream, version, events, metadata: Arc::new(metadata) })
}

fn decode_event(record: &mut Record) -> Result<StoredEvent, String> {
    let name = text(record, "type")?.to_owned();
    let schema = number(record, "schema")?;
    let schema = u32::try_from(schema).map_err(|_| format!("`schema` is {schema}"))?;
    let data = record.remove("data").ok_or("`data` is missing")?;
    Ok(StoredEvent { name, schema, data })
}

pub(crate) fn text<'a>(record: &'a Record, name: &str) -> Result<&'a str, String> {
    match record.get(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("`{name}` is not a string")),
        None => Err(format!("`{name}` is missing")),
    }
}

fn optional_text(record: &Record, name: &str) -> Result<Option<String>, String> {
    record.contains_key(name).then(|| text(record, name).map(str::to_owned)).transpose()
}

pub(crate) fn number(record: &Record, name: &str) -> Result<u64, String> {
    match record.get(name) {
        Some(value) => value.as_u64().ok_or_else(|| format!("`{name}` is not a whole number")),
        None => Err(format!("`{name}` is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(extra: Value) -> Record {
        let mut record = json!({
            "pk": "TENANT001#ORDER", "sk": "ORDER#1@0000000001", "version": 1, "type": "OrderCreated", "schema": 1,
            "data": {}, "createdAt": "2024-01-01T10:00:00.000Z", "commandId": "c", "correlationId": "c",
        });
        if let (Value::Object(record), Value::Object(extra)) = (&mut record, extra) {
            record.extend(extra);
        }
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn a_commit_was_recorded_when_it_was_created_unless_it_says_otherwise() {
        let old = decode(stored(json!({}))).unwrap();
        assert_eq!(old.metadata.recorded().to_string(), "2024-01-01T10:00:00.000Z");
        assert!(!encode(&old).contains_key("recordedAt"));
        let imported = stored(json!({ "recordedAt": "2025-06-01T00:00:00.000Z" }));
        let commit = decode(imported.clone()).unwrap();
        assert_eq!(commit.metadata.recorded().to_string(), "2025-06-01T00:00:00.000Z");
        assert_eq!(commit.metadata.created_at.to_string(), "2024-01-01T10:00:00.000Z");
        assert_eq!(encode(&commit), imported);
        let error = decode(stored(json!({ "recordedAt": "yesterday" }))).unwrap_err();
        assert!(error.reason.starts_with("`recordedAt`: "), "{error}");
    }
}
