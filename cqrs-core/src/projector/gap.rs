use std::borrow::Cow;

use super::arrived::{Arrived, Seen};
use super::error::Astray;
use super::{Origin, ProjectError};
use crate::commit::{Commit, CommitDigest, CorruptCommit};
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;

/// The commits of a stream after one version, up to another: those at hand, and from the store those that the delivery left out,
/// a page at a time. A read includes the commit before them, which proves that they follow.
#[derive(Debug)]
pub(crate) struct Following<'a> {
    runtime: &'a Runtime,
    arrived: Arrived<'a>,
    seen: Version,
    /// The digest of the commit `seen`, until it is compared with the store.
    digest: Option<CommitDigest>,
    until: Version,
}

impl<'a> Following<'a> {
    pub(super) fn new(runtime: &'a Runtime, arrived: Arrived<'a>, seen: Seen, until: Version) -> Self {
        Self { runtime, arrived, seen: seen.version, digest: seen.digest, until }
    }

    /// The next commits, without a gap; `None` after the last one. Skipped commits have no events.
    pub(super) async fn next(&mut self) -> Result<Option<Cow<'a, [Commit]>>, ProjectError> {
        if self.seen >= self.until {
            return Ok(None);
        }
        let mut commits = match self.next_at_hand() {
            Some(commits) => Cow::Borrowed(commits),
            None => Cow::Owned(self.next_stored().await?),
        };
        let is_left_out = |commit: &Commit| self.arrived.left_out.contains(&commit.version);
        if commits.iter().any(is_left_out) {
            let left_out = commits.to_mut().iter_mut().filter(|commit| is_left_out(commit));
            left_out.for_each(|commit| commit.events.clear());
        }
        self.seen = commits.last().map_or(self.seen, |commit| commit.version);
        Ok(Some(commits))
    }

    fn next_at_hand(&self) -> Option<&'a [Commit]> {
        let at_hand = self.arrived.at_hand();
        let start = at_hand.iter().position(|commit| commit.version == self.seen.next())?;
        let rest = at_hand.get(start..)?;
        let follows =
            |pair: &&[Commit]| pair[1].version == pair[0].version.next() && pair[1].version <= self.until;
        rest.get(..1 + rest.windows(2).take_while(follows).count())
    }

    async fn next_stored(&mut self) -> Result<Vec<Commit>, ProjectError> {
        let Self { seen, until, .. } = *self;
        let stream = self.arrived.stream;
        tracing::debug!(%stream, %seen, %until, "reading commits from the store");
        let digest = self.digest.take();
        let after = if digest.is_some() { seen.previous() } else { seen };
        let mut page = self.runtime.event_store().read(stream, after, until).await?;
        if let Some(digest) = digest {
            let is_seen = |commit: &Commit| commit.version == seen && commit.digest() == digest;
            if !page.commits.first().is_some_and(is_seen) {
                return Err(Astray::Diverged { stream: stream.clone(), version: seen }.into());
            }
            page.commits.remove(0);
            if page.commits.is_empty() && page.more {
                page = self.runtime.event_store().read(stream, seen, until).await?;
            }
        }
        let mut expected = seen.next();
        for commit in &page.commits {
            if commit.version != expected {
                return Err(self.gap(commit.version, Some(commit), expected).into());
            }
            self.compare(commit)?;
            expected = expected.next();
        }
        match page.commits.is_empty() {
            false => Ok(page.commits),
            true if self.arrived.origin == Origin::Message => {
                Err(Astray::NotStored { stream: stream.clone(), version: expected }.into())
            }
            true => Err(self.gap(until, None, expected).into()),
        }
    }

    /// Whether a commit of the store is the one from a message.
    fn compare(&self, commit: &Commit) -> Result<(), ProjectError> {
        match self.arrived.digest_of(commit.version) {
            Some(digest) if digest != commit.digest() => {
                Err(Astray::Foreign { stream: commit.stream.clone(), version: commit.version }.into())
            }
            _ => Ok(()),
        }
    }

    fn gap(&self, found: Version, commit: Option<&Commit>, missing: Version) -> StoreError {
        let stream: &StreamKey = self.arrived.stream;
        CorruptCommit {
            pk: stream.pk().to_owned(),
            sk: stream.commit_sk(found),
            version: Some(found.get()),
            name: commit.and_then(|commit| Some(commit.events.first()?.name.clone())),
            reason: format!("the stream has a gap: version {missing} is missing"),
        }
        .into()
    }
}
