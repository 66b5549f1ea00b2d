use serde_json::Value;

use crate::commit::record::{self, Record};
use crate::key::StreamKey;
use crate::version::Version;

/// What a view across aggregates contains of a stream, if the fence is written after the view, and not with it.
///
/// It stays in the view after the fence is written, until the view is written again. The fence decides: while it has not reached
/// `version`, the view contains more of the stream than the fence says. Before any writer writes such a view again, or applies
/// that stream to any view, it brings the fence to `version`. Readers of the view can ignore it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfenced {
    /// The stream that the view was written for.
    pub stream: StreamKey,
    /// The last commit of the stream that the view contains. Its digest is that of the view.
    pub version: Version,
}

impl Unfenced {
    /// A stream, and the last commit of it that the view contains.
    #[must_use]
    pub const fn new(stream: StreamKey, version: Version) -> Self {
        Self { stream, version }
    }

    pub(super) fn record(&self) -> Record {
        let mut record = Record::new();
        record.insert("pk".to_owned(), self.stream.pk().into());
        record.insert("sk".to_owned(), self.stream.sk().into());
        record.insert("version".to_owned(), self.version.get().into());
        record
    }

    pub(super) fn decode(record: &Record, name: &str) -> Result<Self, String> {
        let record = record.get(name).and_then(Value::as_object).ok_or("`unfenced` is not an object")?;
        let stream = StreamKey::new(record::text(record, "pk")?, record::text(record, "sk")?);
        let stream = stream.map_err(|error| format!("`unfenced`: {error}"))?;
        Ok(Self { stream, version: Version::new(record::number(record, "version")?) })
    }
}
