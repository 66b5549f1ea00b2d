//! All events of one command: the unit that is stored, published and projected.
//!
//! Stores and tools use a [`Commit`]; commands return a [`Committed`](crate::Committed), which has the decoded events.

mod corrupt;
mod decoded;
pub mod record;
mod state;
mod token;

pub use corrupt::CorruptCommit;
pub use state::CommitState;
pub use token::{CommitToken, CommitTokenError};

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;

use decoded::Decoded;
use serde_json::Value;

use crate::key::{StreamKey, extend_hash, stable_hash};
use crate::metadata::Metadata;
use crate::schema::SchemaNumber;
use crate::version::Version;

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// The stored type name.
    pub name: String,
    /// The version of its shape.
    pub schema: u32,
    /// How often that shape was widened by then: `#[event(widened = 1)]`. A program that knows fewer widenings leaves
    /// the event to a newer one.
    pub widened: u32,
    /// Its fields in camelCase.
    pub data: Value,
}

impl StoredEvent {
    /// One event as it is stored.
    #[must_use]
    pub fn new(name: impl Into<String>, schema: u32, data: Value) -> Self {
        Self { name: name.into(), schema, widened: 0, data }
    }

    /// The same event under the schema after this number of widenings.
    #[must_use]
    pub fn widened(self, widened: u32) -> Self {
        Self { widened, ..self }
    }

    /// The shape that it is stored in.
    #[must_use]
    pub fn number(&self) -> SchemaNumber {
        SchemaNumber::new(self.schema, self.widened)
    }
}

/// An event that cannot be serialized.
#[derive(Debug, Clone, thiserror::Error)]
#[error("event `{name}` cannot be serialized: {reason}")]
#[non_exhaustive]
pub struct EncodeError {
    /// The event's stored type name.
    pub name: &'static str,
    /// The error of serde.
    pub reason: String,
}

/// All events of one command, with its metadata. Stored as one item; never changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Commit {
    /// Its stream.
    pub stream: StreamKey,
    /// Its version in the stream.
    pub version: Version,
    /// The events in order, at least one.
    pub events: Vec<StoredEvent>,
    /// Who committed it, when and why.
    pub metadata: Arc<Metadata>,
    /// Its decoded events, if they are kept.
    pub(crate) decoded: Decoded,
}

impl Commit {
    /// All events of one command.
    #[must_use]
    pub fn new(
        stream: StreamKey,
        version: Version,
        events: Vec<StoredEvent>,
        metadata: impl Into<Arc<Metadata>>,
    ) -> Self {
        Self { stream, version, events, metadata: metadata.into(), decoded: Decoded::default() }
    }

    /// Keeps each event that is decoded from now on, for this commit and its clones. Useful if several subscribers need the
    /// events.
    pub(crate) fn keep_decoded(&mut self) {
        self.decoded = Decoded::of(self.events.len());
    }

    /// Distinguishes it from any other commit that may ever have its version.
    #[must_use]
    pub fn digest(&self) -> CommitDigest {
        let Metadata { command_id, created_at, .. } = &*self.metadata;
        let hash = stable_hash(command_id.as_bytes());
        CommitDigest(extend_hash(hash, &created_at.unix_millis().to_be_bytes()))
    }

    /// The stored type name of its first event, for logs.
    pub(crate) fn first_type(&self) -> Option<&str> {
        self.events.first().map(|event| event.name.as_str())
    }
}

/// Distinguishes a commit from any other that may ever have its version: after the events table is restored to an earlier point,
/// other commits take the versions of the lost ones.
///
/// It is a hash of the command id and the time, 64 bits, written as 16 hexadecimal digits: `9f2c61d0a7b3e845`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitDigest(u64);

impl CommitDigest {
    /// The digest of no commit.
    pub(crate) const NONE: Self = Self(0);
}

impl fmt::Display for CommitDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for CommitDigest {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}
