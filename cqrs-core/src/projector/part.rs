use super::arrived::Seen;
use super::keyed_view::Goal;
use super::opened::Copies;
use crate::commit::CommitDigest;
use crate::projection::Phase;
use crate::version::Version;
use crate::view::{Fence, ViewId};

/// The copies that a replay builds, and its position in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    pub(super) generation: u64,
    pub(super) phase: Phase,
    pub(super) from: Version,
}

/// What a stream takes part in: the generation and the editions of its next fence, and the current replay.
pub(super) struct Part {
    pub(super) generation: u64,
    pub(super) last_edition: u64,
    pub(super) shadow: Option<Shadow>,
    /// Up to which view the commit behind `shadow.from` is in the shadows.
    pub(super) shadow_part: Option<String>,
}

impl Part {
    /// From which commit to which one a stream is to be applied.
    pub(super) fn way(&self, goal: Goal<'_>, fence: &Fence) -> (Seen, Version) {
        // A commit that the live views have in part also goes into the shadows, before these replace the live views.
        let whole = if fence.part.is_some() { fence.version.next() } else { fence.version };
        let until = if goal.whole { goal.until.max(whole) } else { goal.until };
        let from = match self.shadow {
            Some(shadow) if shadow.from < fence.version => Seen { version: shadow.from, digest: None },
            _ => Seen::of(fence),
        };
        (from, until)
    }

    /// Into which copies of a view an event of a commit is still to go.
    pub(super) fn copies(&self, fence: &Fence, version: Version, id: &ViewId) -> Copies {
        let is_ahead = |reached: Version, part: &Option<String>| {
            let in_part = version == reached.next() && part.as_ref().is_some_and(|part| id.sk <= *part);
            version > reached && !in_part
        };
        Copies {
            live: is_ahead(fence.version, &fence.part),
            shadow: self.shadow.is_some_and(|shadow| is_ahead(shadow.from, &self.shadow_part)),
        }
    }

    /// The fence after all commits up to `reached`, and after the next one up to the view `part`.
    pub(super) fn next_fence(
        &self,
        fence: &Fence,
        reached: Version,
        digest: Option<CommitDigest>,
        part: Option<&ViewId>,
    ) -> Fence {
        let further = |from: Version, before: &Option<String>| {
            let before = before.as_ref().filter(|_| from >= reached);
            let now = part.filter(|_| from <= reached).map(|id| &id.sk);
            (from.max(reached), before.max(now).cloned())
        };
        let (version, live_part) = further(fence.version, &fence.part);
        let digest = if version > fence.version { digest } else { fence.digest };
        let (generation_version, generation_part) = match self.shadow {
            Some(shadow) => further(shadow.from, &self.shadow_part),
            // What an unfinished replay has left is not used.
            None if fence.generation_version < fence.version => (fence.generation_version, None),
            None => (version, None),
        };
        Fence {
            id: fence.id.clone(),
            version,
            digest,
            generation: self.generation,
            generation_version,
            part: live_part,
            generation_part,
            last_edition: self.last_edition,
        }
    }
}
