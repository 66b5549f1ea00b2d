//! A commit as one JSON object: the stored form, and the form that travels over SNS and SQS.
//!
//! ```json
//! { "pk": "TENANT001#ORDER", "sk": "ORDER#20240101-001@0000000003", "version": 3,
//!   "type": "OrderShipped", "schema": 1, "data": { "tracking": "Z1" },
//!   "createdAt": "2024-01-01T10:00:00.000Z", "createdBy": "user-123",
//!   "commandId": "…", "correlationId": "…" }
//! ```
//!
//! The first event is in `type`, `schema` and `data`; further events are in `rest`, a list of the same three. An event whose schema
//! was widened has a fourth, `widened`: how often. `createdBy`,
//! `commandDigest`, `transaction`, `causationId` and `traceContext` are left out if they have no value. `recordedAt` is present
//! only if it differs from `createdAt`: in imports, whose commits are about another time.
//!
//! A record may also have `snapshot`, a [`CommitState`](crate::store::CommitState): it is stored with the commit, and does not
//! travel.

use serde_json::{Map, Value};

use super::{Commit, CorruptCommit, StoredEvent};
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::timestamp::Timestamp;

/// One object of names and values.
pub type Record = Map<String, Value>;

/// The attribute of the state that a commit's item carries.
pub const STATE: &str = "snapshot";

/// The attribute of an event whose schema was widened: how often. Others do not have it.
pub(crate) const WIDENED: &str = "widened";

/// Serializes a commit.
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
        if first.widened > 0 {
            put(WIDENED, first.widened.into());
        }
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
        ("commandDigest", &metadata.command_digest),
        ("transaction", &metadata.transaction),
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
    if event.widened > 0 {
        object.insert(WIDENED.to_owned(), event.widened.into());
    }
    object.insert("data".to_owned(), event.data.clone());
    Value::Object(object)
}

/// Reads a commit back. Unknown attributes are ignored.
///
/// # Errors
/// [`CorruptCommit`] for a missing attribute, one of another kind, or a version that is not the sort key's.
pub fn decode(record: impl IntoIterator<Item = (impl AsRef<str>, Value)>) -> Result<Commit, CorruptCommit> {
    let mut fields = Fields::of(record);
    fields.commit().map_err(|reason| fields.corrupt(reason))
}

/// The attributes of a record. Every commit that is loaded or delivered is read here, so texts are moved out of the record
/// instead of being looked up and copied.
#[derive(Default)]
struct Fields {
    pk: Option<Value>,
    sk: Option<Value>,
    version: Option<Value>,
    name: Option<Value>,
    schema: Option<Value>,
    widened: Option<Value>,
    data: Option<Value>,
    rest: Option<Value>,
    created_at: Option<Value>,
    recorded_at: Option<Value>,
    created_by: Option<Value>,
    command_id: Option<Value>,
    command_digest: Option<Value>,
    transaction: Option<Value>,
    correlation_id: Option<Value>,
    causation_id: Option<Value>,
    trace_context: Option<Value>,
}

impl Fields {
    fn of(record: impl IntoIterator<Item = (impl AsRef<str>, Value)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in record {
            let field = match name.as_ref() {
                "pk" => &mut fields.pk,
                "sk" => &mut fields.sk,
                "version" => &mut fields.version,
                "type" => &mut fields.name,
                "schema" => &mut fields.schema,
                WIDENED => &mut fields.widened,
                "data" => &mut fields.data,
                "rest" => &mut fields.rest,
                "createdAt" => &mut fields.created_at,
                "recordedAt" => &mut fields.recorded_at,
                "createdBy" => &mut fields.created_by,
                "commandId" => &mut fields.command_id,
                "commandDigest" => &mut fields.command_digest,
                "transaction" => &mut fields.transaction,
                "correlationId" => &mut fields.correlation_id,
                "causationId" => &mut fields.causation_id,
                "traceContext" => &mut fields.trace_context,
                _ => continue,
            };
            *field = Some(value);
        }
        fields
    }

    /// What is wrong with the record, with the parts of its identity that it still has.
    fn corrupt(&self, reason: String) -> CorruptCommit {
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        CorruptCommit {
            pk: text(&self.pk).unwrap_or_else(|| "missing".to_owned()),
            sk: text(&self.sk).unwrap_or_else(|| "missing".to_owned()),
            version: self.version.as_ref().and_then(Value::as_u64),
            name: text(&self.name),
            reason,
        }
    }

    fn commit(&mut self) -> Result<Commit, String> {
        let (pk, sk) = (text_of(self.pk.as_ref(), "pk")?, text_of(self.sk.as_ref(), "sk")?);
        let (stream, version) = StreamKey::parse_commit(pk, sk).map_err(|error| error.to_string())?;
        let stored = number_of(self.version.as_ref(), "version")?;
        if stored != version.get() {
            return Err(format!("`version` is {stored}, and the sort key says {version}"));
        }
        let command_id = take_text(&mut self.command_id, "commandId")?;
        let created_at = time(self.created_at.as_ref(), "createdAt")?;
        let recorded_at = self.recorded_at.as_ref().map(|at| time(Some(at), "recordedAt")).transpose()?;
        let metadata = Metadata {
            created_at,
            recorded_at,
            command_id,
            command_digest: take_optional_text(&mut self.command_digest, "commandDigest")?,
            transaction: take_optional_text(&mut self.transaction, "transaction")?,
            correlation_id: take_text(&mut self.correlation_id, "correlationId")?,
            created_by: take_optional_text(&mut self.created_by, "createdBy")?,
            causation_id: take_optional_text(&mut self.causation_id, "causationId")?,
            trace_context: take_optional_text(&mut self.trace_context, "traceContext")?,
        };
        let rest = match self.rest.take() {
            None => Vec::new(),
            Some(Value::Array(rest)) => rest,
            Some(_) => return Err("`rest` is not a list".to_owned()),
        };
        let mut events = Vec::with_capacity(1 + rest.len());
        events.push(self.event()?);
        for (index, event) in rest.into_iter().enumerate() {
            let Value::Object(event) = event else {
                return Err(format!("`rest[{index}]` is not a map"));
            };
            let event = Self::of(event).event();
            events.push(event.map_err(|reason| format!("`rest[{index}]`: {reason}"))?);
        }
        Ok(Commit::new(stream, version, events, metadata))
    }

    /// The type stays, so that an error further on can name it.
    fn event(&mut self) -> Result<StoredEvent, String> {
        let name = text_of(self.name.as_ref(), "type")?.to_owned();
        let schema = number_of(self.schema.as_ref(), "schema")?;
        let schema = u32::try_from(schema).map_err(|_| format!("`schema` is {schema}"))?;
        let widened = widened_of(self.widened.as_ref())?;
        let data = self.data.take().ok_or("`data` is missing")?;
        Ok(StoredEvent { name, schema, widened, data })
    }
}

pub(crate) fn text<'a>(record: &'a Record, name: &str) -> Result<&'a str, String> {
    text_of(record.get(name), name)
}

pub(crate) fn number(record: &Record, name: &str) -> Result<u64, String> {
    number_of(record.get(name), name)
}

fn text_of<'a>(value: Option<&'a Value>, name: &str) -> Result<&'a str, String> {
    let value = value.ok_or_else(|| missing(name))?;
    value.as_str().ok_or_else(|| no_text(name))
}

fn number_of(value: Option<&Value>, name: &str) -> Result<u64, String> {
    let value = value.ok_or_else(|| missing(name))?;
    value.as_u64().ok_or_else(|| format!("`{name}` is not a whole number"))
}

/// How often the schema of a stored event was widened; 0 if the record does not say.
pub(crate) fn widened_of(value: Option<&Value>) -> Result<u32, String> {
    let Some(value) = value else { return Ok(0) };
    let widened = value.as_u64().and_then(|widened| widened.try_into().ok());
    widened.ok_or_else(|| format!("`{WIDENED}` is {value}, and counts how often the schema was widened"))
}

/// Whether the schema was never widened: then nothing about it is stored.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
pub(crate) fn is_never(widened: &u32) -> bool {
    *widened == 0
}

fn time(value: Option<&Value>, name: &str) -> Result<Timestamp, String> {
    text_of(value, name)?.parse().map_err(|error| format!("`{name}`: {error}"))
}

fn take_text(value: &mut Option<Value>, name: &str) -> Result<String, String> {
    take_optional_text(value, name)?.ok_or_else(|| missing(name))
}

fn take_optional_text(value: &mut Option<Value>, name: &str) -> Result<Option<String>, String> {
    match value.take() {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(no_text(name)),
    }
}

fn missing(name: &str) -> String {
    format!("`{name}` is missing")
}

fn no_text(name: &str) -> String {
    format!("`{name}` is not a string")
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
