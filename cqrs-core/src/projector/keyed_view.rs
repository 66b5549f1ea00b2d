use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::ahead::Ahead;
use super::arrived::Seen;
use super::batch::Batch;
use super::editions::Awaited;
use super::error::{Astray, ROUNDS};
use super::opened::{Copies, OpenViews, Reading};
use super::{Arrived, ProjectError, editions};
use crate::commit::{Commit, CommitDigest};
use crate::key::{StreamKey, Tenant};
use crate::projection::{Edition, Editions, Phase, Projection, Underway};
use crate::runtime::Runtime;
use crate::store::{StoreError, limits};
use crate::version::Version;
use crate::view::{Fence, Revision, StoredView, ViewId, Write};

/// So many copies of views go into one transaction, beside the fence.
const COPIES_AT_ONCE: usize = limits::MAX_TRANSACTION_ITEMS - 1;

/// So many bytes go into one transaction; the rest is room for the fence.
const BYTES_AT_ONCE: usize = limits::MAX_TRANSACTION_BYTES - 16 * 1024;

/// Views whose keys come from the events, fenced by an item per source stream in the same transaction.
///
/// While a replay is under way, each stream that takes part in it, as its fence says, is applied twice in one
/// transaction: to the live views, and to the shadows that will replace them.
///
/// A commit whose views do not go into one transaction is applied in several, to the views in the order of their keys.
/// The fence says up to which view that is done, so nothing is applied again after a crash in between.
pub(crate) struct KeyedView<P> {
    /// Up to which number the replays of an edition are known to be over.
    over: Mutex<(Edition, u64)>,
    projection: PhantomData<fn() -> P>,
}

/// How far a stream is to be brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) arrived: Arrived<'a>,
    pub(crate) tenant: &'a Tenant,
    pub(crate) edition: &'a Edition,
    pub(crate) until: Version,
    /// Whether the shadows are brought as far as the live views, and not only to `until`.
    pub(crate) whole: bool,
    /// Whether events of which this program has never heard are passed over: a newer one has taken them.
    pub(crate) passes_unknown: bool,
    /// The replay in which the stream takes part from now on.
    pub(crate) replay: Option<u64>,
}

/// The copies that a replay builds, and how far it has come with a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    pub(super) generation: u64,
    pub(super) phase: Phase,
    from: Version,
}

/// What a stream takes part in: the generation and the editions of its next fence, and the replay under way.
pub(super) struct Part {
    pub(super) generation: u64,
    last_edition: u64,
    pub(super) shadow: Option<Shadow>,
    /// Up to which view the commit behind `shadow.from` is in the shadows.
    pub(super) shadow_part: Option<String>,
}

enum Step {
    /// With the number of the last edition that takes part in the stream.
    Done(u64),
    More,
    Stale,
}

/// What one transaction writes.
struct Planned<P> {
    next: Fence,
    writes: Vec<(StoredView, Revision)>,
    open: Option<OpenViews<P>>,
}

impl<P: Projection> KeyedView<P> {
    pub(crate) fn new() -> Self {
        Self { over: Mutex::new((Edition::FIRST, 0)), projection: PhantomData }
    }

    pub(super) async fn deliver(
        &self,
        runtime: &Runtime,
        arrived: Arrived<'_>,
        last: &Commit,
    ) -> Result<Option<Awaited>, ProjectError> {
        let edition = &editions::own::<P>(runtime).await?;
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
            last => Ok(editions::check_others::<P>(runtime, edition, arrived, last).await?),
        }
    }

    /// Brings the views as far as the goal says, in as many transactions as it takes. The answer is the number of the last
    /// edition that takes part in the stream.
    pub(crate) async fn advance(&self, runtime: &Runtime, goal: Goal<'_>) -> Result<u64, ProjectError> {
        let mut lost = 0;
        let mut ahead = Ahead::default();
        while lost < ROUNDS {
            match self.step(runtime, goal, lost > 0, &mut ahead).await? {
                Step::Done(last_edition) => return Ok(last_edition),
                Step::More => lost = 0,
                Step::Stale => lost += 1,
            }
        }
        Err(ProjectError::Contended)
    }

    async fn step(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        lost: bool,
        ahead: &mut Ahead,
    ) -> Result<Step, ProjectError> {
        let views = runtime.view_store()?;
        let id = goal.edition.fence::<P>(goal.arrived.stream);
        let mut recent = runtime.recent_writes.fences.lock(&id).await;
        let is_remembered = recent.is_some();
        let stored = match recent.take() {
            Some(fence) => fence,
            None => views.fence(&id).await?.unwrap_or_else(|| Fence::none(id)),
        };
        let follows = goal.replay.is_some() || goal.arrived.follows(runtime, Seen::of(&stored)).await?;
        // A remembered version is one that the stored fence has reached.
        if goal.replay.is_none() && follows && goal.until <= stored.version {
            runtime.arrivals.note(P::VIEW, goal.arrived.stream, stored.version);
            let last_edition = stored.last_edition;
            *recent = Some(stored);
            return Ok(Step::Done(last_edition));
        }
        let mut fence = match follows {
            true => stored.clone(),
            false => self.forgotten(runtime, goal, &stored).await?,
        };
        let part = self.part(runtime, goal, &fence, &mut None).await?;
        let joins = goal.replay.is_some() && part.generation > fence.generation && !fence.is_none();
        // The live views are replaced as a whole. Until then they take what comes behind the commits that are there now.
        let restored = joins && !goal.arrived.still_has(runtime, Seen::of(&fence)).await?;
        if restored {
            let (version, digest) = (goal.until, goal.arrived.digest_of(goal.until));
            fence = Fence { version, digest, part: None, ..fence };
        }
        let (from, until) = part.way(goal, &fence);
        if until <= from.version {
            let last_edition = stored.last_edition;
            *recent = Some(stored);
            return Ok(Step::Done(last_edition));
        }
        let Planned::<P> { next, writes, open } = if restored || (lost && joins) {
            // Others write to this stream all the time. Once it takes part in the replay they bring the shadows along,
            // too, so that somebody gets on, whoever is the faster.
            let next = Fence {
                generation: part.generation,
                generation_version: Version::NONE,
                generation_part: None,
                ..fence.clone()
            };
            Planned { next, writes: Vec::new(), open: None }
        } else {
            let commits = ahead.after(runtime, goal, from, until).await?;
            match plan(runtime, goal, &fence, &part, commits).await {
                // The stream may take part in a replay by now, of which the remembered fence does not know.
                Err(ProjectError::Permanent(_)) if is_remembered => return Ok(Step::Stale),
                planned => planned?,
            }
        };
        if views.put_fenced(&next, &stored, &writes).await? == Write::Stale {
            return Ok(Step::Stale);
        }
        runtime.arrivals.note(P::VIEW, goal.arrived.stream, next.version);
        if let Some(open) = open {
            open.remember(writes);
        }
        let done = next.version >= until && (part.shadow.is_none() || next.generation_version >= until);
        let last_edition = next.last_edition;
        *recent = Some(next);
        Ok(if done { Step::Done(last_edition) } else { Step::More })
    }

    /// Begins anew with a stream of which the views contain a commit that is not in the store.
    ///
    /// A replay of all streams that has come to its end without meeting the stream has left nothing of it in the views.
    async fn forgotten(
        &self,
        runtime: &Runtime,
        goal: Goal<'_>,
        fence: &Fence,
    ) -> Result<Fence, ProjectError> {
        let generations = editions::fresh::<P>(runtime).await?.of(goal.edition).generations;
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
    /// A fence says so itself. Where there is none yet, or it names a replay of which this process does not know
    /// whether it is over, the record of replays tells.
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
        // Of several fences it is read once, when all of them have been read.
        let all = match record {
            Some(all) => Arc::clone(all),
            None => Arc::clone(record.insert(editions::fresh::<P>(runtime).await?)),
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
            // A stream that appears after a replay must not be taken for one that it has yet to come to.
            None => {
                let generation = if known { fence.generation } else { generations.over() };
                Part { generation, last_edition, shadow: None, shadow_part: None }
            }
        })
    }
}

impl Part {
    /// From which commit to which one a stream is to be applied.
    pub(super) fn way(&self, goal: Goal<'_>, fence: &Fence) -> (Seen, Version) {
        // A commit that the live views have in part goes into the shadows, too, before one replaces the other.
        let begun = if fence.part.is_some() { fence.version.next() } else { fence.version };
        let until = if goal.whole { goal.until.max(begun) } else { goal.until };
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
            // What an unfinished replay has left behind stays behind.
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

/// Folds as much of the commits as goes into one transaction.
async fn plan<P: Projection>(
    runtime: &Runtime,
    goal: Goal<'_>,
    fence: &Fence,
    part: &Part,
    commits: &[Commit],
) -> Result<Planned<P>, ProjectError> {
    let mut most = COPIES_AT_ONCE;
    loop {
        let Batch { changes, wanted, reached, part: view, .. } =
            Batch::<P>::of(runtime, goal, commits, most, |version, id| part.copies(fence, version, id))?;
        let mut open = OpenViews::open(runtime, &wanted, part.generation, part.shadow, Reading::Each).await?;
        for change in &changes {
            open.apply(change, part.copies(fence, change.version, &change.id))?;
        }
        let writes = open.writes()?;
        let bytes: usize = writes.iter().map(|(view, _)| limits::size(&view.record())).sum();
        if bytes <= BYTES_AT_ONCE || wanted.len() <= 1 {
            let digest = commits.iter().find(|commit| commit.version == reached).map(Commit::digest);
            let next = part.next_fence(fence, reached, digest, view.as_ref());
            return Ok(Planned { next, writes, open: Some(open) });
        }
        // Small enough for any batch of one view: both copies of it are far below the limit.
        open.put_back();
        most = writes.len() / 2;
    }
}

/// The address at which a replay builds a view. No view name has a `~`.
pub(crate) fn shadow_of(id: &ViewId, generation: u64) -> ViewId {
    ViewId { pk: format!("{}~{generation}", id.pk), sk: id.sk.clone() }
}

/// Whether anything of a stream has been applied.
pub(super) async fn has_seen<P: Projection>(
    runtime: &Runtime,
    stream: &StreamKey,
) -> Result<bool, StoreError> {
    let (edition, _) = editions::written::<P>(runtime).await?;
    let fence = runtime.view_store()?.fence(&edition.fence::<P>(stream)).await?;
    Ok(fence.is_some_and(|fence| !fence.is_none()))
}
