use serde::{Deserialize, Serialize};

use super::generations::is_zero;
use super::registered::{Fold, Registered, State};
use super::{Edition, Erased, Generations};
use crate::store::{RefusedKind, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{DynViewStore, Revision, StoredView, ViewId, Write};

/// The editions of one projection, and their replays: an item of the views table, at pk `@{VIEW}` and sk `@`, where no view can
/// be.
///
/// Its top level describes the first edition. So releases that know only one edition find what they wrote, and what they drop is
/// built anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Editions {
    #[serde(flatten)]
    first: Registered,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<Registered>,
    /// The number that was given last.
    #[serde(rename = "editions", default, skip_serializing_if = "is_zero")]
    last: u64,
}

impl Editions {
    /// All, each with its addresses.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Edition, &Registered)> {
        let others = self.others.iter().map(|one| (one.edition(), one));
        let all = std::iter::once((Edition::FIRST, &self.first)).chain(others);
        all.filter(|(_, one)| one.state != State::Gone)
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Registered> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// The edition of a fold. An edition that is being removed belongs to no fold.
    pub(crate) fn of_fold(&self, fold: &str) -> Option<(Edition, &Registered)> {
        if self.first.is_of(fold) {
            return Some((Edition::FIRST, &self.first));
        }
        let own = self.others.iter().find(|one| one.is_of(fold));
        own.map(|own| (own.edition(), own))
    }

    pub(crate) fn of_fold_mut(&mut self, fold: &str) -> Option<&mut Registered> {
        self.all_mut().find(|one| one.is_of(fold))
    }

    /// What is known about an edition.
    pub(crate) fn get(&self, edition: &Edition) -> Option<Registered> {
        self.all().find(|(found, _)| found == edition).map(|(_, one)| one.clone())
    }

    /// The same if nothing is recorded yet: it is complete.
    pub(crate) fn of(&self, edition: &Edition) -> Registered {
        self.get(edition).unwrap_or_default()
    }

    pub(crate) fn find_mut(&mut self, edition: &Edition) -> Option<&mut Registered> {
        match *edition == Edition::FIRST {
            true => Some(&mut self.first),
            false => self.others.iter_mut().find(|one| one.edition() == *edition),
        }
    }

    /// Whether any fold is recorded.
    pub(crate) fn has_begun(&self) -> bool {
        self.last > 0
    }

    /// The number that was given last.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The number for the fence of a new stream: 0 if there is only the first edition.
    pub(crate) fn for_new_fence(&self) -> u64 {
        if self.others.is_empty() { 0 } else { self.last }
    }

    /// The other editions that are to get every commit, of those with a number up to `last`.
    pub(crate) fn others_up_to<'a>(
        &'a self,
        own: &'a Edition,
        last: u64,
    ) -> impl Iterator<Item = (Edition, &'a Registered)> {
        self.all().filter(move |(edition, one)| edition != own && one.follows() && one.number <= last)
    }

    /// The edition that programs of a fold write, or would write.
    pub(crate) fn written_by(&self, fold: &str) -> Edition {
        match self.of_fold(fold) {
            Some((edition, _)) => edition,
            None if self.last == 0 => Edition::FIRST,
            None => Edition::of_fold(fold, 0),
        }
    }

    /// The edition that a program reads, for a query by an index if one is given: the edition of its fold, if that is or was
    /// complete and a program of the fold is running; otherwise another one that is complete. `None` if there has never been one.
    ///
    /// Views without a recorded fold count as complete; their indexes are not recorded either.
    pub(crate) fn to_read(&self, fold: &str, index: Option<&str>) -> Option<Edition> {
        let rank = |one: &Registered| {
            let (is_own, is_whole) = (one.is_of(fold), one.state == State::Whole);
            (is_own && is_whole, is_own && one.follows(), is_whole, is_own, one.number)
        };
        let is_listed =
            |one: &Registered| index.is_none_or(|index| one.indexes.iter().any(|listed| listed == index));
        let readable = self.all().filter(|(_, one)| one.is_readable() && is_listed(one));
        readable.max_by_key(|(_, one)| rank(one)).map(|(edition, _)| edition)
    }

    /// Begins a missing record: the fold gets the first edition, unless the plain addresses have views of a release
    /// that did not record its fold.
    pub(crate) fn begin(&mut self, fold: &Fold, had_views: bool, now: Timestamp) {
        if self.has_begun() {
            return;
        }
        self.last = 1;
        self.first.number = 1;
        self.first.note_whole();
        match had_views {
            // The release that wrote them leaves no commits for others, and others leave none for it.
            true => self.first.leave(now),
            false => self.first.describe(fold),
        }
    }

    /// Notes that a fold follows the streams from now on.
    pub(crate) fn register(&mut self, fold: &Fold, now: Timestamp) {
        let number = self.last.saturating_add(1);
        match self.of_fold_mut(fold.fingerprint) {
            Some(own) if own.follows() => return,
            Some(own) => {
                own.begin(number);
                own.describe(fold);
            }
            None => {
                let mut own =
                    Registered { number, begun: number, state: State::Building, ..Registered::default() };
                own.describe(fold);
                self.others.push(own);
            }
        }
        self.last = number;
        // Running programs get the time to find this out.
        for one in self.all_mut() {
            if one.follows() && one.fold.is_some() {
                one.seen = Some(now);
            }
        }
    }

    /// Notes that other editions without a sign of life since a time no longer get commits.
    pub(crate) fn leave_silent(&mut self, fold: &str, since: Timestamp, now: Timestamp) {
        for one in self.all_mut() {
            if one.fold.as_deref() != Some(fold) && one.follows() && one.is_silent(since) {
                one.leave(now);
            }
        }
    }

    /// Abandons all other editions: their content must not be used further.
    pub(crate) fn drop_others(&mut self, fold: &str) {
        for one in self.all_mut() {
            if one.fold.as_deref() != Some(fold) && one.may_come_back() {
                one.state = State::Leaving;
            }
        }
    }

    /// Whether editions other than that of a fold, which is complete, are to be removed.
    pub(crate) fn has_removable(&self, fold: &str, kept: Timestamp) -> bool {
        let is_whole = self.of_fold(fold).is_some_and(|(_, own)| own.state == State::Whole);
        is_whole && self.all().any(|(_, one)| one.is_removed_after(kept))
    }

    /// The editions that are removed from now on: they are no longer read or written.
    pub(crate) fn begin_removal(&mut self, kept: Timestamp) -> Vec<Edition> {
        for one in self.all_mut() {
            if one.is_removed_after(kept) {
                one.state = State::Leaving;
            }
        }
        self.all().filter(|(_, one)| one.state == State::Leaving).map(|(edition, _)| edition).collect()
    }

    /// Forgets a removed edition.
    pub(crate) fn end_removal(&mut self, edition: &Edition) {
        let Some(found) = self.find_mut(edition).filter(|one| one.state == State::Leaving) else { return };
        found.state = State::Gone;
        let first = &mut self.first;
        if first.state == State::Gone {
            // The numbers of its replays continue.
            let generations = Generations { underway: None, ..first.generations.clone() };
            *first = Registered { generations, state: State::Gone, ..Registered::default() };
        }
        self.others.retain(|one| one.state != State::Gone);
    }

    /// Gives an edition a new number, so that its building begins anew.
    pub(crate) fn restart(&mut self, fold: &str) {
        let number = self.last.saturating_add(1);
        if let Some(own) = self.of_fold_mut(fold).filter(|own| own.follows()) {
            own.begin(number);
            self.last = number;
        }
    }

    /// Reads the record, and the revision for a conditional write.
    pub(crate) async fn read(
        projection: Erased,
        views: &dyn DynViewStore,
    ) -> Result<(Self, Revision), StoreError> {
        let Some(stored) = views.get(&Self::id(projection)).await? else {
            return Ok((Self::default(), Revision::NONE));
        };
        let editions = Self::deserialize(&stored.data).map_err(|error| {
            let reason =
                format!("the record of the replays of `{}` cannot be read: {error}", projection.name);
            StoreError::refused(RefusedKind::Unreadable, reason)
        })?;
        Ok((editions, stored.revision()))
    }

    /// Changes the record; returns the new one, with the version of its item.
    pub(crate) async fn change<T>(
        projection: Erased,
        views: &dyn DynViewStore,
        change: impl Fn(&mut Self) -> T,
    ) -> Result<(T, Self, Version), StoreError> {
        loop {
            let (before, expected) = Self::read(projection, views).await?;
            let mut after = before.clone();
            let outcome = change(&mut after);
            if after == before {
                return Ok((outcome, after, expected.version));
            }
            let data = serde_json::to_value(&after)
                .map_err(|error| StoreError::refused(RefusedKind::Data, error))?;
            let (id, version) = (Self::id(projection), expected.version.next());
            let record = StoredView::new(id, version, data, Timestamp::now());
            if views.put(&record, expected).await? == Write::Done {
                return Ok((outcome, after, version));
            }
        }
    }

    fn id(projection: Erased) -> ViewId {
        ViewId { pk: format!("@{}", projection.view), sk: "@".to_owned() }
    }
}
