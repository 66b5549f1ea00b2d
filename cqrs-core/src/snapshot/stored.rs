use serde_json::Value;

use super::EarlierIds;
use crate::commit::record::Record;
use crate::commit::{CorruptCommit, record};
use crate::key::StreamKey;
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A snapshot as it is stored.
///
/// ```json
/// { "pk": "TENANT001#ORDER", "sk": "ORDER#20240101-001", "version": 300, "state": { "open": true, "total": 15000 },
///   "fingerprint": "9f2c61d0a7b3e845", "commandIds": ["…", "…"], "lastAt": "2024-01-01T10:00:00.000Z" }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredSnapshot {
    /// The stream.
    pub stream: StreamKey,
    /// The last commit that is folded into it.
    pub version: Version,
    /// The serialized state.
    pub state: Value,
    /// Identifies the code that folded it: 16 hexadecimal digits, and `+` if there are `earlierIds`. A program with another fold
    /// ignores the snapshot.
    pub fingerprint: String,
    /// The command ids of the last commits, in the order of their versions; the id of `version` is the last one, and always
    /// present.
    pub command_ids: Vec<String>,
    /// Digests of the ids of the commits right before those, if the program knew only the digests: the attribute `earlierIds`.
    pub(crate) earlier_ids: EarlierIds,
    /// The latest `createdAt` among all commits.
    pub last_at: Timestamp,
    /// The latest time in it that came from a clock and was not given with `.at(…)`; `None` if there is no such time, and in
    /// snapshots of earlier releases.
    pub clock_at: Option<Timestamp>,
}

impl StoredSnapshot {
    /// The state of a stream at a version.
    #[must_use]
    pub fn new(
        stream: StreamKey,
        version: Version,
        state: Value,
        fingerprint: impl Into<String>,
        command_ids: Vec<String>,
        last_at: Timestamp,
    ) -> Self {
        let fingerprint = fingerprint.into();
        Self {
            stream,
            version,
            state,
            fingerprint,
            command_ids,
            earlier_ids: EarlierIds::default(),
            last_at,
            clock_at: None,
        }
    }

    /// The latest time in it that came from a clock.
    #[must_use]
    pub fn with_clock_at(mut self, clock_at: Option<Timestamp>) -> Self {
        self.clock_at = clock_at;
        self
    }

    /// The snapshot as one item.
    #[must_use]
    pub fn record(&self) -> Record {
        let ids = self.command_ids.iter().map(|id| Value::from(id.as_str())).collect();
        let mut record = Record::from_iter([
            ("pk".to_owned(), self.stream.pk().into()),
            ("sk".to_owned(), self.stream.sk().into()),
            ("version".to_owned(), self.version.get().into()),
            ("state".to_owned(), self.state.clone()),
            ("fingerprint".to_owned(), self.fingerprint.as_str().into()),
            ("commandIds".to_owned(), Value::Array(ids)),
            ("lastAt".to_owned(), self.last_at.to_string().into()),
        ]);
        if !self.earlier_ids.is_empty() {
            record.insert("earlierIds".to_owned(), self.earlier_ids.encode().into());
        }
        if let Some(at) = self.clock_at {
            record.insert("clockAt".to_owned(), at.to_string().into());
        }
        record
    }

    /// Reads a snapshot back. Unknown attributes are ignored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a missing attribute, or one of another kind.
    pub fn decode(mut record: Record) -> Result<Self, StoreError> {
        decode_fields(&mut record).map_err(|reason| {
            let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or("missing").to_owned();
            let version = record.get("version").and_then(Value::as_u64);
            let reason = format!("not a snapshot: {reason}");
            CorruptCommit { pk: text("pk"), sk: text("sk"), version, name: None, reason }.into()
        })
    }
}

fn decode_fields(record: &mut Record) -> Result<StoredSnapshot, String> {
    let stream = StreamKey::new(record::text(record, "pk")?, record::text(record, "sk")?)
        .map_err(|error| error.to_string())?;
    let version = Version::new(record::number(record, "version")?);
    let fingerprint = record::text(record, "fingerprint")?.to_owned();
    let last_at = record::text(record, "lastAt")?.parse().map_err(|error| format!("`lastAt`: {error}"))?;
    let clock_at = match record.get("clockAt") {
        Some(_) => {
            Some(record::text(record, "clockAt")?.parse().map_err(|error| format!("`clockAt`: {error}"))?)
        }
        None => None,
    };
    let ids = record.get("commandIds").and_then(Value::as_array).ok_or("`commandIds` is not a list")?;
    let ids = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    let command_ids = ids.ok_or("`commandIds` has an element that is not a string")?;
    if command_ids.is_empty() || command_ids.len() as u64 > version.get() {
        return Err(format!("`commandIds` has {} elements for {version} commits", command_ids.len()));
    }
    let earlier_ids = match record.get("earlierIds") {
        Some(_) => {
            let text = record::text(record, "earlierIds")?;
            EarlierIds::decode(text).ok_or("`earlierIds` holds no digests")?
        }
        None => EarlierIds::default(),
    };
    if (command_ids.len() + earlier_ids.len()) as u64 > version.get() {
        return Err(format!("`earlierIds` has {} digests for {version} commits", earlier_ids.len()));
    }
    let state = record.remove("state").ok_or("`state` is missing")?;
    Ok(StoredSnapshot { stream, version, state, fingerprint, command_ids, earlier_ids, last_at, clock_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn snapshot() -> StoredSnapshot {
        StoredSnapshot {
            stream: StreamKey::new("TENANT001#ORDER", "ORDER#1").unwrap(),
            version: Version::new(4),
            state: json!({ "open": true }),
            fingerprint: "00000000000000ff".to_owned(),
            command_ids: vec!["c-1".to_owned(), String::new()],
            earlier_ids: EarlierIds::decode("q83vEg").unwrap(),
            last_at: "2024-01-01T10:00:00Z".parse().unwrap(),
            clock_at: Some("2024-01-01T09:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn a_snapshot_is_read_back_with_attributes_that_nobody_knows() {
        let mut record = snapshot().record();
        record.insert("later".to_owned(), json!(1));
        assert_eq!(StoredSnapshot::decode(record).unwrap(), snapshot());
    }

    #[test]
    fn what_is_no_snapshot_is_named_with_its_key() {
        let broken = [
            ("version", json!("4"), "`version` is not a whole number"),
            ("version", json!(1), "`commandIds` has 2 elements for 1 commits"),
            ("version", json!(3), "`earlierIds` has 2 digests for 3 commits"),
            ("earlierIds", json!("?"), "`earlierIds` holds no digests"),
            ("fingerprint", json!(7), "`fingerprint` is not a string"),
            ("commandIds", json!("c-1"), "`commandIds` is not a list"),
            ("commandIds", json!([]), "`commandIds` has 0 elements"),
            ("commandIds", json!([1]), "`commandIds` has an element"),
            ("lastAt", json!("yesterday"), "`lastAt`: "),
            ("clockAt", json!("yesterday"), "`clockAt`: "),
        ];
        for (name, value, reason) in broken {
            let mut record = snapshot().record();
            record.insert(name.to_owned(), value);
            let said = StoredSnapshot::decode(record).unwrap_err().to_string();
            assert!(said.contains("pk `TENANT001#ORDER`, sk `ORDER#1`") && said.contains(reason), "{said}");
        }
        for name in ["version", "state", "fingerprint", "commandIds", "lastAt"] {
            let mut record = snapshot().record();
            record.remove(name);
            let said = StoredSnapshot::decode(record).unwrap_err().to_string();
            assert!(said.contains(&format!("`{name}`")), "{said}");
        }
    }
}
