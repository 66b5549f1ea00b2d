use std::collections::BTreeSet;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::commit::{Commit, record};
use crate::json::canonical::canonicalize;
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::version::Version;

/// The most bytes that a topic takes in one message by default, including the names and values of the attributes
/// (Amazon SNS Developer Guide, "Publishing large messages with Amazon SNS": from 1,024 to 1,048,576). A
/// [`Publisher`](super::Publisher) knows how many its own topic takes.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The number of attributes of a record.
const ATTRIBUTES: usize = 15;

/// Unicode's noncharacters of the first plane that XML 1.0 leaves out.
const NONCHARACTERS: [char; 2] = ['\u{FFFE}', '\u{FFFF}'];

/// A commit on its way over a topic, whichever broker carries it.
///
/// The body is the stored record as JSON ([`store::record`](crate::store::record)). A record that is too large for
/// the topic travels as its two keys alone, and the consumer reads the commit from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The record, or its keys.
    pub body: String,
    /// The stored type names of its events, each once: what subscriptions filter on.
    pub types: Vec<String>,
    /// The tenant of the commit; `None` if no aggregate of this program applies its events.
    pub tenant: Option<String>,
    /// The entity name of its aggregate; `None` in the same case.
    pub entity: Option<&'static str>,
    /// The correlation id of its metadata; `None` if it is empty, or if it alone is too large for a message.
    pub correlation_id: Option<String>,
    /// The same for all commits of one stream: a digest, because a stream's keys may be longer than a broker's
    /// group id.
    pub group: String,
    /// Unique to the commit, and the same each time that it is published.
    pub id: String,
    /// The stream of the commit.
    pub stream: StreamKey,
    /// Its version.
    pub version: Version,
}

/// What a body contains.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The commit itself.
    Commit(Commit),
    /// Where the commit is.
    Reference(StreamKey, Version),
}

impl Message {
    /// The message of a commit, with its record as it was stored: a newer program may have put something into it
    /// that this one does not know.
    pub(crate) fn carrying(runtime: &Runtime, commit: &Commit, record: &Value, max_bytes: usize) -> Self {
        let mut message = Self {
            body: text(record),
            types: commit
                .events
                .iter()
                .map(|event| event.name.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            tenant: runtime.index.tenant_of(commit).ok().map(|tenant| legible(tenant.as_str())),
            entity: runtime.index.entity_of(commit),
            correlation_id: Some(legible(&commit.metadata.correlation_id)).filter(|id| !id.is_empty()),
            group: digest(&commit.stream, None),
            id: digest(&commit.stream, Some(commit.version)),
            stream: commit.stream.clone(),
            version: commit.version,
        };
        if message.bytes() > max_bytes {
            let keys = json!({ "pk": commit.stream.pk(), "sk": commit.stream.commit_sk(commit.version) });
            message.body = text(&keys);
        }
        if message.bytes() > max_bytes {
            message.correlation_id = None;
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
        let correlation_id = self.correlation_id.as_ref().map_or(0, String::len);
        self.body.len() + types + tenant + entity + correlation_id + NAMES_AND_KINDS
    }
}

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, for a body that is not that of a commit.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Attributes(record) =
            serde_json::from_str(text).map_err(|error| format!("the body is not a commit: {error}"))?;
        let key = |name: &str| record.iter().find(|(found, _)| found == name)?.1.as_str();
        if let (2, Some(pk), Some(sk)) = (record.len(), key("pk"), key("sk")) {
            let (stream, version) = StreamKey::parse_commit(pk, sk).map_err(|error| error.to_string())?;
            return Ok(Self::Reference(stream, version));
        }
        let mut commit = record::decode(record).map_err(|corrupt| corrupt.to_string())?;
        // Another program may have written a number in another form: `1.50`, `1e+23`.
        commit.events.iter_mut().for_each(|event| canonicalize(&mut event.data));
        Ok(Self::Commit(commit))
    }
}

/// The attributes of a body in their order: each is looked at once, so they need no map.
struct Attributes(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::with_capacity(ATTRIBUTES)))
    }
}

impl<'de> Visitor<'de> for Attributes {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(attribute) = map.next_entry()? {
            self.0.push(attribute);
        }
        Ok(self)
    }
}

/// JSON in the characters that brokers take: those of XML 1.0 (Amazon SQS API Reference, "SendMessage"). JSON
/// escapes most of the others itself; all of them can only occur in strings, where they may be escaped.
fn text(record: &Value) -> String {
    let text = record.to_string();
    if text.contains(NONCHARACTERS) {
        return text.replace(NONCHARACTERS[0], "\\uFFFE").replace(NONCHARACTERS[1], "\\uFFFF");
    }
    text
}

/// An attribute's value in the same characters. The body has the original.
fn legible(text: &str) -> String {
    let refused = |character: char| {
        NONCHARACTERS.contains(&character) || character < ' ' && !matches!(character, '\t' | '\n' | '\r')
    };
    text.replace(refused, "\u{FFFD}")
}

/// A name-based UUID (RFC 9562, version 5): short enough for every broker, the same in every process.
fn digest(stream: &StreamKey, version: Option<Version>) -> String {
    let version = version.map(Version::to_padded).unwrap_or_default();
    let name = format!("{}\n{}\n{version}", stream.pk(), stream.sk());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;
    use crate::commit::StoredEvent;
    use crate::commit::record::Record;
    use crate::metadata::Metadata;
    use crate::store::MemoryEventStore;
    use crate::timestamp::Timestamp;

    fn commit(text: &str, correlation_id: &str) -> Commit {
        let mut metadata = Metadata::new("command", Timestamp::from_unix_millis(0));
        correlation_id.clone_into(&mut metadata.correlation_id);
        let event = |name: &str| StoredEvent::new(name, 1, json!({ "text": text }));
        let stream = StreamKey::new("TENANT001#ORDER", "ORDER#1").unwrap();
        let events = vec![event("OrderShipped"), event("OrderCreated"), event("OrderShipped")];
        Commit::new(stream, Version::new(3), events, metadata)
    }

    fn message(text: &str, correlation_id: &str) -> (Message, Commit) {
        let app = App::builder(MemoryEventStore::new()).only([]).build().unwrap();
        let commit = commit(text, correlation_id);
        (Message::of(&app, &commit), commit)
    }

    #[test]
    fn a_commit_travels_whole_up_to_the_limit_and_as_its_keys_beyond_it() {
        for (bytes, whole) in [(0, true), (80_000, true), (100_000, false), (133_000, false)] {
            let (message, commit) = message(&"x".repeat(bytes), "c");
            let expected = match whole {
                true => Body::Commit(commit),
                false => Body::Reference(commit.stream, commit.version),
            };
            assert_eq!(Body::parse(&message.body).unwrap(), expected, "{bytes}");
            assert!(message.bytes() <= MAX_MESSAGE_BYTES);
            assert_eq!(message.types, ["OrderCreated", "OrderShipped"]);
            assert_eq!(message.correlation_id.as_deref(), Some("c"));
        }
    }

    #[test]
    fn a_commit_travels_whole_as_far_as_the_topic_takes_it() {
        let app = App::builder(MemoryEventStore::new()).only([]).build().unwrap();
        // Three events of 120,000 bytes.
        let commit = commit(&"x".repeat(120_000), "c");
        let record = Value::Object(record::encode(&commit));
        for (max_bytes, whole) in [(1024 * 1024, true), (361_500, true), (360_000, false), (1024, false)] {
            let message = Message::carrying(&app.delivery().runtime, &commit, &record, max_bytes);
            let is_whole = matches!(Body::parse(&message.body).unwrap(), Body::Commit(_));
            assert_eq!(is_whole, whole, "{max_bytes}");
            assert!(message.bytes() <= max_bytes);
        }
    }

    #[test]
    fn a_correlation_id_that_alone_is_too_large_stays_in_the_store() {
        let (message, commit) = message("", &"c".repeat(300_000));
        assert_eq!(Body::parse(&message.body).unwrap(), Body::Reference(commit.stream, commit.version));
        assert_eq!(message.correlation_id, None);
        assert!(message.bytes() <= MAX_MESSAGE_BYTES);
    }

    #[test]
    fn characters_that_brokers_refuse_are_escaped_in_the_body_and_replaced_in_attributes() {
        let text = "a\u{0}\u{1F}\u{7F}\u{FFFE}\u{FFFF}\u{1F980}";
        let (message, commit) = message(text, text);
        assert_eq!(Body::parse(&message.body).unwrap(), Body::Commit(commit));
        let allowed = |c: char| c >= ' ' && !NONCHARACTERS.contains(&c);
        assert!(message.body.chars().all(allowed), "{}", message.body);
        assert!(message.correlation_id.unwrap().chars().all(allowed));
    }

    #[test]
    fn what_only_a_newer_program_knows_travels_along() {
        let app = App::builder(MemoryEventStore::new()).only([]).build().unwrap();
        let commit = commit("", "c");
        let mut record = record::encode(&commit);
        record.insert("signature".to_owned(), "abc".into());
        let message = Message::carrying(
            &app.delivery().runtime,
            &commit,
            &Value::Object(record.clone()),
            MAX_MESSAGE_BYTES,
        );
        assert_eq!(serde_json::from_str::<Record>(&message.body).unwrap(), record);
    }

    #[test]
    fn every_f64_arrives_bit_for_bit() {
        let app = App::builder(MemoryEventStore::new()).only([]).build().unwrap();
        let mut random = fastrand::Rng::with_seed(13);
        let random = (0..10_000).map(|_| f64::from_bits(random.u64(..))).filter(|number| number.is_finite());
        let numbers: Vec<f64> =
            [964.096_705_605_763_9, 1e-130, -1e-130, 9.99e125, 0.1].into_iter().chain(random).collect();
        let mut commit = commit("", "c");
        commit.events[0].data = numbers.clone().into();
        let message = Message::carrying(
            &app.delivery().runtime,
            &commit,
            &Value::Object(record::encode(&commit)),
            MAX_MESSAGE_BYTES,
        );
        let body: Record = serde_json::from_str(&message.body).unwrap();
        let arrived =
            body["data"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap().to_bits());
        assert!(arrived.eq(numbers.iter().map(|number| number.to_bits())));
    }
}
