//! Streams that are applied together: one transaction writes all their fences, and each view that they share once.
//!
//! The result is the same as with one transaction for each stream, but all of it or nothing. A stream with anything unusual, and
//! all streams of a transaction that lost against another writer, are left to [`KeyedView::advance`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OwnedMutexGuard;

use super::ProjectError;
use super::arrived::Seen;
use super::batch::changes_of;
use super::keyed_view::{Goal, KeyedView};
use super::opened::{Change, Copies, OpenViews, Reading};
use super::part::Part;
use super::unfenced;
use crate::commit::Commit;
use crate::projection::{Editions, Erased, Phase};
use crate::runtime::Runtime;
use crate::store::{StoreError, limits};
use crate::version::Version;
use crate::view::{Fence, Known, ViewId, Write};

/// A stream with its changes.
struct Member<'a> {
    /// Its index among the goals.
    index: usize,
    goal: Goal<'a>,
    changes: Vec<Change<'a>>,
}

/// A member whose fence is locked.
struct Locked<'m, 'a> {
    member: &'m Member<'a>,
    recent: OwnedMutexGuard<Option<Known<Fence>>>,
    stored: Known<Fence>,
}

/// A member that goes into the transaction.
struct Ready<'m, 'a> {
    locked: Locked<'m, 'a>,
    part: Part,
    until: Version,
    next: Fence,
}

/// What to do with a member.
enum Step {
    /// It is applied up to this commit.
    Ready(Part, Version),
    /// Nothing: it is at its goal.
    Done,
    /// It is applied alone.
    Alone,
}

/// The result of a transaction.
enum Outcome {
    /// These are done, by their indexes among the goals.
    Done(Vec<usize>),
    /// It would be too large.
    TooLarge,
}

impl KeyedView {
    /// Brings streams to their goals, many in one transaction, and some transactions at a time. Returns for each stream whether
    /// it is done.
    pub(crate) async fn advance_all(
        &self,
        runtime: &Runtime,
        goals: &[Goal<'_>],
        width: usize,
    ) -> Result<Vec<bool>, ProjectError> {
        let mut is_done = vec![false; goals.len()];
        let most = runtime.view_store()?.fences_at_once();
        if most < 2 || goals.len() < 2 {
            return Ok(is_done);
        }
        let members = goals
            .iter()
            .enumerate()
            .filter_map(|(index, &goal)| Member::of(self.projection, runtime, index, goal));
        let groups = grouped(members.collect(), most).into_iter().map(|group| self.apply(runtime, group));
        let groups: Vec<_> = groups.collect();
        let mut applied = stream::iter(groups).buffer_unordered(width);
        while let Some(indexes) = applied.try_next().await? {
            for index in indexes {
                if let Some(is_done) = is_done.get_mut(index) {
                    *is_done = true;
                }
            }
        }
        Ok(is_done)
    }

    /// Applies a group in as many transactions as it takes. Returns the streams that are done.
    async fn apply(&self, runtime: &Runtime, group: Vec<Member<'_>>) -> Result<Vec<usize>, ProjectError> {
        let mut done = Vec::new();
        let mut open = vec![group.as_slice()];
        while let Some(members) = open.pop() {
            match self.apply_together(runtime, members).await? {
                Outcome::Done(indexes) => done.extend(indexes),
                Outcome::TooLarge if members.len() > 1 => {
                    let (first, second) = members.split_at(members.len() / 2);
                    open.extend([second, first]);
                }
                Outcome::TooLarge => {}
            }
        }
        Ok(done)
    }

    async fn apply_together(
        &self,
        runtime: &Runtime,
        members: &[Member<'_>],
    ) -> Result<Outcome, ProjectError> {
        let mut done = Vec::new();
        let mut ready: Vec<Ready<'_, '_>> = Vec::new();
        // Read after the fences, as for a single stream.
        let mut record = None;
        for mut locked in lock(self.projection, runtime, members).await? {
            match self.step_of(runtime, &locked, &mut record).await? {
                Step::Ready(part, until)
                    if ready.first().is_none_or(|first| shared(&first.part) == shared(&part)) =>
                {
                    let digest = locked.member.goal.arrived.digest_of(until);
                    let next = part.next_fence(&locked.stored.item, until, digest, None);
                    ready.push(Ready { locked, part, until, next });
                }
                Step::Done => {
                    done.push(locked.member.index);
                    locked.put_back();
                }
                Step::Ready(..) | Step::Alone => locked.put_back(),
            }
        }
        let Some(first) = ready.first() else { return Ok(Outcome::Done(done)) };
        let (generation, shadow) = (first.part.generation, first.part.shadow);
        let edition = first.locked.member.goal.edition;
        let mut wanted: BTreeMap<ViewId, Copies> = BTreeMap::new();
        for (change, copies) in ready.iter().flat_map(Ready::changes) {
            if copies.count() > 0 {
                wanted.entry(change.id.clone()).or_default().add(copies);
            }
        }
        if ready.len() + wanted.values().map(Copies::count).sum::<usize>() > limits::MAX_TRANSACTION_ITEMS {
            ready.into_iter().for_each(|mut ready| ready.locked.put_back());
            return Ok(Outcome::TooLarge);
        }
        let Ok(mut open) =
            OpenViews::open(self.projection, runtime, &wanted, generation, shadow, Reading::All).await
        else {
            return Ok(Outcome::Done(done));
        };
        // A view that is ahead of the fence of a stream is handled when its stream is applied alone.
        if !unfenced::are_told(self.projection, runtime, edition, &mut open).await.unwrap_or(false) {
            open.put_back();
            ready.into_iter().for_each(|mut ready| ready.locked.put_back());
            return Ok(Outcome::Done(done));
        }
        let applied =
            ready.iter().flat_map(Ready::changes).try_for_each(|(change, copies)| open.apply(change, copies));
        let writes = match applied {
            Ok(()) => open.writes(),
            Err(error) => Err(error.into()),
        };
        let Ok(writes) = writes else {
            // One stream cannot be applied; the error comes when it is applied alone.
            open.put_back();
            ready.into_iter().for_each(|mut ready| ready.locked.put_back());
            return Ok(Outcome::Done(done));
        };
        let views: usize = writes.iter().map(|(view, _)| limits::size(&view.record())).sum();
        let fences: usize = ready.iter().map(|ready| limits::size(&ready.next.record())).sum();
        if views + fences > limits::MAX_TRANSACTION_BYTES {
            open.put_back();
            ready.into_iter().for_each(|mut ready| ready.locked.put_back());
            return Ok(Outcome::TooLarge);
        }
        let pairs: Vec<_> =
            ready.iter().map(|ready| (ready.next.clone(), ready.locked.stored.item.clone())).collect();
        let since = runtime.recent_writes.before();
        match runtime.view_store()?.put_all_fenced(&pairs, &writes).await {
            Ok(Write::Done) => {}
            // Alone, most of them advance, and the others wait as usual.
            Ok(Write::Stale) => return Ok(Outcome::Done(done)),
            Err(error) if error.is_transient() => return Ok(Outcome::Done(done)),
            Err(error) => return Err(error.into()),
        }
        open.remember(writes);
        for Ready { mut locked, next, .. } in ready {
            runtime.arrivals.note(self.projection.view, locked.member.goal.arrived.stream, next.version);
            done.push(locked.member.index);
            *locked.recent = Some(Known { item: next, since });
        }
        Ok(Outcome::Done(done))
    }

    /// As the first step of [`KeyedView::advance`] would find it.
    async fn step_of(
        &self,
        runtime: &Runtime,
        locked: &Locked<'_, '_>,
        record: &mut Option<Arc<Editions>>,
    ) -> Result<Step, ProjectError> {
        let (goal, fence) = (locked.member.goal, &locked.stored.item);
        let is_in_part = fence.part.is_some() || fence.generation_part.is_some();
        if is_in_part {
            return Ok(Step::Alone);
        }
        if goal.replay.is_none() {
            if !goal.arrived.follows(runtime, Seen::of(fence)).await? {
                return Ok(Step::Alone);
            }
            if goal.until <= fence.version {
                runtime.arrivals.note(self.projection.view, goal.arrived.stream, fence.version);
                return Ok(Step::Done);
            }
        }
        let part = match self.part(runtime, goal, fence, record).await {
            Err(ProjectError::Over) => return Ok(Step::Alone),
            part => part?,
        };
        let joins = goal.replay.is_some() && part.generation > fence.generation && !fence.is_none();
        if joins && !goal.arrived.still_has(runtime, Seen::of(fence)).await? {
            return Ok(Step::Alone);
        }
        let (from, until) = part.way(goal, fence);
        if until <= from.version {
            return Ok(Step::Done);
        }
        Ok(match has_all(goal.arrived.commits, from.version, until) {
            true => Step::Ready(part, until),
            false => Step::Alone,
        })
    }
}

impl<'a> Member<'a> {
    /// `None` for one that is applied alone, because something is wrong with it.
    fn of(projection: Erased, runtime: &Runtime, index: usize, goal: Goal<'a>) -> Option<Self> {
        if !goal.arrived.left_out.is_empty() {
            return None;
        }
        let mut changes = Vec::new();
        for commit in goal.arrived.at_hand() {
            let of_commit =
                changes_of(projection, runtime, goal.edition, goal.tenant, commit, goal.passes_unknown);
            changes.extend(of_commit.ok()?);
        }
        Some(Self { index, goal, changes })
    }

    fn first_view(&self) -> Option<&ViewId> {
        self.changes.first().map(|change| &change.id)
    }

    fn fence(&self, projection: Erased) -> ViewId {
        self.goal.edition.fence(projection.view, self.goal.arrived.stream)
    }
}

impl Locked<'_, '_> {
    /// Remembers what was read, because nothing is written.
    fn put_back(&mut self) {
        *self.recent = Some(self.stored.clone());
    }
}

impl<'a> Ready<'_, 'a> {
    /// What is to be applied, with the copies that still need it.
    fn changes(&self) -> impl Iterator<Item = (&Change<'a>, Copies)> {
        let changes = self.locked.member.changes.iter().filter(|change| change.version <= self.until);
        changes.map(|change| (change, self.part.copies(&self.locked.stored.item, change.version, &change.id)))
    }
}

/// Which copies of views are opened, and with which number: the same for a whole transaction.
fn shared(part: &Part) -> (u64, Option<(u64, Phase)>) {
    (part.generation, part.shadow.map(|shadow| (shadow.generation, shadow.phase)))
}

/// Whether the commits after one version, up to another, are at hand.
fn has_all(commits: &[Commit], after: Version, until: Version) -> bool {
    let wanted = commits.iter().skip_while(|commit| commit.version <= after);
    let mut next = after;
    for commit in wanted.take_while(|commit| commit.version <= until) {
        next = next.next();
        if commit.version != next {
            return false;
        }
    }
    next == until
}

/// Locks the fences of members in the order of their ids, like views, and reads those that are not cached.
async fn lock<'m, 'a>(
    projection: Erased,
    runtime: &Runtime,
    members: &'m [Member<'a>],
) -> Result<Vec<Locked<'m, 'a>>, StoreError> {
    let by_fence: BTreeMap<ViewId, &Member<'a>> =
        members.iter().map(|member| (member.fence(projection), member)).collect();
    let mut places = Vec::with_capacity(by_fence.len());
    let mut unknown = Vec::new();
    for (id, member) in by_fence {
        let mut recent = runtime.recent_writes.fences.lock(&id).await;
        let stored = recent.take();
        if stored.is_none() {
            unknown.push(id.clone());
        }
        places.push((id, member, recent, stored));
    }
    let since = runtime.recent_writes.before();
    let mut read = match unknown.is_empty() {
        true => Vec::new(),
        false => runtime.view_store()?.fences(&unknown).await?,
    }
    .into_iter();
    let locked = places.into_iter().map(|(id, member, recent, stored)| {
        let stored = stored.unwrap_or_else(|| Known {
            item: read.next().flatten().unwrap_or_else(|| Fence::none(id)),
            since,
        });
        Locked { member, recent, stored }
    });
    let mut locked: Vec<_> = locked.collect();
    // Back in the original order.
    locked.sort_by_key(|locked| locked.member.index);
    Ok(locked)
}

/// Divides streams into groups that may go into one transaction each. Streams that change the same views are grouped together, so
/// that fewer views are written.
fn grouped(mut members: Vec<Member<'_>>, most: usize) -> Vec<Vec<Member<'_>>> {
    members.sort_by(|one, other| one.first_view().cmp(&other.first_view()));
    let mut groups: Vec<Vec<Member<'_>>> = Vec::new();
    let mut views: BTreeSet<ViewId> = BTreeSet::new();
    for member in members {
        let of_member: BTreeSet<&ViewId> = member.changes.iter().map(|change| &change.id).collect();
        let of_member: Vec<ViewId> = of_member.into_iter().cloned().collect();
        let more = of_member.iter().filter(|id| !views.contains(*id)).count();
        match groups.last_mut() {
            Some(group)
                if group.len() < most
                    && group.len() + 1 + views.len() + more <= limits::MAX_TRANSACTION_ITEMS =>
            {
                group.push(member);
                views.extend(of_member);
            }
            _ => {
                groups.push(vec![member]);
                views = of_member.into_iter().collect();
            }
        }
    }
    groups
}
