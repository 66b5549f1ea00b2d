use std::iter;

use futures_util::{StreamExt, TryStreamExt, future, stream};

use super::checkpoint::{Checkpoint, Checkpoints};
use super::progress::Tally;
use super::{ReplayError, Replayed};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projection::{Erased, Phase};
use crate::runtime::Runtime;
use crate::store::{CommitKey, CommitScan, Extent, StoreError};

/// What to do with the streams of a walk.
pub(super) trait Work: Sync {
    /// A stream that has not been read completely.
    type Open: Send;

    /// How many streams are taken at once if a page has them all.
    const AT_ONCE: usize = 1;

    /// Takes commits of one stream; `open` has those before.
    fn take(
        &self,
        run: &Run,
        open: Option<Self::Open>,
    ) -> impl Future<Output = Result<Self::Open, ReplayError>> + Send;

    /// Ends a stream, and returns its count; nothing if it does not belong to the projection.
    fn finish(&self, open: Self::Open) -> impl Future<Output = Result<Replayed, ReplayError>> + Send;

    /// Takes streams to their ends, with a number of requests in flight at a time.
    fn take_whole(
        &self,
        streams: Vec<Whole<Self::Open>>,
        _width: usize,
    ) -> impl Future<Output = Result<Replayed, ReplayError>> + Send {
        async move {
            let mut finished = Replayed::default();
            for Whole { run, open } in streams {
                finished.add(self.finish(self.take(&run, open).await?).await?);
            }
            Ok(finished)
        }
    }
}

/// The last commits of a stream; `open` has those before.
#[derive(Debug)]
pub(super) struct Whole<O> {
    pub(super) run: Run,
    pub(super) open: Option<O>,
}

/// Commits of one stream that follow each other in a page.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) stream: StreamKey,
    pub(super) commits: Vec<Commit>,
}

/// A walk through one extent of the events: page by page, with a checkpoint after the last finished stream.
pub(super) struct Walk<'a, W: Work> {
    pub(super) projection: Erased,
    pub(super) runtime: &'a Runtime,
    pub(super) work: &'a W,
    pub(super) tally: &'a Tally<'a>,
    pub(super) checkpoints: &'a Checkpoints<'a>,
    /// How many streams of a page are worked on at a time.
    pub(super) width: usize,
}

/// The position of a walk.
struct Place<O> {
    checkpoint: Checkpoint,
    /// Where the current page began.
    after: Option<CommitKey>,
    last: Option<Last<O>>,
}

/// The stream that may continue in the next page.
struct Last<O> {
    stream: StreamKey,
    commits: u64,
    open: O,
}

impl<W: Work> Walk<'_, W> {
    pub(super) async fn through(&self, extent: &Extent) -> Result<(), ReplayError> {
        let checkpoint = self.checkpoints.of(extent);
        self.tally.resume(checkpoint.done);
        if checkpoint.ended {
            return Ok(());
        }
        let after = place_of(&checkpoint).map_err(ReplayError::store(self.projection))?;
        let mut scan = self.read(extent, after.as_ref()).await?;
        let mut place = Place { checkpoint, after, last: None };
        loop {
            // The next page is requested while this one is processed.
            let next = scan.next.clone();
            let ahead = async {
                match &next {
                    Some(next) => self.read(extent, Some(next)).await.map(Some),
                    None => Ok(None),
                }
            };
            let (worked, ahead) = future::join(self.work_on(extent, scan, &mut place), ahead).await;
            worked?;
            match ahead? {
                Some(page) => scan = page,
                None => return Ok(()),
            }
        }
    }

    async fn read(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, ReplayError> {
        self.runtime.event_store().scan(extent, after).await.map_err(ReplayError::store(self.projection))
    }

    /// Takes the commits of a page, and stores the position.
    async fn work_on(
        &self,
        extent: &Extent,
        scan: CommitScan,
        place: &mut Place<W::Open>,
    ) -> Result<(), ReplayError> {
        let Place { checkpoint, after, last } = place;
        let read = scan.commits.len() as u64;
        let mut runs = runs_of(scan.commits);
        let mut finished = Replayed::default();
        let mut safe = None;
        let ended = last.take_if(|last| runs.first().is_some_and(|run| run.stream != last.stream));
        if let Some(ended) = ended {
            finished.add(self.finish(ended).await?);
            safe = after.take();
        }
        // It may continue in the next page.
        let unfinished = if scan.next.is_some() { runs.pop() } else { None };
        if let Some(run) = runs.last() {
            safe = run.commits.last().map(CommitKey::of);
            finished.add(self.take_whole(runs, last.take()).await?);
        }
        if let Some(run) = unfinished {
            *last = Some(self.take(run, last.take()).await?);
        }
        *after = scan.next;
        checkpoint.ended = after.is_none();
        if let Some(ended) = last.take_if(|_| checkpoint.ended) {
            finished.add(self.finish(ended).await?);
        }
        checkpoint.done.add(finished);
        if let Some(place) = &safe {
            checkpoint.after = Some((place.stream.pk().to_owned(), place.stream.commit_sk(place.version)));
        }
        if safe.is_some() || checkpoint.ended {
            let saved = self.checkpoints.save(extent, checkpoint).await;
            saved.map_err(ReplayError::store(self.projection))?;
        }
        self.tally.add(Phase::Fold, Replayed { commits: read, ..finished });
        Ok(())
    }

    /// Takes streams to their ends; the first one may have begun before.
    async fn take_whole(
        &self,
        runs: Vec<Run>,
        mut first: Option<Last<W::Open>>,
    ) -> Result<Replayed, ReplayError> {
        let before = first.as_ref().map_or(0, |last| last.commits);
        let commits = runs.iter().map(|run| run.commits.len() as u64).sum::<u64>() + before;
        let streams = runs.into_iter().map(|run| Whole { run, open: first.take().map(|last| last.open) });
        let mut streams = streams;
        let at_once = iter::from_fn(|| {
            let some: Vec<_> = streams.by_ref().take(W::AT_ONCE).collect();
            Some(some).filter(|some| !some.is_empty())
        });
        let at_once: Vec<_> = at_once.collect();
        let width = (self.width / at_once.len().max(1)).max(1);
        let finished = stream::iter(at_once).map(|some| self.work.take_whole(some, width));
        let add = |mut all: Replayed, more| async move {
            all.add(more);
            Ok(all)
        };
        let finished = finished.buffer_unordered(self.width).try_fold(Replayed::default(), add).await?;
        Ok(Replayed { commits, ..finished })
    }

    async fn take(&self, run: Run, before: Option<Last<W::Open>>) -> Result<Last<W::Open>, ReplayError> {
        let (commits, open) = before.map_or((0, None), |last| (last.commits, Some(last.open)));
        let commits = commits + run.commits.len() as u64;
        let open = self.work.take(&run, open).await?;
        Ok(Last { stream: run.stream, commits, open })
    }

    async fn finish(&self, last: Last<W::Open>) -> Result<Replayed, ReplayError> {
        let finished = self.work.finish(last.open).await?;
        Ok(Replayed { commits: last.commits, ..finished })
    }
}

/// The streams of a page, in its order.
fn runs_of(commits: Vec<Commit>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for commit in commits {
        match runs.last_mut() {
            Some(run) if run.stream == commit.stream => run.commits.push(commit),
            _ => runs.push(Run { stream: commit.stream.clone(), commits: vec![commit] }),
        }
    }
    runs
}

fn place_of(checkpoint: &Checkpoint) -> Result<Option<CommitKey>, StoreError> {
    let Some((pk, sk)) = &checkpoint.after else { return Ok(None) };
    let (stream, version) = StreamKey::parse_commit(pk, sk)?;
    Ok(Some(CommitKey { stream, version }))
}
