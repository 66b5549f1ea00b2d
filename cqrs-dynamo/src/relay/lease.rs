use std::collections::BTreeMap;
use std::time::Duration;

use cqrs_core::Timestamp;

/// What one relay at a time works on: a shard of the stream, or a segment of the table in a catch-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) id: String,
    /// The relay that works on it.
    pub(super) holder: Option<Holder>,
    /// The position up to which the topic has accepted records; `None` before the first.
    pub(super) position: Option<String>,
    /// Everything recorded before this time is published. For a segment, where the catch-up begins.
    pub(super) acknowledged_at: Timestamp,
    /// When it was made, or made again.
    pub(super) since: Timestamp,
    /// All of the shard is published.
    pub(super) done: bool,
}

impl Lease {
    pub(super) fn new(id: impl Into<String>, acknowledged_at: Timestamp, since: Timestamp) -> Self {
        let id = id.into();
        Self { id, holder: None, position: None, acknowledged_at, since, done: false }
    }

    /// Whether a relay other than this one works on it.
    pub(super) fn is_taken(&self, me: &str) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.relay != me && holder.life != Life::Silent)
    }

    /// Whether any relay works on it.
    pub(super) fn is_held(&self) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.life != Life::Silent)
    }
}

/// The relay that has a lease, and its last sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) relay: String,
    pub(super) sign: Sign,
    pub(super) life: Life,
}

/// What is known about a relay that has a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It has not been watched for long enough.
    Unknown,
    /// It has given a sign of life while it was watched.
    Seen,
    /// It has given no sign of life for as long as a lease lasts.
    Silent,
}

/// The attributes that a live relay keeps changing. The watching relay uses only its own clock: a sign that does not change for
/// as long as a lease lasts is the last one. The other relay's clock does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sign {
    /// When the lease runs out by the clock of its owner: for people, and for relays of earlier releases.
    pub(super) until: Option<Timestamp>,
    /// Goes up with each sign; `None` from relays of earlier releases.
    pub(super) beat: Option<u64>,
    /// How long the lease lasts after a sign; `None` from relays of earlier releases.
    pub(super) lasts: Option<Duration>,
}

impl Sign {
    /// Whether this sign does not fit a live relay, if both clocks agree: it has expired, or it lasts longer than a lease. Only a
    /// hint to look closer.
    pub(super) fn is_odd(&self, now: Timestamp, lease: Duration) -> bool {
        self.until.is_none_or(|until| until <= now || until > now + self.lasts.unwrap_or(lease))
    }
}

/// One part of a parallel scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) of: u32,
}

/// No shard id begins like this.
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

/// Everything that the relays of one name have stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Board {
    /// Whether some relay has seen all initial shards.
    pub(super) begun: bool,
    /// The relays that have said that they are at work.
    pub(super) relays: BTreeMap<String, (Sign, Life)>,
    pub(super) shards: BTreeMap<String, Lease>,
    pub(super) segments: BTreeMap<String, Lease>,
}

impl Board {
    /// How many other relays are at work, as far as is known.
    pub(super) fn others(&self, me: &str) -> usize {
        let others = self.relays.iter().filter(|(relay, _)| relay.as_str() != me);
        others.filter(|(_, (_, life))| *life != Life::Silent).count()
    }
}
