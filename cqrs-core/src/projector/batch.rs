use std::collections::{BTreeMap, BTreeSet};

use super::fold::{arm_of, listed};
use super::opened::{Change, Copies};
use super::{Goal, ProjectError};
use crate::commit::Commit;
use crate::event::RawEvent;
use crate::key::Tenant;
use crate::projection::{Edition, Erased};
use crate::runtime::Runtime;
use crate::version::Version;
use crate::view::ViewId;

/// The content of one transaction.
pub(super) struct Batch<'a> {
    pub(super) changes: Vec<Change<'a>>,
    pub(super) wanted: BTreeMap<ViewId, Copies>,
    /// The last commit that is complete with it.
    pub(super) reached: Version,
    /// The last view to which it applies the next commit, if that commit takes several transactions.
    pub(super) part: Option<ViewId>,
    /// How many copies of views it changes.
    count: usize,
}

impl<'a> Batch<'a> {
    /// As many commits as change at most `most` copies of views; a part of the first one, if it changes more.
    pub(super) fn of(
        projection: Erased,
        runtime: &Runtime,
        goal: Goal<'_>,
        commits: &'a [Commit],
        most: usize,
        copies: impl Fn(Version, &ViewId) -> Copies,
    ) -> Result<Self, ProjectError> {
        let (changes, wanted) = (Vec::new(), BTreeMap::new());
        let mut batch = Self { changes, wanted, reached: Version::NONE, part: None, count: 0 };
        for commit in commits {
            let changes =
                changes_of(projection, runtime, goal.edition, goal.tenant, commit, goal.passes_unknown)?;
            let mut added: BTreeMap<ViewId, Copies> = BTreeMap::new();
            for change in &changes {
                let before = batch.wanted.get(&change.id).copied().unwrap_or_default();
                let copies = copies(commit.version, &change.id).without(before);
                if copies.count() > 0 {
                    added.insert(change.id.clone(), copies);
                }
            }
            let count = batch.count + added.values().map(Copies::count).sum::<usize>();
            if count > most {
                if batch.reached.is_none() {
                    batch.take_part(commit, changes, added, most);
                }
                break;
            }
            batch.changes.extend(changes);
            for (id, copies) in added {
                batch.wanted.entry(id).or_default().add(copies);
            }
            batch.count = count;
            batch.reached = commit.version;
        }
        Ok(batch)
    }

    /// Takes the first views of a commit that changes too many of them.
    fn take_part(
        &mut self,
        commit: &Commit,
        changes: Vec<Change<'a>>,
        views: BTreeMap<ViewId, Copies>,
        most: usize,
    ) {
        for (id, copies) in views {
            self.count += copies.count();
            if self.count > most && !self.wanted.is_empty() {
                break;
            }
            self.part = Some(id.clone());
            self.wanted.insert(id, copies);
        }
        self.changes.extend(changes.into_iter().filter(|change| self.wanted.contains_key(&change.id)));
        self.reached = commit.version.previous();
    }
}

/// The events of a commit that the projection listens to, each with its views. An unknown event is an error, unless another
/// program has already taken it.
pub(super) fn changes_of<'a>(
    projection: Erased,
    runtime: &Runtime,
    edition: &Edition,
    tenant: &Tenant,
    commit: &'a Commit,
    passes_unknown: bool,
) -> Result<Vec<Change<'a>>, ProjectError> {
    let mut changes = Vec::new();
    for raw in RawEvent::all(commit) {
        let arm = match passes_unknown {
            true => listed(projection, &raw),
            false => arm_of(projection, runtime, &raw)?,
        };
        let Some(arm) = arm else { continue };
        let mut ids = BTreeSet::new();
        for (id, key) in arm.keys::<ProjectError>(&raw, tenant, edition)? {
            // A view that an event names twice gets it once.
            if ids.insert(id.clone()) {
                changes.push(Change { version: commit.version, raw, arm, key, id });
            }
        }
    }
    Ok(changes)
}
