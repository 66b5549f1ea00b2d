use std::borrow::Cow;

use crate::app::App;
use crate::commit::Commit;
use crate::delivery::LeftOut;
use crate::key::StreamKey;
use crate::store::{CorruptCommit, StoreError};
use crate::version::Version;

/// The commits of a stream behind one version, up to another: those at hand, and from the store what the delivery left
/// out, a page at a time.
#[derive(Debug)]
pub(crate) struct Following<'a> {
    app: &'a App,
    stream: &'a StreamKey,
    at_hand: &'a [Commit],
    left_out: &'a LeftOut,
    seen: Version,
    until: Version,
}

impl<'a> Following<'a> {
    pub(crate) fn new(
        app: &'a App,
        stream: &'a StreamKey,
        at_hand: &'a [Commit],
        left_out: &'a LeftOut,
        seen: Version,
        until: Version,
    ) -> Self {
        Self { app, stream, at_hand, left_out, seen, until }
    }

    /// The next commits, without a gap; none behind the last one. Those that are left out have no events.
    pub(crate) async fn next(&mut self) -> Result<Option<Cow<'a, [Commit]>>, StoreError> {
        if self.seen >= self.until {
            return Ok(None);
        }
        let mut commits = match self.next_at_hand() {
            Some(commits) => Cow::Borrowed(commits),
            None => Cow::Owned(self.next_stored().await?),
        };
        let is_left_out = |commit: &Commit| self.left_out.contains(&commit.version);
        if commits.iter().any(is_left_out) {
            let left_out = commits.to_mut().iter_mut().filter(|commit| is_left_out(commit));
            left_out.for_each(|commit| commit.events.clear());
        }
        self.seen = commits.last().map_or(self.seen, |commit| commit.version);
        Ok(Some(commits))
    }

    fn next_at_hand(&self) -> Option<&'a [Commit]> {
        let start = self.at_hand.iter().position(|commit| commit.version == self.seen.next())?;
        let rest = self.at_hand.get(start..)?;
        let follows =
            |pair: &&[Commit]| pair[1].version == pair[0].version.next() && pair[1].version <= self.until;
        rest.get(..1 + rest.windows(2).take_while(follows).count())
    }

    async fn next_stored(&self) -> Result<Vec<Commit>, StoreError> {
        tracing::debug!(
            stream = %self.stream, seen = %self.seen, until = %self.until, "reading commits from the store"
        );
        let page = self.app.event_store().read(self.stream, self.seen, self.until).await?;
        let mut expected = self.seen.next();
        for commit in &page.commits {
            if commit.version != expected {
                return Err(self.gap(commit.version, Some(commit), expected).into());
            }
            expected = expected.next();
        }
        if page.commits.is_empty() {
            return Err(self.gap(self.until, None, expected).into());
        }
        Ok(page.commits)
    }

    fn gap(&self, found: Version, commit: Option<&Commit>, missing: Version) -> CorruptCommit {
        CorruptCommit {
            pk: self.stream.pk().to_owned(),
            sk: self.stream.commit_sk(found),
            version: Some(found.get()),
            name: commit.and_then(|commit| Some(commit.events.first()?.name.clone())),
            reason: format!("the stream has a gap: version {missing} is missing"),
        }
    }
}
