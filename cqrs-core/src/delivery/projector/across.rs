use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::ROUNDS;
use super::fold::arm_of;
use super::opened::{Change, Copies, OpenViews};
use super::{Following, ProjectError};
use crate::app::App;
use crate::commit::Commit;
use crate::delivery::LeftOut;
use crate::event::RawEvent;
use crate::key::StreamKey;
use crate::projection::{Projection, ViewId};
use crate::replay::{Builds, Phase, Underway};
use crate::tenant::Tenant;
use crate::version::Version;
use crate::view::{Fence, Revision, StoredView, Write};

/// So many views go into one transaction where the commits can be spread over several. With their shadows and the fence
/// that is within what DynamoDB takes, 100 items (Amazon DynamoDB Developer Guide, "Quotas").
const VIEWS_AT_ONCE: usize = 40;

/// Views whose keys come from the events, fenced by an item per source stream in the same transaction.
///
/// While a replay is under way, each stream that takes part in it, as its fence says, is applied twice in one
/// transaction: to the live views, and to the shadows that will replace them.
pub(crate) struct Across<P> {
    /// Replays up to this one are known to be over.
    over: AtomicU64,
    projection: PhantomData<fn() -> P>,
}

/// How far a stream is to be brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) stream: &'a StreamKey,
    pub(crate) tenant: &'a Tenant,
    /// Commits of the stream that need not be read.
    pub(crate) at_hand: &'a [Commit],
    /// Commits of the stream that are passed over.
    pub(crate) left_out: &'a LeftOut,
    pub(crate) until: Version,
    /// Whether the shadows are brought as far as the live views, and not only to `until`.
    pub(crate) whole: bool,
    /// The replay in which the stream takes part from now on.
    pub(crate) replay: Option<u64>,
}

/// The copies that a replay builds, and how far it has come with a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shadow {
    pub(super) build: u64,
    pub(super) phase: Phase,
    from: Version,
}

/// What a stream takes part in: the build of its next fence, and the replay under way.
struct Part {
    build: u64,
    shadow: Option<Shadow>,
}

enum Step {
    Done,
    More,
    Stale,
}

/// What one transaction writes.
struct Planned<P> {
    next: Fence,
    writes: Vec<(StoredView, Revision)>,
    open: Option<OpenViews<P>>,
}

impl<P: Projection> Across<P> {
    pub(crate) fn new() -> Self {
        Self { over: AtomicU64::new(0), projection: PhantomData }
    }

    pub(super) async fn deliver(
        &self,
        app: &App,
        commits: &[Commit],
        last: &Commit,
        left_out: &LeftOut,
    ) -> Result<(), ProjectError> {
        let goal = Goal {
            stream: &last.stream,
            tenant: &app.tenant_of(last)?,
            at_hand: commits,
            left_out,
            until: last.version,
            whole: true,
            replay: None,
        };
        self.advance(app, goal).await
    }

    /// Brings the views as far as the goal says, in as many transactions as it takes.
    pub(crate) async fn advance(&self, app: &App, goal: Goal<'_>) -> Result<(), ProjectError> {
        let mut lost = 0;
        while lost < ROUNDS {
            match self.step(app, goal, lost > 0).await? {
                Step::Done => return Ok(()),
                Step::More => lost = 0,
                Step::Stale => lost += 1,
            }
        }
        Err(ProjectError::Contended)
    }

    async fn step(&self, app: &App, goal: Goal<'_>, lost: bool) -> Result<Step, ProjectError> {
        let views = app.view_store()?;
        let id = fence_of::<P>(goal.stream);
        let mut recent = app.recent_writes().fences.lock(&id).await;
        let fence = match recent.take() {
            Some(fence) => fence,
            None => views.fence(&id).await?.unwrap_or_else(|| Fence::none(id)),
        };
        // A remembered version is one that the stored fence has reached.
        if goal.replay.is_none() && goal.until <= fence.version {
            *recent = Some(fence);
            return Ok(Step::Done);
        }
        let part = self.part(app, goal, &fence).await?;
        let until = if goal.whole { goal.until.max(fence.version) } else { goal.until };
        let from = part.shadow.map_or(fence.version, |shadow| shadow.from.min(fence.version));
        if until <= from {
            *recent = Some(fence);
            return Ok(Step::Done);
        }
        let joins = goal.replay.is_some() && part.build > fence.build && !fence.version.is_none();
        let Planned::<P> { next, writes, open } = if lost && joins {
            // Others write to this stream all the time. Once it takes part in the replay they bring the shadows along,
            // too, so that somebody gets on, whoever is the faster.
            let next = Fence { build: part.build, built: Version::NONE, ..fence.clone() };
            Planned { next, writes: Vec::new(), open: None }
        } else {
            let mut following = Following::new(app, goal.stream, goal.at_hand, goal.left_out, from, until);
            let commits = following.next().await?.unwrap_or_default();
            plan(app, goal.tenant, &fence, &part, &commits).await?
        };
        if views.put_fenced(&next, &fence, &writes).await? == Write::Stale {
            return Ok(Step::Stale);
        }
        if let Some(open) = open {
            open.remember(writes);
        }
        let done = next.version >= until && (part.shadow.is_none() || next.built >= until);
        *recent = Some(next);
        Ok(if done { Step::Done } else { Step::More })
    }

    /// What the stream of a fence takes part in.
    ///
    /// A fence says so itself. Where there is none yet, or it names a replay of which this process does not know
    /// whether it is over, the record of replays tells.
    async fn part(&self, app: &App, goal: Goal<'_>, fence: &Fence) -> Result<Part, ProjectError> {
        let known = !fence.version.is_none();
        if let (Some(build), true) = (goal.replay, known) {
            if fence.build > build {
                return Err(ProjectError::Over);
            }
            let from = if fence.build == build { fence.built } else { Version::NONE };
            return Ok(Part { build, shadow: Some(Shadow { build, phase: Phase::Fold, from }) });
        }
        if known && fence.build <= self.over.load(Ordering::Relaxed) {
            return Ok(Part { build: fence.build, shadow: None });
        }
        let (builds, _) = Builds::read::<P>(app.view_store()?).await?;
        self.over.fetch_max(builds.over(), Ordering::Relaxed);
        let underway = builds.underway.as_ref().filter(|underway| match known {
            true => underway.build == fence.build,
            false => underway.covers(goal.tenant),
        });
        if goal.replay.is_some() && goal.replay != underway.map(|underway| underway.build) {
            return Err(ProjectError::Over);
        }
        Ok(match underway {
            Some(&Underway { build, phase, .. }) => {
                Part { build, shadow: Some(Shadow { build, phase, from: fence.built }) }
            }
            // A stream that appears after a replay must not be taken for one that it has yet to come to.
            None => Part { build: if known { fence.build } else { builds.over() }, shadow: None },
        })
    }
}

impl Part {
    /// The fence after all commits up to `reached`.
    fn next_fence(&self, fence: &Fence, reached: Version) -> Fence {
        let version = fence.version.max(reached);
        let built = match self.shadow {
            Some(shadow) => shadow.from.max(reached),
            // What an unfinished replay has left behind stays behind.
            None if fence.built < fence.version => fence.built,
            None => version,
        };
        Fence { id: fence.id.clone(), version, build: self.build, built }
    }
}

/// Folds as many commits as go into one transaction.
async fn plan<P: Projection>(
    app: &App,
    tenant: &Tenant,
    fence: &Fence,
    part: &Part,
    commits: &[Commit],
) -> Result<Planned<P>, ProjectError> {
    let (changes, reached) = changes_of::<P>(app, tenant, commits)?;
    let copies = |change: &Change<'_, P>| Copies {
        live: change.version > fence.version,
        shadow: part.shadow.is_some_and(|shadow| change.version > shadow.from),
    };
    let mut wanted: BTreeMap<ViewId, Copies> = BTreeMap::new();
    for change in &changes {
        let (found, new) = (wanted.entry(change.id.clone()).or_default(), copies(change));
        *found = Copies { live: found.live || new.live, shadow: found.shadow || new.shadow };
    }
    let mut open = OpenViews::open(app, &wanted, part.build, part.shadow).await?;
    for change in &changes {
        open.apply(change, copies(change))?;
    }
    Ok(Planned { next: part.next_fence(fence, reached), writes: open.writes()?, open: Some(open) })
}

/// The events of as many commits as go into one transaction, and the last of those commits.
fn changes_of<'a, P: Projection>(
    app: &App,
    tenant: &Tenant,
    commits: &'a [Commit],
) -> Result<(Vec<Change<'a, P>>, Version), ProjectError> {
    let mut changes: Vec<Change<'a, P>> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut reached = Version::NONE;
    for commit in commits {
        let before = changes.len();
        for raw in RawEvent::all(commit) {
            let Some(arm) = arm_of::<P>(app, &raw)? else { continue };
            let Some(key_of) = arm.key else { continue };
            let id = ViewId::of::<P>(&key_of(&raw, tenant.clone())?)?;
            changes.push(Change { version: commit.version, raw, arm, id });
        }
        ids.extend(changes.iter().skip(before).map(|change| change.id.clone()));
        if before > 0 && ids.len() > VIEWS_AT_ONCE {
            changes.truncate(before);
            break;
        }
        reached = commit.version;
    }
    Ok((changes, reached))
}

/// The address at which a replay builds a view. No view name has a `~`.
pub(crate) fn shadow_of(id: &ViewId, build: u64) -> ViewId {
    ViewId { pk: format!("{}~{build}", id.pk), sk: id.sk.clone() }
}

/// `@` cannot stand in a rendered key part, so a fence never meets a view.
fn fence_of<P: Projection>(stream: &StreamKey) -> ViewId {
    ViewId { pk: format!("{}@{}", stream.pk(), P::VIEW), sk: stream.sk().to_owned() }
}
