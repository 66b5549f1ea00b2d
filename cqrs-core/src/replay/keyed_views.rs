use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::walk::{Run, Whole, Work};
use super::{ReplayError, Replayed};
use crate::commit::Commit;
use crate::event::DecodeError;
use crate::key::{StreamKey, Tenant};
use crate::projection::{Edition, Erased};
use crate::projector::{
    Arrived, Goal, KeyedView as Projector, LeftOut, Origin, ProjectError, discards, editions, wants,
};
use crate::runtime::Runtime;
use crate::store::{LetterId, StoreError};
use crate::version::Version;

/// Applies every stream to the keyed views of an edition through its fence.
pub(super) struct KeyedViews<'a> {
    projection: Erased,
    runtime: &'a Runtime,
    edition: &'a Edition,
    aim: Aim,
    tenant: Option<&'a Tenant>,
    projector: Projector,
}

/// The purpose of a walk for keyed views.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim {
    /// An edition is built, or catches up: after the walk reaches a stream, other editions leave its commits for this one, too.
    /// With its number.
    Build { number: u64 },
    /// Shadow views are built that will replace the live ones; a stream takes part in the replay of this number once the walk has
    /// reached it.
    Replay(u64),
}

/// A stream whose commits are being applied.
pub(super) struct Applying {
    stream: StreamKey,
    /// The tenant; `None` until a commit arrives that the projection listens to.
    tenant: Option<Tenant>,
    /// Whether the rest of it waits behind a commit that cannot be applied.
    is_set_aside: bool,
}

impl<'a> KeyedViews<'a> {
    pub(super) fn new(
        projection: Erased,
        runtime: &'a Runtime,
        edition: &'a Edition,
        aim: Aim,
        tenant: Option<&'a Tenant>,
    ) -> Self {
        Self { projection, runtime, edition, aim, tenant, projector: Projector::new(projection) }
    }

    fn replay(&self) -> Option<u64> {
        match self.aim {
            Aim::Replay(generation) => Some(generation),
            Aim::Build { .. } => None,
        }
    }

    /// How far the edition must take a stream, given these commits of it: up to the last one that it wants, of these and of those
    /// that other editions have taken alone, if known. `None` if it wants no commit.
    async fn until(&self, run: &Run, taken: Option<Version>) -> Result<Option<Version>, ReplayError> {
        let last_wanted = |commits: &[Commit]| {
            commits.iter().rfind(|commit| wants(self.projection, commit)).map(|one| one.version)
        };
        let wanted = last_wanted(&run.commits);
        let Aim::Build { number } = self.aim else { return Ok(wanted) };
        let taken = match taken {
            Some(taken) => taken,
            None => {
                let taken = editions::join(
                    self.projection,
                    self.runtime,
                    self.edition,
                    number,
                    &run.stream,
                    &run.commits,
                )
                .await;
                taken.map_err(ReplayError::store(self.projection))?
            }
        };
        let (mut until, mut after) =
            (wanted, run.commits.last().map_or(Version::NONE, |commit| commit.version));
        // Commits that a restore has removed are not waited for.
        while after < taken {
            let page = self.runtime.event_store().read(&run.stream, after, taken).await;
            let page = page.map_err(ReplayError::store(self.projection))?;
            let Some(last) = page.commits.last() else { break };
            after = last.version;
            until = last_wanted(&page.commits).or(until);
        }
        Ok(until)
    }

    /// A replay is not sent again like a broker's message, so it gives way to live writers and retries.
    async fn advance(&self, goal: Goal<'_>) -> Result<(), ReplayError> {
        let failed = match self.insist(goal).await {
            Err(failed @ ReplayError::Unreadable { .. }) => failed,
            advanced => return advanced,
        };
        let stream = goal.arrived.stream;
        let left_out = discards::of_stream(self.runtime, self.projection.name, stream)
            .await
            .map_err(ReplayError::store(self.projection))?;
        if left_out.is_empty() {
            return Err(failed);
        }
        tracing::warn!(
            projection = self.projection.name, %stream, ?left_out, error = %failed, "continuing without the discarded commits"
        );
        let arrived = Arrived { left_out: &left_out, ..goal.arrived };
        self.insist(Goal { arrived, ..goal }).await
    }

    async fn insist(&self, goal: Goal<'_>) -> Result<(), ReplayError> {
        let policy = self.runtime.settings.conflict;
        let mut lost = 0;
        loop {
            match self.projector.advance(self.runtime, goal).await {
                Err(ProjectError::Contended) if lost < policy.attempts => {
                    lost += 1;
                    policy.pause(lost).await;
                }
                advanced => return advanced.map(drop).map_err(ReplayError::project(self.projection)),
            }
        }
    }

    /// Applies a stream up to the commit that cannot be applied, if that commit is known to be a dead letter, which holds up only
    /// its own stream, or to be for a newer program. Otherwise nothing is decided about that commit yet, and the building ends
    /// with the error.
    async fn set_aside(&self, goal: Goal<'_>, error: ReplayError) -> Result<(), ReplayError> {
        let stream = goal.arrived.stream;
        for commit in goal.arrived.commits.iter().filter(|commit| wants(self.projection, commit)) {
            let error = match self.advance(Goal { until: commit.version, ..goal }).await {
                Err(ReplayError::Unreadable { source, .. }) => source,
                advanced => {
                    advanced?;
                    continue;
                }
            };
            let version = commit.version;
            let is_newer = error.downcast_ref::<DecodeError>().is_some_and(DecodeError::is_newer);
            if is_newer || self.has_letter(commit).await.map_err(ReplayError::store(self.projection))? {
                tracing::error!(projection = self.projection.name, %stream, %version, %error, "the views that are built lack the rest of a stream");
                return Ok(());
            }
            return Err(ReplayError::Unreadable { projection: self.projection.name, source: error });
        }
        Err(error)
    }

    async fn has_letter(&self, commit: &Commit) -> Result<bool, StoreError> {
        let store = self.runtime.delivery_store();
        let before = LetterId::of(self.projection.name, &commit.stream, commit.version.previous());
        let found = store.letters(self.projection.name, Some(&before)).await?;
        let is_letter = found
            .first()
            .is_some_and(|letter| letter.id.place() == Some((commit.stream.clone(), commit.version)));
        if is_letter || self.projection.queue.is_some() {
            return Ok(is_letter);
        }
        // Behind a broker the letter is in its queue, and the stream is parked.
        Ok(!store.parked(self.projection.name, std::slice::from_ref(&commit.stream)).await?.is_empty())
    }

    /// How far other editions have taken streams, if that is known for many at once.
    async fn join_all(&self, streams: &[Whole<Applying>]) -> Result<Vec<Option<Version>>, StoreError> {
        let several = self.runtime.view_store()?.fences_at_once() > 1;
        match self.aim {
            Aim::Build { number } if several => {
                let streams = streams.iter().map(|one| (&one.run.stream, one.run.commits.as_slice()));
                let streams: Vec<_> = streams.collect();
                let taken =
                    editions::join_all(self.projection, self.runtime, self.edition, number, &streams).await?;
                Ok(taken.into_iter().map(Some).collect())
            }
            _ => Ok(vec![None; streams.len()]),
        }
    }

    /// The tenant of a stream, and how far to take it; `None` for a stream that is skipped.
    async fn wanted(
        &self,
        run: &Run,
        taken: Option<Version>,
    ) -> Result<Option<(Tenant, Version)>, ReplayError> {
        let Some(until) = self.until(run, taken).await? else { return Ok(None) };
        let known = run.commits.iter().rfind(|commit| wants(self.projection, commit)).or(run.commits.last());
        let tenant = known.map(|commit| self.runtime.index.tenant_of(commit)).transpose();
        let tenant = tenant.map_err(|error| ReplayError::store(self.projection)(error.into()))?;
        Ok(tenant.filter(|tenant| self.covers(tenant)).map(|tenant| (tenant, until)))
    }

    fn goal<'g>(
        &'g self,
        stream: &'g StreamKey,
        commits: &'g [Commit],
        left_out: &'g LeftOut,
        tenant: &'g Tenant,
    ) -> Goal<'g> {
        Goal {
            arrived: Arrived { stream, commits, origin: Origin::Store, left_out, is_shared: false },
            tenant,
            edition: self.edition,
            until: Version::NONE,
            whole: false,
            passes_unknown: self.replay().is_none(),
            replay: self.replay(),
        }
    }

    fn covers(&self, tenant: &Tenant) -> bool {
        self.tenant.is_none_or(|covered| covered == tenant)
    }
}

impl Work for KeyedViews<'_> {
    type Open = Applying;

    /// A page of them.
    const AT_ONCE: usize = usize::MAX;

    async fn take(&self, run: &Run, open: Option<Applying>) -> Result<Applying, ReplayError> {
        let mut open = open.unwrap_or_else(|| Applying {
            stream: run.stream.clone(),
            tenant: None,
            is_set_aside: false,
        });
        if open.is_set_aside {
            return Ok(open);
        }
        let Some((tenant, until)) = self.wanted(run, None).await? else { return Ok(open) };
        let left_out = LeftOut::new();
        let goal = Goal { until, ..self.goal(&run.stream, &run.commits, &left_out, &tenant) };
        match (self.advance(goal).await, self.aim) {
            (Err(error @ ReplayError::Unreadable { .. }), Aim::Build { .. }) => {
                self.set_aside(goal, error).await?;
                open.is_set_aside = true;
            }
            (advanced, _) => advanced?,
        }
        open.tenant = Some(tenant);
        Ok(open)
    }

    async fn finish(&self, open: Applying) -> Result<Replayed, ReplayError> {
        let Some(tenant) = &open.tenant else { return Ok(Replayed::default()) };
        if open.is_set_aside {
            return Ok(Replayed { streams: 1, ..Replayed::default() });
        }
        let left_out = LeftOut::new();
        let goal = Goal { whole: true, ..self.goal(&open.stream, &[], &left_out, tenant) };
        self.advance(goal).await?;
        Ok(Replayed { streams: 1, ..Replayed::default() })
    }

    /// Streams whose beginnings are in the page are applied together, and the rest one by one.
    async fn take_whole(&self, streams: Vec<Whole<Applying>>, width: usize) -> Result<Replayed, ReplayError> {
        let (begun, whole): (Vec<_>, Vec<_>) = streams.into_iter().partition(|one| one.open.is_some());
        let taken = self.join_all(&whole).await.map_err(ReplayError::store(self.projection))?;
        let wanted: Vec<_> =
            whole.iter().zip(taken).map(|(one, taken)| self.wanted(&one.run, taken)).collect();
        let wanted: Vec<_> = stream::iter(wanted).buffered(width).try_collect().await?;
        let left_out = LeftOut::new();
        let goals = whole.iter().zip(&wanted).filter_map(|(Whole { run, .. }, wanted)| {
            let (tenant, until) = wanted.as_ref()?;
            let goal = self.goal(&run.stream, &run.commits, &left_out, tenant);
            Some(Goal { until: *until, whole: true, ..goal })
        });
        let goals: Vec<_> = goals.collect();
        let done = self.projector.advance_all(self.runtime, &goals, width).await;
        let done = done.map_err(ReplayError::project(self.projection))?;
        let streams = done.iter().filter(|done| **done).count() as u64;
        let alone: BTreeSet<_> = goals
            .iter()
            .zip(done)
            .filter(|(_, done)| !done)
            .map(|(goal, _)| goal.arrived.stream.clone())
            .collect();
        let alone = whole.into_iter().filter(|one| alone.contains(&one.run.stream)).chain(begun);
        let finished = stream::iter(alone).map(|Whole { run, open }| async move {
            let open = self.take(&run, open).await?;
            self.finish(open).await
        });
        let add = |mut all: Replayed, more| async move {
            all.add(more);
            Ok(all)
        };
        let all = Replayed { streams, ..Replayed::default() };
        finished.buffer_unordered(width).try_fold(all, add).await
    }
}
