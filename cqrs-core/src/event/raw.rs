use super::{Event, Recorded, SharedEvent, upcaster};
use crate::commit::{Commit, StoredEvent};
use crate::key::StreamKey;
use crate::panic::caught;
use crate::schema::SchemaNumber;
use crate::version::Version;

/// One stored event of a commit, not decoded yet.
#[derive(Debug, Clone, Copy)]
pub struct RawEvent<'a> {
    commit: &'a Commit,
    stored: &'a StoredEvent,
    index: usize,
}

/// A stored event that today's code cannot read.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{stream} at version {version}, event {index}: `{name}` (schema {}) cannot be decoded: {reason}",
    SchemaNumber::new(*.schema, *.widened)
)]
#[non_exhaustive]
pub struct DecodeError {
    /// The stream that it belongs to.
    pub stream: StreamKey,
    /// The version of its commit.
    pub version: Version,
    /// Its place in the commit, from 0.
    pub index: usize,
    /// The stored type name.
    pub name: String,
    /// The stored schema.
    pub schema: u32,
    /// How often that schema was widened when the event was stored.
    pub widened: u32,
    /// What does not fit, or what the panic said.
    pub reason: String,
}

impl<'a> RawEvent<'a> {
    pub(crate) fn all(commit: &'a Commit) -> impl Iterator<Item = RawEvent<'a>> {
        commit.events.iter().enumerate().map(move |(index, stored)| RawEvent { commit, stored, index })
    }

    /// The only event of a commit, at its original place.
    pub(crate) fn only(commit: &'a Commit, index: usize) -> Option<Self> {
        Some(Self { commit, stored: commit.events.first()?, index })
    }

    /// The commit that it belongs to.
    #[must_use]
    pub fn commit(&self) -> &'a Commit {
        self.commit
    }

    /// Its place in the commit, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its type, schema and data as stored.
    #[must_use]
    pub fn stored(&self) -> &'a StoredEvent {
        self.stored
    }

    /// Decodes it as `E`, from the schema under which it was stored.
    ///
    /// # Errors
    /// [`DecodeError`] if the schema is newer than that of `E`, if it was widened further, or if the data does not have
    /// its shape.
    pub fn decode<E: Event>(&self) -> Result<Recorded<E>, DecodeError> {
        match upcaster::read_shared(self.stored.number(), &self.stored.data) {
            Ok(event) => Ok(self.record(event)),
            Err(reason) => Err(self.refuse(reason)),
        }
    }

    /// The same for a subscriber. If several subscribers want the commit, it is decoded for the first of them, and the
    /// others borrow it.
    ///
    /// # Errors
    /// Those of [`decode`](Self::decode), for each subscriber.
    pub fn share<E: Event>(&self) -> Result<SharedEvent<'a, E>, DecodeError> {
        match self.commit.decoded.get_or_decode(self.index, || self.decode::<E>().ok()) {
            Some(event) => Ok(SharedEvent::Lent(event)),
            None => self.decode().map(|event| SharedEvent::Own(Box::new(event))),
        }
    }

    pub(crate) fn record<E>(&self, event: E) -> Recorded<E> {
        Recorded::of(event, self.commit, self.index)
    }

    /// Calls the code of a projection with it. If that code panics, the error names this event.
    pub(crate) fn guard<T, E: From<DecodeError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        caught(work)
            .unwrap_or_else(|text| Err(self.refuse(format!("the projection panicked: {text}")).into()))
    }

    pub(crate) fn refuse(&self, reason: String) -> DecodeError {
        DecodeError::new(self.commit, self.index, self.stored.name.clone(), self.stored.number(), reason)
    }
}

impl DecodeError {
    /// Whether this program does not know the event's type, its schema or the widening of the schema. Then the event is
    /// not damaged, and a newer program reads it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.reason.ends_with(upcaster::NEWER)
    }

    /// For an event of a commit whose name and schema may already have been moved out.
    #[cold]
    pub(crate) fn new(
        commit: &Commit,
        index: usize,
        name: String,
        number: SchemaNumber,
        reason: String,
    ) -> Self {
        let SchemaNumber { schema, widened } = number;
        Self { stream: commit.stream.clone(), version: commit.version, index, name, schema, widened, reason }
    }
}
