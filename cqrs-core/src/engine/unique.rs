//! The values of an aggregate's `unique` fields, and how a commit changes them.

use crate::aggregate::{Aggregate, AggregateKey};
use crate::key::{KeyError, StreamKey};
use crate::runtime::Runtime;
use crate::store::{Extent, NewCommits, Reservation, ReservationChange, StoreError, UniqueValue};
use crate::version::Version;

/// The rendered values of a state, in the order of its fields.
pub(super) struct UniqueValues(Vec<Option<String>>);

impl UniqueValues {
    /// The values of a state. Sends no request, and does nothing for an aggregate without such fields. An instance has
    /// no values before its first commit.
    pub(super) fn of<A: Aggregate>(state: &A, version: Version) -> Self {
        if version.is_none() {
            return Self(vec![None; A::UNIQUE.len()]);
        }
        Self(A::UNIQUE.iter().map(|field| (field.value)(state)).collect())
    }

    /// The changes to another state of the same instance.
    pub(super) fn changes_to<A: Aggregate>(
        &self,
        state: &A,
        stream: &StreamKey,
    ) -> Result<Vec<ReservationChange>, KeyError> {
        let mut changes = Vec::new();
        for (field, before) in A::UNIQUE.iter().zip(&self.0) {
            let after = (field.value)(state);
            if after == *before {
                continue;
            }
            let tenant = A::Key::parse(stream)?.tenant().clone();
            let value = |text: &str| UniqueValue::new(&tenant, A::ENTITY, field.name, text);
            if let Some(before) = before {
                changes.push(ReservationChange::new(value(before)?, Some(stream.clone()), None));
            }
            if let Some(after) = &after {
                changes.push(ReservationChange::new(value(after)?, None, Some(stream.clone())));
            }
        }
        Ok(changes)
    }

    /// All values, as they are reserved.
    pub(super) fn reserved<A: Aggregate>(self, stream: &StreamKey) -> Result<Vec<UniqueValue>, KeyError> {
        let tenant = A::Key::parse(stream)?.tenant().clone();
        let values = A::UNIQUE.iter().zip(self.0);
        values
            .filter_map(|(field, text)| Some(UniqueValue::new(&tenant, A::ENTITY, field.name, &text?)))
            .collect()
    }
}

/// Joins changes to the same value into one: another stream may take a value that one stream gives up.
///
/// # Errors
/// Two streams that take the same value: the second one, and what the first one takes.
pub(super) fn joined(
    changes: impl IntoIterator<Item = ReservationChange>,
) -> Result<Vec<ReservationChange>, (StreamKey, Reservation)> {
    let mut joined: Vec<ReservationChange> = Vec::new();
    for change in changes {
        let Some(earlier) = joined.iter_mut().find(|earlier| earlier.value == change.value) else {
            joined.push(change);
            continue;
        };
        match (&earlier.to, change.to) {
            (Some(owner), Some(loser)) => {
                return Err((loser, Reservation::new(change.value, owner.clone())));
            }
            (None, to @ Some(_)) => earlier.to = to,
            (_, None) => {}
        }
        earlier.from = earlier.from.take().or(change.from);
    }
    Ok(joined)
}

impl Runtime {
    /// The first of the aggregate's `unique` fields whose values are not all reserved: the field was added when there
    /// were already streams. Sends one request for each field, the first time in a process.
    pub(super) async fn unreserved_field<A: Aggregate>(&self) -> Result<Option<&'static str>, StoreError> {
        let missing = self.unreserved_fields::<A>().await?;
        if missing.is_empty() {
            return Ok(None);
        }
        if !self.reserved.has_older_streams(A::ENTITY) {
            if !self.has_streams_of::<A>().await? {
                self.note_reserved::<A>(&missing).await?;
                return Ok(None);
            }
            // Another process may have begun the first streams, and has noted the reservation before that.
            let missing = self.unreserved_fields::<A>().await?;
            if missing.is_empty() {
                return Ok(None);
            }
            self.reserved.note_older_streams(A::ENTITY);
        }
        Ok(missing.first().copied())
    }

    /// Notes that all values are reserved when the first stream of the aggregate begins, whatever its first commit
    /// sets.
    pub(super) async fn note_first_stream<A: Aggregate>(&self) -> Result<(), StoreError> {
        if A::UNIQUE.is_empty() || self.reserved.has_older_streams(A::ENTITY) {
            return Ok(());
        }
        self.unreserved_field::<A>().await.map(drop)
    }

    async fn unreserved_fields<A: Aggregate>(&self) -> Result<Vec<&'static str>, StoreError> {
        let mut missing = Vec::new();
        for field in A::UNIQUE.iter().filter(|field| !self.reserved.knows(A::ENTITY, field.name)) {
            let all = UniqueValue::all(A::ENTITY, field.name);
            match self.event_store().reservation(&all).await? {
                Some(_) => self.reserved.note(A::ENTITY, field.name),
                None => missing.push(field.name),
            }
        }
        Ok(missing)
    }

    /// Notes that all values of these fields are reserved from now on.
    pub(super) async fn note_reserved<A: Aggregate>(
        &self,
        fields: &[&'static str],
    ) -> Result<(), StoreError> {
        let owner = StreamKey::new(format!("#{}", A::ENTITY), "all")?;
        let mut new = NewCommits::new(Vec::new());
        for field in fields {
            let all = UniqueValue::all(A::ENTITY, field);
            new = new.reserving(ReservationChange::new(all, None, Some(owner.clone())));
        }
        // The note exists, whatever the answer is: nobody writes it with another owner.
        let _ = self.event_store().append_all(new).await?;
        fields.iter().for_each(|field| self.reserved.note(A::ENTITY, field));
        Ok(())
    }

    /// Whether the aggregate has a stream, as far as one page shows: a store that has more than that page may have one.
    async fn has_streams_of<A: Aggregate>(&self) -> Result<bool, StoreError> {
        let page = match self.event_store().scan(&Extent::Segment { number: 0, of: 1 }, None).await {
            // A role that may only append cannot know.
            Err(StoreError::Denied { .. }) => return Ok(true),
            page => page?,
        };
        let is_one = |stream: &StreamKey| A::Key::parse(stream).is_ok();
        Ok(page.next.is_some() || page.commits.iter().any(|commit| is_one(&commit.stream)))
    }
}
