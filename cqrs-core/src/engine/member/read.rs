use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Boxed, Member, Place, not_loaded};
use crate::aggregate::Aggregate;
use crate::command::{OtherStates, TransactionError};
use crate::commit::Commit;
use crate::digest::CommandDigest;
use crate::engine::Caller;
use crate::engine::append::Refusal;
use crate::engine::intent::Intent;
use crate::engine::load::Until;
use crate::key::{KeyError, StreamKey};
use crate::metadata::Metadata;
use crate::runtime::{Runtime, Slot};
use crate::store::{NewCommit, ReservationChange, StoreError};
use crate::version::Version;

/// A stream that is only read.
pub(in crate::engine) struct Read<'a, A> {
    runtime: &'a Runtime,
    stream: StreamKey,
    metadata: Metadata,
    expected: Option<Version>,
    place: Place<A>,
    /// A decision has kept the aggregate, and only the version is left.
    is_kept: bool,
}

impl<'a, A: Aggregate> Read<'a, A> {
    pub(in crate::engine) fn new(caller: Caller<'a>, intent: Intent) -> Self {
        let Intent { stream, metadata, expected, .. } = intent;
        Self { runtime: caller.runtime, stream, metadata, expected, place: Place::empty(), is_kept: false }
    }

    fn error(&self, source: StoreError) -> TransactionError {
        if matches!(source, StoreError::Denied { .. }) {
            self.runtime.forget();
        }
        TransactionError::store(&self.metadata.command_id, source)
    }
}

impl<A: Aggregate> Member for Read<'_, A> {
    fn stream(&self) -> &StreamKey {
        &self.stream
    }

    fn expected(&self) -> Option<Version> {
        self.expected
    }

    fn command(&self) -> Option<(&'static str, Option<&CommandDigest>)> {
        None
    }

    fn identify(&mut self, id: &str, _: Option<&str>, _: Option<&str>) {
        id.clone_into(&mut self.metadata.command_id);
    }

    fn lock<'m>(&'m mut self, place: Arc<Mutex<Slot>>) -> Pin<Box<dyn Future<Output = ()> + Send + 'm>> {
        Box::pin(self.place.lock(place))
    }

    fn load(&mut self) -> Boxed<'_, bool> {
        Box::pin(async {
            if self.place.state.is_some() {
                return Ok(false);
            }
            let loaded = self.runtime.load_now::<A>(&self.stream).await;
            self.place.state = Some(loaded.map_err(|error| self.error(error))?);
            Ok(true)
        })
    }

    fn catch_up(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            self.take_back().await?;
            let caught_up = self.place.catch_up(self.runtime, &self.stream).await;
            caught_up.map_err(|error| self.error(error))
        })
    }

    fn version(&self) -> Version {
        self.place.version()
    }

    fn find<'m>(&'m mut self, _: &'m str) -> Boxed<'m, Option<Commit>> {
        Box::pin(async { Ok(None) })
    }

    fn is_same<'m>(&'m self, _: &'m Commit) -> Boxed<'m, bool> {
        Box::pin(async { Ok(true) })
    }

    fn lend(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        let state = self.place.state.as_mut()?;
        Some(Arc::new(std::mem::replace(&mut state.aggregate, A::initial())))
    }

    fn take_home(&mut self, lent: Option<Arc<dyn Any + Send + Sync>>) {
        let aggregate = lent.and_then(|lent| lent.downcast().ok()).and_then(Arc::into_inner);
        match (aggregate, &mut self.place.state) {
            (Some(aggregate), Some(state)) => state.aggregate = aggregate,
            _ => self.is_kept = true,
        }
    }

    fn decide(&mut self, _: &OtherStates, fresh: bool) -> Result<bool, TransactionError> {
        let actual = self.version();
        match self.expected {
            Some(expected) if expected > actual && !fresh => Ok(false),
            Some(expected) if expected != actual => {
                Err(TransactionError::Conflict { stream: self.stream.clone(), expected, actual })
            }
            _ => Ok(true),
        }
    }

    fn new_commit(&mut self) -> Option<NewCommit<'_>> {
        None
    }

    fn copy_commit(&self) -> Option<NewCommit<'_>> {
        None
    }

    fn take_reservations(&mut self) -> Result<Vec<ReservationChange>, KeyError> {
        Ok(Vec::new())
    }

    fn note_first_stream(&self) -> Boxed<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn unreserved_field(&self) -> Boxed<'_, Option<&'static str>> {
        Box::pin(async { Ok(None) })
    }

    fn refuse(&self, _: Refusal) -> TransactionError {
        self.error(not_loaded(&self.stream))
    }

    fn decided(&self) -> Option<&Commit> {
        None
    }

    fn leave_state(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn room(&self) -> Option<Duration> {
        None
    }

    fn settle(&mut self, _: Option<Instant>) {}

    fn settle_earlier(&mut self, _: Option<Commit>) -> Result<(), StoreError> {
        Ok(())
    }

    fn take_back(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {
            if self.is_kept {
                let until = Until::Version(self.version());
                let loaded = self.runtime.load_until::<A>(&self.stream, until).await;
                self.place.state = Some(loaded.map_err(|error| self.error(error))?);
                self.is_kept = false;
            }
            Ok(())
        })
    }

    fn fold(&mut self, winner: Commit) -> Result<(), StoreError> {
        self.place.fold(&self.stream, winner)
    }

    fn put_back(&mut self, is_good: bool) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.place.put_back(is_good && !self.is_kept);
        Box::pin(async {})
    }

    fn answer(&mut self) -> Option<(Version, Box<dyn Any + Send + Sync>)> {
        None
    }
}
