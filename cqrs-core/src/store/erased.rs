use std::future::Future;
use std::pin::Pin;

#[cfg(any(feature = "conformance", feature = "inspect"))]
use super::StreamPage;
use super::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, EventStore, Extent, NewCommit, NewCommits,
    Reservation, ReservationPage, StoreError, TimerId, TimerPage, UniqueValue,
};
use crate::key::StreamKey;
use crate::timestamp::Timestamp;
use crate::version::Version;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`EventStore`] behind a pointer, so that `App` needs no type parameter.
pub(crate) trait DynEventStore: Send + Sync {
    fn append<'a>(&'a self, commit: NewCommit<'a>) -> Boxed<'a, Append>;
    fn append_all<'a>(&'a self, commits: NewCommits<'a>) -> Boxed<'a, AppendAll>;
    fn reservation<'a>(&'a self, value: &'a UniqueValue) -> Boxed<'a, Option<Reservation>>;
    fn reservations<'a>(&'a self, after: Option<&'a UniqueValue>) -> Boxed<'a, ReservationPage>;
    fn timers<'a>(
        &'a self,
        partition: &'a str,
        until: Timestamp,
        after: Option<&'a TimerId>,
    ) -> Boxed<'a, TimerPage>;
    fn remove_timer<'a>(&'a self, id: &'a TimerId) -> Boxed<'a, bool>;
    fn read<'a>(&'a self, stream: &'a StreamKey, after: Version, until: Version) -> Boxed<'a, CommitPage>;
    fn read_last<'a>(
        &'a self,
        stream: &'a StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> Boxed<'a, CommitPage>;
    fn keeps_states(&self) -> bool;
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a CommitKey>) -> Boxed<'a, CommitScan>;
    #[cfg(any(feature = "conformance", feature = "inspect"))]
    fn streams<'a>(
        &'a self,
        partition: &'a str,
        prefix: &'a str,
        after: Option<&'a CommitKey>,
        limit: usize,
    ) -> Boxed<'a, StreamPage>;
    fn count(&self) -> Boxed<'_, Option<u64>>;
    fn segments(&self, wanted: u32) -> u32;
}

impl<S: EventStore> DynEventStore for S {
    fn append<'a>(&'a self, commit: NewCommit<'a>) -> Boxed<'a, Append> {
        Box::pin(EventStore::append(self, commit))
    }
    fn append_all<'a>(&'a self, commits: NewCommits<'a>) -> Boxed<'a, AppendAll> {
        Box::pin(EventStore::append_all(self, commits))
    }
    fn reservation<'a>(&'a self, value: &'a UniqueValue) -> Boxed<'a, Option<Reservation>> {
        Box::pin(EventStore::reservation(self, value))
    }
    fn reservations<'a>(&'a self, after: Option<&'a UniqueValue>) -> Boxed<'a, ReservationPage> {
        Box::pin(EventStore::reservations(self, after))
    }
    fn timers<'a>(
        &'a self,
        partition: &'a str,
        until: Timestamp,
        after: Option<&'a TimerId>,
    ) -> Boxed<'a, TimerPage> {
        Box::pin(EventStore::timers(self, partition, until, after))
    }
    fn remove_timer<'a>(&'a self, id: &'a TimerId) -> Boxed<'a, bool> {
        Box::pin(EventStore::remove_timer(self, id))
    }
    fn read<'a>(&'a self, stream: &'a StreamKey, after: Version, until: Version) -> Boxed<'a, CommitPage> {
        Box::pin(EventStore::read(self, stream, after, until))
    }
    fn read_last<'a>(
        &'a self,
        stream: &'a StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> Boxed<'a, CommitPage> {
        Box::pin(EventStore::read_last(self, stream, after, until, limit))
    }
    fn keeps_states(&self) -> bool {
        EventStore::keeps_states(self)
    }
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a CommitKey>) -> Boxed<'a, CommitScan> {
        Box::pin(EventStore::scan(self, extent, after))
    }
    #[cfg(any(feature = "conformance", feature = "inspect"))]
    fn streams<'a>(
        &'a self,
        partition: &'a str,
        prefix: &'a str,
        after: Option<&'a CommitKey>,
        limit: usize,
    ) -> Boxed<'a, StreamPage> {
        Box::pin(EventStore::streams(self, partition, prefix, after, limit))
    }
    fn count(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(EventStore::count(self))
    }
    fn segments(&self, wanted: u32) -> u32 {
        EventStore::segments(self, wanted)
    }
}
