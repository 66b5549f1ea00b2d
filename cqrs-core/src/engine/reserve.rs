//! Reserves the values that streams have had before their field became `unique`.

use futures_util::stream::{StreamExt, TryStreamExt, iter};

use super::append::no_timer;
use super::unique::UniqueValues;
use crate::aggregate::{Aggregate, AggregateKey};
use crate::key::StreamKey;
use crate::runtime::Runtime;
use crate::store::{AppendAll, Extent, NewCommits, ReservationChange, StoreError, UniqueValue};
use crate::version::Version;

/// How many streams are handled at the same time.
const AT_ONCE: usize = 16;

/// What [`App::reserve`](crate::App::reserve) found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Reserved {
    /// How many streams the aggregate has.
    pub streams: u64,
    /// How many values were reserved by this call.
    pub reserved: u64,
    /// How many values were freed by this call, because their owners no longer have them.
    pub freed: u64,
    /// The values that more than one stream has.
    pub collisions: Vec<Collision>,
}

/// Two streams with the same value in a field that is `unique`. The owner keeps it; the other one also keeps it, until
/// a command changes it. Change the value of the other one first: as soon as the owner gives its value up, the value is
/// free, and a third stream may take it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collision {
    /// The field.
    pub field: String,
    /// The stream that the value belongs to.
    pub owner: StreamKey,
    /// The other stream that has it.
    pub other: StreamKey,
}

impl Runtime {
    pub(crate) async fn reserve<A: Aggregate>(&self) -> Result<Reserved, StoreError> {
        // First the values that their owners no longer have: another stream may have them.
        let mut done = Reserved { freed: self.free::<A>().await?, ..Reserved::default() };
        let mut after = None;
        loop {
            let page = self.event_store().scan(&Extent::Segment { number: 0, of: 1 }, after.as_ref()).await?;
            let begun = page.commits.iter().filter(|commit| commit.version == Version::NONE.next());
            let streams = begun.map(|commit| &commit.stream).filter(|stream| A::Key::parse(stream).is_ok());
            let streams: Vec<_> = streams.cloned().collect();
            done.streams += streams.len() as u64;
            let reserved = iter(streams).map(|stream| async move { self.reserve_stream::<A>(&stream).await });
            let mut reserved = reserved.buffer_unordered(AT_ONCE);
            while let Some((values, collisions)) = reserved.try_next().await? {
                done.reserved += values;
                done.collisions.extend(collisions);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let fields: Vec<_> = A::UNIQUE.iter().map(|field| field.name).collect();
        if !fields.is_empty() {
            self.note_reserved::<A>(&fields).await?;
        }
        done.collisions.sort_by(|left, right| left.other.cmp(&right.other));
        Ok(done)
    }

    /// Reserves the values of one stream; those that are reserved already are not written again.
    async fn reserve_stream<A: Aggregate>(
        &self,
        stream: &StreamKey,
    ) -> Result<(u64, Vec<Collision>), StoreError> {
        loop {
            let (version, values) = self.values_of::<A>(stream).await?;
            let (mut free, mut collisions) = (Vec::new(), Vec::new());
            for value in values {
                match self.event_store().reservation(&value).await? {
                    None => free.push(value),
                    Some(found) if found.owner == *stream => {}
                    Some(found) => collisions.push(Collision {
                        field: value.field().to_owned(),
                        owner: found.owner,
                        other: stream.clone(),
                    }),
                }
            }
            if free.is_empty() {
                return Ok((0, collisions));
            }
            let count = free.len() as u64;
            let mut new = NewCommits::new(Vec::new()).unchanged(stream.clone(), version);
            new.reservations.extend(
                free.into_iter().map(|value| ReservationChange::new(value, None, Some(stream.clone()))),
            );
            match self.event_store().append_all(new).await? {
                AppendAll::Written => return Ok((count, collisions)),
                // Another writer was faster: look at what is there now.
                AppendAll::Taken(_) | AppendAll::Reserved(_) => {}
                AppendAll::Gone => return Err(no_timer()),
            }
        }
    }

    /// Frees the values that their owners do not have: a restore has removed the commits that set them.
    async fn free<A: Aggregate>(&self) -> Result<u64, StoreError> {
        let mut freed = 0;
        let mut after = None;
        loop {
            let page = self.event_store().reservations(after.as_ref()).await?;
            for found in page.reservations {
                if !A::UNIQUE.iter().any(|field| found.value.is_of(A::ENTITY, field.name)) {
                    continue;
                }
                let (version, values) = self.values_of::<A>(&found.owner).await?;
                if values.contains(&found.value) {
                    continue;
                }
                let change = ReservationChange::new(found.value, Some(found.owner.clone()), None);
                let new = NewCommits::new(Vec::new()).unchanged(found.owner, version).reserving(change);
                // A command that came in between has handled the value itself.
                if self.event_store().append_all(new).await? == AppendAll::Written {
                    freed += 1;
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(freed);
            }
        }
    }

    async fn values_of<A: Aggregate>(
        &self,
        stream: &StreamKey,
    ) -> Result<(Version, Vec<UniqueValue>), StoreError> {
        let state = self.load_now::<A>(stream).await?;
        let values = UniqueValues::of(&state.aggregate, state.version).reserved::<A>(stream)?;
        Ok((state.version, values))
    }
}
