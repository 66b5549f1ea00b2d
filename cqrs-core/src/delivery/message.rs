use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use crate::app::App;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::record::{self, Record};
use crate::version::Version;

/// What a body may take, names and values of the attributes included, in bytes
/// (Amazon SNS Developer Guide, "Amazon SNS message size"; Amazon SQS Developer Guide, "Quotas").
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// A commit on its way over a topic, whichever broker carries it.
///
/// The body is the stored record as JSON ([`store::record`](crate::store::record)). A record that is too large for
/// the broker travels as its two keys alone, and the consumer reads the commit from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The record, or its keys.
    pub body: String,
    /// The stored type names of its events, each once: what subscriptions filter on.
    pub types: Vec<String>,
    /// Whose commit it is; none where no aggregate of this program applies its events.
    pub tenant: Option<String>,
    /// The entity name of its aggregate; none as before.
    pub entity: Option<&'static str>,
    /// The correlation id of its metadata.
    pub correlation_id: String,
    /// The same for all commits of one stream: a digest, because a stream's keys may be longer than a broker's
    /// group id.
    pub group: String,
    /// Unique to the commit, and the same each time that it is published.
    pub id: String,
}

/// What a body holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The commit itself.
    Commit(Commit),
    /// Where the commit is.
    Reference(StreamKey, Version),
}

impl Message {
    /// The message of a commit.
    #[must_use]
    pub fn of(app: &App, commit: &Commit) -> Self {
        let record = record::encode(commit);
        let mut message = Self {
            body: Value::Object(record.clone()).to_string(),
            types: commit
                .events
                .iter()
                .map(|event| event.name.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            tenant: app.tenant_of(commit).ok().map(|tenant| tenant.to_string()),
            entity: app.entity_of(commit),
            correlation_id: commit.metadata.correlation_id.clone(),
            group: digest(&commit.stream, None),
            id: digest(&commit.stream, Some(commit.version)),
        };
        if message.bytes() > MAX_MESSAGE_BYTES {
            let keys = record.into_iter().filter(|(name, _)| name == "pk" || name == "sk");
            message.body = Value::Object(keys.collect()).to_string();
        }
        message
    }

    /// Its size as brokers count it, generously: the body, and names, types and values of the attributes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const NAMES_AND_KINDS: usize = 128;
        let types: usize = self.types.iter().map(|name| name.len() + 3).sum();
        let tenant = self.tenant.as_ref().map_or(0, String::len);
        let entity = self.entity.map_or(0, str::len);
        self.body.len() + types + tenant + entity + self.correlation_id.len() + NAMES_AND_KINDS
    }
}

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, for a body that is no commit's.
    pub fn parse(text: &str) -> Result<Self, String> {
        let record: Record =
            serde_json::from_str(text).map_err(|error| format!("the body is no commit: {error}"))?;
        let key = |name: &str| record.get(name).and_then(Value::as_str);
        if let (2, Some(pk), Some(sk)) = (record.len(), key("pk"), key("sk")) {
            let (stream, version) = StreamKey::parse_commit(pk, sk).map_err(|error| error.to_string())?;
            return Ok(Self::Reference(stream, version));
        }
        record::decode(record).map(Self::Commit).map_err(|corrupt| corrupt.to_string())
    }
}

/// A name-based UUID (RFC 9562, version 5): short enough for every broker, the same in every process.
fn digest(stream: &StreamKey, version: Option<Version>) -> String {
    let version = version.map(Version::to_padded).unwrap_or_default();
    let name = format!("{}\n{}\n{version}", stream.pk(), stream.sk());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}
