use super::LeftOut;
use crate::commit::{Commit, CommitDigest};
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{Fence, StoredView};

/// The source of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The store or its feed: the commits are those of the store.
    Store,
    /// A message, which may be forged, from another store, or about a commit that a restore has removed. It only says
    /// that there may be something new: commits for a view are read from the store.
    Message,
}

/// Commits of one stream that have arrived at a projection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub(crate) stream: &'a StreamKey,
    pub(crate) commits: &'a [Commit],
    pub(crate) origin: Origin,
    /// The versions that are skipped.
    pub(crate) left_out: &'a LeftOut,
    /// Whether only one of all running programs gets them.
    pub(crate) is_shared: bool,
}

/// How far a stream was folded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) version: Version,
    /// The digest of the commit `version`; `None` if it is not known.
    pub(crate) digest: Option<CommitDigest>,
}

impl Seen {
    pub(crate) const NONE: Self = Self { version: Version::NONE, digest: None };

    /// Up to and including a commit.
    pub(crate) fn up_to(commit: &Commit) -> Self {
        Self { version: commit.version, digest: Some(commit.digest()) }
    }

    /// How far a view at its aggregate's key was folded.
    pub(super) fn by(view: &StoredView) -> Self {
        Self { version: view.version, digest: view.digest }
    }

    /// How far a stream was applied to keyed views.
    pub(super) fn of(fence: &Fence) -> Self {
        Self { version: fence.version, digest: fence.digest }
    }
}

impl<'a> Arrived<'a> {
    /// The same, without commits at hand: all are read from the store.
    pub(super) fn unread(self) -> Self {
        Self { origin: Origin::Message, ..self }
    }

    /// The commits that need not be read.
    pub(super) fn at_hand(self) -> &'a [Commit] {
        match self.origin {
            Origin::Store => self.commits,
            Origin::Message => &[],
        }
    }

    /// The digest of one commit.
    pub(super) fn digest_of(self, version: Version) -> Option<CommitDigest> {
        self.commits.iter().find(|commit| commit.version == version).map(Commit::digest)
    }

    /// Whether the folded commits are still in the store. This is checked only if a commit has arrived with the version of a
    /// folded one, and nothing else will check.
    pub(super) async fn follows(self, runtime: &Runtime, seen: Seen) -> Result<bool, StoreError> {
        let is_behind = |commit: &Commit| commit.version <= seen.version;
        let asks = match self.origin {
            Origin::Store => self.commits.iter().any(is_behind),
            // Later commits are read together with the last one that was folded.
            Origin::Message => self.commits.iter().all(is_behind),
        };
        if asks { self.still_has(runtime, seen).await } else { Ok(true) }
    }

    /// Whether the commit up to which the stream was folded is still in the store.
    pub(super) async fn still_has(self, runtime: &Runtime, seen: Seen) -> Result<bool, StoreError> {
        let Some(digest) = seen.digest else { return Ok(true) };
        if let Some(at_hand) = self.at_hand().iter().find(|commit| commit.version == seen.version) {
            return Ok(at_hand.digest() == digest);
        }
        let page = runtime.event_store().read(self.stream, seen.version.previous(), seen.version).await?;
        Ok(page.commits.first().is_some_and(|commit| commit.digest() == digest))
    }
}
