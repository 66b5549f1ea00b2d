use super::ProjectError;
use super::batch::Batch;
use super::keyed_view::Goal;
use super::opened::{Copies, OpenViews, Reading};
use super::part::Part;
use super::unfenced::{self, Noted};
use crate::commit::Commit;
use crate::projection::Erased;
use crate::runtime::Runtime;
use crate::store::limits;
use crate::view::{Fence, Known, Moment, Revision, StoredView, Unfenced};

/// How many copies of views fit into one transaction with the fence.
const COPIES_AT_ONCE: usize = limits::MAX_TRANSACTION_ITEMS - 1;

/// How many bytes of views fit into one transaction; the rest is for the fence.
const BYTES_AT_ONCE: usize = limits::MAX_TRANSACTION_BYTES - 16 * 1024;

/// The start of a step.
pub(super) struct Start<'a> {
    pub(super) stored: &'a Known<Fence>,
    /// The fence as far as it is trusted: it differs from the stored one after a crash or a restore.
    pub(super) fence: &'a Fence,
    pub(super) part: &'a Part,
    /// The view that shows that the stored fence is behind.
    pub(super) noted: Option<&'a Noted>,
}

/// The result of planning a step.
pub(super) enum Plan {
    Write(Planned),
    /// A view contains more of a stream than its fence says: this has to be settled first.
    Unfenced(Noted),
    /// The fence has changed.
    Moved(Known<Fence>),
    /// What was found no longer exists.
    Stale,
}

/// What one step writes.
pub(super) struct Planned {
    pub(super) next: Fence,
    pub(super) writes: Vec<(StoredView, Revision)>,
    pub(super) open: Option<OpenViews>,
    /// Whether the only view is written ahead of the fence, and not with it.
    pub(super) is_ahead: bool,
}

/// Folds as much of the commits as fits into one transaction.
pub(super) async fn plan(
    projection: Erased,
    runtime: &Runtime,
    goal: Goal<'_>,
    start: Start<'_>,
    commits: &[Commit],
) -> Result<Plan, ProjectError> {
    let Start { stored, fence, part, noted } = start;
    let mut most = COPIES_AT_ONCE - usize::from(noted.is_some());
    loop {
        let Batch { changes, mut wanted, reached, part: view, .. } =
            Batch::of(projection, runtime, goal, commits, most, |version, id| {
                part.copies(fence, version, id)
            })?;
        if let Some(noted) = noted {
            wanted.entry(noted.view.clone()).or_default().live = true;
        }
        let asked = runtime.recent_writes.before();
        let mut open =
            OpenViews::open(projection, runtime, &wanted, part.generation, part.shadow, Reading::Each)
                .await?;
        if noted.is_some_and(|noted| !open.has(noted)) {
            open.put_back();
            return Ok(Plan::Stale);
        }
        if let Some(found) = unfenced::find(projection, runtime, goal, fence, &mut open).await? {
            // The cached fence of this stream may be older than the note.
            let is_own = found.note.stream == *goal.arrived.stream;
            let moved = if is_own { start.moved(runtime).await? } else { None };
            open.put_back();
            return Ok(moved.map_or(Plan::Unfenced(found), Plan::Moved));
        }
        let is_alone = wanted.values().map(Copies::count).sum::<usize>() == 1 && view.is_none();
        let is_ahead = is_alone && start.may_go_ahead(runtime, goal)?;
        if is_ahead
            && Some(stored.since) < open.since()
            && let Some(moved) = start.moved(runtime).await?
        {
            open.put_back();
            return Ok(Plan::Moved(moved));
        }
        let folded = changes
            .iter()
            .try_for_each(|change| open.apply(change, part.copies(fence, change.version, &change.id)))
            .map_err(ProjectError::from)
            .and_then(|()| open.writes());
        let writes = match folded {
            Err(ProjectError::Permanent(error)) => {
                return start.tried_again(runtime, &open, asked, error).await;
            }
            folded => folded?,
        };
        let bytes: usize = writes.iter().map(|(view, _)| limits::size(&view.record())).sum();
        if bytes <= BYTES_AT_ONCE || wanted.len() <= 1 {
            let digest = commits.iter().find(|commit| commit.version == reached).map(Commit::digest);
            let next = part.next_fence(fence, reached, digest, view.as_ref());
            let planned = Planned { next, writes, open: Some(open), is_ahead: false };
            return Ok(Plan::Write(if is_ahead { planned.ahead(goal) } else { planned }));
        }
        // Small enough for a batch with one view: both its copies are far below the limit.
        open.put_back();
        most = writes.len() / 2;
    }
}

impl Start<'_> {
    /// Reads the fence again: `None` if it has not changed.
    async fn moved(&self, runtime: &Runtime) -> Result<Option<Known<Fence>>, ProjectError> {
        let (since, id) = (runtime.recent_writes.before(), &self.stored.item.id);
        let item = runtime.view_store()?.fence(id).await?.unwrap_or_else(|| Fence::none(id.clone()));
        Ok((item != self.stored.item).then_some(Known { item, since }))
    }

    /// What follows from a failed fold. Cached views may be older than the commits, or may already contain them if others were
    /// faster: only a fold over what is stored now proves a permanent error.
    async fn tried_again(
        &self,
        runtime: &Runtime,
        open: &OpenViews,
        asked: Moment,
        error: Box<dyn std::error::Error + Send + Sync>,
    ) -> Result<Plan, ProjectError> {
        if open.has_older_than(asked) {
            return Ok(Plan::Stale);
        }
        let moved = self.moved(runtime).await?;
        moved.map(Plan::Moved).ok_or(ProjectError::Permanent(error))
    }

    /// Whether one view may be written ahead of the fence: if a commit is delivered, and no replay is under way.
    fn may_go_ahead(&self, runtime: &Runtime, goal: Goal<'_>) -> Result<bool, ProjectError> {
        let is_calm =
            self.stored.item == *self.fence && self.fence.part.is_none() && self.part.shadow.is_none();
        Ok(goal.is_delivery() && self.noted.is_none() && is_calm && runtime.view_store()?.keeps_unfenced())
    }
}

impl Planned {
    /// The same with the note in the view, unless that makes it too large.
    fn ahead(mut self, goal: Goal<'_>) -> Self {
        let Some((view, _)) = self.writes.first_mut() else { return self };
        let (note, digest) =
            (Unfenced::new(goal.arrived.stream.clone(), self.next.version), self.next.digest);
        let noted = view.clone().with_unfenced(Some(note)).with_digest(digest);
        if limits::check(&noted.record()).is_ok() {
            *view = noted;
            self.is_ahead = true;
        }
        self
    }
}
