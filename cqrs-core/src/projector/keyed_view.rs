use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::ahead::Ahead;
use super::arrived::Seen;
use super::editions::Awaited;
use super::error::{Astray, ROUNDS};
use super::part::{Part, Shadow};
use super::planned::{Plan, Planned, Start, plan};
use super::unfenced::{self, Noted};
use super::{Arrived, Origin, ProjectError, discards, editions};
use crate::commit::Commit;
use crate::key::{StreamKey, Tenant};
use crate::projection::{Edition, Editions, Erased, Phase, Underway};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::version::Version;
use crate::view::{Fence, Known, ViewId, Write};

/// Views whose keys come from the events, fenced by an item per source stream, in the same transaction or directly after it: see
/// [`unfenced`](super::unfenced).
///
/// During a replay, each stream whose fence says that it takes part is applied twice in one transaction: to the live views, and
/// to the shadows that will replace them.
///
/// A commit whose views do not fit into one transaction is applied in several, to the views in the order of their keys. The fence
/// records up to which view this is done, so nothing is applied again after a crash in between.
#[derive(Debug)]
pub(crate) struct KeyedView {
    pub(super) projection: Erased,
    /// The number up to which the replays of an edition are known to be over.
    over: Mutex<(Edition, u64)>,
}

/// How far to bring a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) arrived: Arrived<'a>,
    pub(crate) tenant: &'a Tenant,
    pub(crate) edition: &'a Edition,
    pub(crate) until: Version,
    /// Whether to bring the shadows as far as the live views, and not only to `until`.
    pub(crate) whole: bool,
    /// Whether to skip events that this program does not know: a newer one has taken them.
    pub(crate) passes_unknown: bool,
    /// The replay in which the stream takes part from now on.
    pub(crate) replay: Option<u64>,
}

impl Goal<'_> {
    /// Whether this delivers a commit, and builds nothing.
    pub(super) fn is_delivery(&self) -> bool {
        self.replay.is_none() && self.whole && !self.passes_unknown
    }
}

enum Step {
    /// With the number of the last edition that takes part in the stream.
    Done(u64),
    More,
    Stale,
    /// A view contains more of a stream than its fence says.
    Unfenced(Noted),
}

impl KeyedView {
    pub(crate) fn new(projection: Erased) -> Self {
        Self { projection, over: Mutex::new((Edition::FIRST, 0)) }
    }

    pub(super) async fn deliver(
        &self,
        runtime: &Runtime,
        arrived: Arrived<'_>,
        last: &Commit,
    ) -> Result<Option<Awaited>, ProjectError> {
        let edition = &editions::own(self.projection, runtime).await?;
        let goal = Goal {
            arrived,
            tenant: &runtime.index.tenant_of(last)?,
            edition,
            until: last.version,
            whole: true,
            passes_unknown: false,
            replay: None,
        };
        match self.advance(runtime, goal).await? {
            0 => Ok(None),
            _ if !arrived.is_shared => Ok(None),
            last => Ok(editions::check_others(self.projection, runtime, edition, arrived, last).await?),
        }
    }

    /// Brings the views to the goal, in as many transactions as it takes. Returns the number of the last edition that takes part
    /// in the stream.
    pub(crate) async fn advance(&self, runtime: &Runtime, goal: Goal<'_>) -> Result<u64, ProjectError> {
        self.advance_from(runtime, goal, None).await
    }

    /// The same, if a view may show that the fence of the stream is behind.
    async fn advance_from(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        mut noted: Option<Noted>,
    ) -> Result<u64, ProjectError> {
        let mut lost = 0;
        let mut ahead = Ahead::default();
        while lost < ROUNDS {
            match self.step(runtime, goal, lost > 0, noted.take(), &mut ahead).await? {
                Step::Done(last_edition) => return Ok(last_edition),
                Step::More => lost = 0,
                Step::Stale => lost += 1,
                Step::Unfenced(found) => {
                    lost += 1;
                    match found.note.stream == *goal.arrived.stream {
                        true => noted = Some(found),
                        false => self.complete(runtime, goal, found).await?,
                    }
                }
            }
        }
        Err(ProjectError::Contended)
    }

    /// Brings the fence of another stream up to what a view contains of that stream, so that the view may be written.
    fn complete<'a>(
        &'a self,
        runtime: &'a Runtime,
        goal: Goal<'a>,
        found: Noted,
    ) -> Pin<Box<dyn Future<Output = Result<(), ProjectError>> + Send + 'a>> {
        Box::pin(async move {
            let stream = &found.note.stream.clone();
            let left_out = &discards::of_stream(runtime, self.projection.name, stream).await?;
            let arrived = Arrived { stream, commits: &[], origin: Origin::Store, left_out, is_shared: false };
            let goal = Goal { arrived, until: found.note.version, whole: true, replay: None, ..goal };
            let advanced = self.advance_from(runtime, goal, Some(found.clone())).await;
            // Commits that shadow views lack are read, and a restore may have removed them.
            if let Err(ProjectError::Astray(_) | ProjectError::Store(StoreError::Corrupt(_))) = &advanced
                && !arrived
                    .still_has(runtime, Seen { version: found.note.version, digest: found.digest })
                    .await?
            {
                let view = &found.view.sk;
                tracing::warn!(
                    projection = self.projection.name,
                    view,
                    "a view keeps commits that a restore has taken back, until it is replayed"
                );
                return Ok(unfenced::forget(runtime, &found).await?);
            }
            advanced.map(drop)
        })
    }

    async fn step(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        lost: bool,
        noted: Option<Noted>,
        ahead: &mut Ahead,
    ) -> Result<Step, ProjectError> {
        let views = runtime.view_store()?;
        let id = goal.edition.fence(self.projection.view, goal.arrived.stream);
        let mut recent = runtime.recent_writes.fences.lock(&id).await;
        let is_remembered = recent.is_some();
        let known = match recent.take() {
            Some(known) => known,
            None => {
                let since = runtime.recent_writes.before();
                Known { item: views.fence(&id).await?.unwrap_or_else(|| Fence::none(id)), since }
            }
        };
        let stored = &known.item;
        let noted = noted.filter(|noted| noted.note.version > stored.version);
        let applied = noted.as_ref().map_or_else(|| stored.clone(), |noted| noted.complete(stored));
        let follows = goal.replay.is_some() || goal.arrived.follows(runtime, Seen::of(&applied)).await?;
        // The stored fence has reached the remembered version.
        if goal.replay.is_none() && follows && goal.until <= stored.version {
            runtime.arrivals.note(self.projection.view, goal.arrived.stream, stored.version);
            let last_edition = stored.last_edition;
            *recent = Some(known);
            return Ok(Step::Done(last_edition));
        }
        // The stored fence as far as it is valid, and the same with the commits by which a view is ahead of it.
        let (begun, mut fence) = match follows {
            true => (stored.clone(), applied),
            false => {
                let none = self.forgotten(runtime, goal, &applied).await?;
                (none.clone(), none)
            }
        };
        let part = self.part(runtime, goal, &begun, &mut None).await?;
        if part.shadow.is_none() && begun.generation_version == begun.version {
            fence.generation_version = fence.version;
        }
        let joins = goal.replay.is_some() && part.generation > begun.generation && !begun.is_none();
        // The live views are replaced as a whole. Until then they take the commits after the present ones.
        let restored = joins && !goal.arrived.still_has(runtime, Seen::of(&fence)).await?;
        if restored {
            let (version, digest) = (goal.until, goal.arrived.digest_of(goal.until));
            fence = Fence { version, digest, part: None, ..fence };
        }
        let (from, until) = part.way(goal, &fence);
        if until <= from.version && noted.is_none() {
            let last_edition = stored.last_edition;
            *recent = Some(known);
            return Ok(Step::Done(last_edition));
        }
        let Planned { next, writes, open, is_ahead } = if restored || (lost && joins && noted.is_none()) {
            // Others write to this stream all the time. Once it takes part in the replay they also update the shadows, so there
            // is progress whichever writer is faster.
            let next = Fence {
                generation: part.generation,
                generation_version: Version::NONE,
                generation_part: None,
                ..fence.clone()
            };
            Planned { next, writes: Vec::new(), open: None, is_ahead: false }
        } else {
            let commits = match until <= from.version {
                true => &[],
                false => ahead.after(runtime, goal, from, until).await?,
            };
            let noted = noted.as_ref().filter(|_| follows);
            let start = Start { stored: &known, fence: &fence, part: &part, noted };
            match plan(self.projection, runtime, goal, start, commits).await {
                // The stream may take part in a replay by now that the remembered fence does not know.
                Err(ProjectError::Permanent(_)) if is_remembered => return Ok(Step::Stale),
                Err(error) => return Err(error),
                Ok(Plan::Write(planned)) => planned,
                Ok(Plan::Moved(moved)) => {
                    *recent = Some(moved);
                    return Ok(Step::Stale);
                }
                Ok(Plan::Stale) => return Ok(Step::Stale),
                Ok(Plan::Unfenced(found)) => {
                    *recent = Some(known);
                    return Ok(Step::Unfenced(found));
                }
            }
        };
        let since = runtime.recent_writes.before();
        let mut with_fence = writes.as_slice();
        if let (true, [(view, expected)]) = (is_ahead, with_fence) {
            if views.put(view, *expected).await? == Write::Stale {
                *recent = Some(known);
                return Ok(Step::Stale);
            }
            with_fence = &[];
        }
        if views.put_fenced(&next, stored, with_fence).await? == Write::Stale {
            return Ok(Step::Stale);
        }
        runtime.arrivals.note(self.projection.view, goal.arrived.stream, next.version);
        if let Some(open) = open {
            open.remember(writes);
        }
        let done = next.version >= until && (part.shadow.is_none() || next.generation_version >= until);
        let last_edition = next.last_edition;
        *recent = Some(Known { item: next, since });
        Ok(if done { Step::Done(last_edition) } else { Step::More })
    }

    /// Starts again with a stream if the views contain a commit of it that is not in the store.
    ///
    /// A replay of all streams that has ended without the stream has left nothing of it in the views.
    async fn forgotten(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        fence: &Fence,
    ) -> Result<Fence, ProjectError> {
        let generations = editions::fresh(self.projection, runtime).await?.of(goal.edition).generations;
        if generations.whole <= fence.generation {
            let (stream, version) = (goal.arrived.stream.clone(), fence.version);
            return Err(Astray::Diverged { stream, version }.into());
        }
        Ok(Fence { last_edition: fence.last_edition, ..Fence::none(fence.id.clone()) })
    }

    fn over(&self, edition: &Edition) -> u64 {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        if over.0 == *edition { over.1 } else { 0 }
    }

    fn note_over(&self, edition: &Edition, number: u64) {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let known = if over.0 == *edition { over.1 } else { 0 };
        *over = (edition.clone(), number.max(known));
    }

    /// What the stream of a fence takes part in.
    ///
    /// A fence says so itself. If there is no fence yet, or this process does not know whether the replay that it names is over,
    /// the record of replays says so.
    pub(super) async fn part(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        fence: &Fence,
        record: &mut Option<Arc<Editions>>,
    ) -> Result<Part, ProjectError> {
        let known = !fence.is_none();
        let last_edition = fence.last_edition;
        if let (Some(generation), true) = (goal.replay, known) {
            if fence.generation > generation {
                return Err(ProjectError::Over);
            }
            let (from, shadow_part) = match fence.generation == generation {
                true => (fence.generation_version, fence.generation_part.clone()),
                false => (Version::NONE, None),
            };
            let shadow = Some(Shadow { generation, phase: Phase::Fold, from });
            return Ok(Part { generation, last_edition, shadow, shadow_part });
        }
        if known && fence.generation <= self.over(goal.edition) {
            return Ok(Part { generation: fence.generation, last_edition, shadow: None, shadow_part: None });
        }
        // For several fences it is read once, after all of them.
        let all = match record {
            Some(all) => Arc::clone(all),
            None => Arc::clone(record.insert(editions::fresh(self.projection, runtime).await?)),
        };
        let generations = all.of(goal.edition).generations;
        let last_edition = if known { last_edition } else { last_edition.max(all.for_new_fence()) };
        self.note_over(goal.edition, generations.over());
        let underway = generations.underway.as_ref().filter(|underway| match known {
            true => underway.generation == fence.generation,
            false => underway.covers(goal.tenant),
        });
        if goal.replay.is_some() && goal.replay != underway.map(|underway| underway.generation) {
            return Err(ProjectError::Over);
        }
        Ok(match underway {
            Some(&Underway { generation, phase, .. }) => {
                let shadow = Some(Shadow { generation, phase, from: fence.generation_version });
                Part { generation, last_edition, shadow, shadow_part: fence.generation_part.clone() }
            }
            // A stream that appears after a replay must not be taken for one that the replay has yet to reach.
            None => {
                let generation = if known { fence.generation } else { generations.over() };
                Part { generation, last_edition, shadow: None, shadow_part: None }
            }
        })
    }
}

/// The address at which a replay builds a view. No view name has a `~`.
pub(crate) fn shadow_of(id: &ViewId, generation: u64) -> ViewId {
    ViewId { pk: format!("{}~{generation}", id.pk), sk: id.sk.clone() }
}

/// Whether anything of a stream has been applied.
pub(super) async fn has_seen(
    projection: Erased,
    runtime: &Runtime,
    stream: &StreamKey,
) -> Result<bool, StoreError> {
    let (edition, _) = editions::written(projection, runtime).await?;
    let fence = runtime.view_store()?.fence(&edition.fence(projection.view, stream)).await?;
    Ok(fence.is_some_and(|fence| !fence.is_none()))
}
