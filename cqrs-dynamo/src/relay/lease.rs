use std::collections::BTreeMap;

use cqrs_core::Timestamp;

/// What one relay at a time works on: a shard of the stream, or a segment of the table in a catch-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) id: String,
    /// The relay that works on it, as long as `until` is not over.
    pub(super) owner: Option<String>,
    pub(super) until: Option<Timestamp>,
    /// What the topic has accepted; none before the first.
    pub(super) position: Option<String>,
    /// Nothing recorded before this is still to be published from here. For a segment, where the catch-up begins.
    pub(super) acknowledged_at: Timestamp,
    /// When it was made, or made anew.
    pub(super) since: Timestamp,
    /// All of the shard is published.
    pub(super) done: bool,
}

impl Lease {
    pub(super) fn new(id: impl Into<String>, acknowledged_at: Timestamp, since: Timestamp) -> Self {
        let id = id.into();
        Self { id, owner: None, until: None, position: None, acknowledged_at, since, done: false }
    }

    /// Whether a relay other than this one works on it.
    pub(super) fn is_taken(&self, me: &str, now: Timestamp) -> bool {
        self.owner.as_deref().is_some_and(|owner| owner != me) && self.until.is_some_and(|until| until > now)
    }

    /// Whether any relay works on it.
    pub(super) fn is_held(&self, now: Timestamp) -> bool {
        self.owner.is_some() && self.until.is_some_and(|until| until > now)
    }
}

/// One part of a parallel scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) of: u32,
}

/// No id of a shard begins like this.
const SEGMENT: &str = "@catch-up#";

impl Segment {
    pub(super) fn all(of: u32) -> impl Iterator<Item = Self> {
        (0..of).map(move |number| Self { number, of })
    }

    pub(super) fn id(self) -> String {
        format!("{SEGMENT}{:04}/{:04}", self.number, self.of)
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let (number, of) = id.strip_prefix(SEGMENT)?.split_once('/')?;
        Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
    }
}

/// All that the relays of one name have written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Board {
    /// Whether some relay has seen all shards that there were in the beginning.
    pub(super) begun: bool,
    /// The relays at work, and until when they are believed to be.
    pub(super) relays: BTreeMap<String, Timestamp>,
    pub(super) shards: BTreeMap<String, Lease>,
    pub(super) segments: BTreeMap<String, Lease>,
}
