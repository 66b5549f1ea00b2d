use serde::{Deserialize, Serialize};

use super::generations::is_zero;
use super::{Edition, Generations};
use crate::commit::Commit;
use crate::timestamp::Timestamp;

/// What a fold records when its edition begins.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) fingerprint: &'static str,
    /// The stored names of the events that it listens to.
    pub(crate) events: Vec<String>,
    /// The indexes of its views.
    pub(crate) indexes: Vec<String>,
}

/// What is known about one edition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registered {
    #[serde(flatten)]
    pub(crate) generations: Generations,
    /// The fingerprint of its fold; `None` if the release that made it did not record one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fold: Option<String>,
    /// Goes up each time it begins to follow the streams.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) number: u64,
    /// The first such number, which is part of its addresses.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) begun: u64,
    #[serde(default, skip_serializing_if = "State::is_whole")]
    pub(crate) state: State,
    /// Whether it was complete before, if it is not now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) was_whole: bool,
    /// The stored names of the events that it listens to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<String>,
    /// The indexes of its views.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) indexes: Vec<String>,
    /// Into how many parts the events table was divided when its building began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) segments: Option<u32>,
    /// Since when it is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Timestamp>,
    /// The process that builds it, or removes others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) builder: Option<Builder>,
    /// When a program of this fold was last at work, as far as others need to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<Timestamp>,
}

/// The process that builds an edition, and until when it counts as alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Builder {
    pub(crate) id: String,
    pub(crate) until: Timestamp,
}

/// How much an edition contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// It is being built: it follows the streams, and still lacks earlier commits.
    Building,
    /// Everything that was delivered.
    #[default]
    Whole,
    /// It lacks commits that another edition has taken while no program of its fold was running.
    Behind,
    /// Its views and fences are being removed.
    Leaving,
    /// Nothing of it exists any more. Only the first edition is still recorded then.
    Gone,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl State {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

impl Registered {
    pub(super) fn is_of(&self, fold: &str) -> bool {
        self.fold.as_deref() == Some(fold) && self.state != State::Leaving
    }

    /// Its addresses, if it is not the first edition.
    pub(super) fn edition(&self) -> Edition {
        Edition::of_fold(self.fold.as_deref().unwrap_or_default(), self.begun)
    }

    /// Whether it is to get every commit.
    pub(crate) fn follows(&self) -> bool {
        matches!(self.state, State::Building | State::Whole)
    }

    /// Notes that it follows the streams from now on, and still lacks earlier commits.
    pub(super) fn begin(&mut self, number: u64) {
        self.was_whole |= self.state == State::Whole;
        (self.number, self.state) = (number, State::Building);
        (self.segments, self.left) = (None, None);
    }

    pub(super) fn describe(&mut self, fold: &Fold) {
        let owned = |names: &[String]| names.to_vec();
        self.fold = Some(fold.fingerprint.to_owned());
        (self.events, self.indexes) = (owned(&fold.events), owned(&fold.indexes));
    }

    /// Notes that it no longer gets commits.
    pub(crate) fn leave(&mut self, now: Timestamp) {
        self.was_whole |= self.state == State::Whole;
        (self.state, self.left) = (State::Behind, Some(now));
    }

    /// Whether it is to be removed, if editions that were abandoned before a time are not kept.
    pub(super) fn is_removed_after(&self, kept: Timestamp) -> bool {
        match self.state {
            State::Behind => self.left.is_none_or(|left| left < kept),
            State::Leaving => true,
            _ => false,
        }
    }

    /// Whether its programs have given no sign of life since a time.
    pub(crate) fn is_silent(&self, since: Timestamp) -> bool {
        self.seen.is_none_or(|seen| seen < since)
    }

    /// Whether programs of its fold may write it again.
    pub(crate) fn may_come_back(&self) -> bool {
        matches!(self.state, State::Building | State::Whole | State::Behind)
    }

    /// Whether its views are or were complete.
    pub(crate) fn is_readable(&self) -> bool {
        self.state == State::Whole
            || (self.was_whole && matches!(self.state, State::Building | State::Behind))
    }

    /// A number that goes up when all commits have gone into its views: after a replay of all tenants, and after it was built.
    pub(crate) fn replayed(&self) -> u64 {
        match self.state {
            State::Whole => (self.number << 32) | self.generations.whole,
            _ => 0,
        }
    }

    pub(crate) fn note_whole(&mut self) {
        (self.state, self.was_whole) = (State::Whole, false);
        (self.segments, self.builder) = (None, None);
    }

    /// Whether it listens to an event of a commit.
    pub(crate) fn wants(&self, commit: &Commit) -> bool {
        self.events.is_empty() || commit.events.iter().any(|event| self.events.contains(&event.name))
    }
}
