//! Projections in the delivery: arriving commits go into the stored views.

mod aggregate_view;
mod ahead;
mod arrived;
mod awaited;
mod batch;
pub(crate) mod discards;
pub(crate) mod editions;
mod error;
mod fold;
mod gap;
mod group;
mod keyed_view;
mod opened;
mod part;
mod pauses;
mod planned;
mod read;
mod read_error;
mod reading;
mod touched;
mod unfenced;
mod wanted;

use std::pin::Pin;

use crate::key::StreamKey;
use crate::projection::Erased;
use crate::runtime::Runtime;
use crate::store::StoreError;

pub(crate) use keyed_view::{Goal, KeyedView, shadow_of};

pub(crate) use arrived::{Arrived, Origin, Seen};
pub(crate) use awaited::{Contained, contains};
pub(crate) use discards::LeftOut;
pub(crate) use editions::{Awaited, Choice};
pub(crate) use error::{Astray, ProjectError, ROUNDS};
pub(crate) use fold::{encode, entries, fold, wants};
pub(crate) use pauses::Pauses;
pub(crate) use read::read;
pub(crate) use reading::{ReadFailure, own_instead, reading};
pub(crate) use touched::{current, touched};

pub use read_error::{HeldUp, ReadError};

use gap::Following;

/// Takes what is delivered into the views of one projection.
#[derive(Debug)]
pub(crate) struct ProjectionDriver {
    pub(crate) projection: Erased,
    keyed_view: KeyedView,
}

impl ProjectionDriver {
    pub(crate) fn new(projection: Erased) -> Self {
        Self { projection, keyed_view: KeyedView::new(projection) }
    }

    /// Brings the views up to the latest of these commits of one stream, whatever arrived before; the left-out ones are skipped.
    /// Returns which other edition has yet to take them.
    ///
    /// In a box, so that the future of a subscriber does not have room for this one all the time.
    pub(crate) fn apply<'a>(
        &'a self,
        runtime: &'a Runtime,
        arrived: Arrived<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Awaited>, ProjectError>> + Send + 'a>> {
        Box::pin(async move {
            // A feed that repeats or reorders need not end with the latest.
            let Some(last) = arrived.commits.iter().max_by_key(|commit| commit.version) else {
                return Ok(None);
            };
            if self.projection.keyed {
                return self.keyed_view.deliver(runtime, arrived, last).await;
            }
            aggregate_view::advance(self.projection, runtime, arrived, last).await?;
            Ok(None)
        })
    }

    /// Whether the views contain anything of a stream.
    pub(crate) async fn has_seen(&self, runtime: &Runtime, stream: &StreamKey) -> Result<bool, StoreError> {
        if self.projection.keyed {
            return keyed_view::has_seen(self.projection, runtime, stream).await;
        }
        aggregate_view::has_seen(self.projection, runtime, stream).await
    }

    /// A number that goes up with each replay of all tenants that is over, and with each edition that is built.
    pub(crate) async fn replayed(&self, runtime: &Runtime) -> Result<u64, StoreError> {
        Ok(editions::written(self.projection, runtime).await?.1.replayed())
    }

    /// Returns which other edition could take commits that this program cannot take.
    pub(crate) async fn awaited(
        &self,
        runtime: &Runtime,
        arrived: Arrived<'_>,
    ) -> Result<Option<Awaited>, StoreError> {
        editions::awaited(self.projection, runtime, arrived).await
    }

    /// Begins to deliver from a feed.
    pub(crate) async fn begin(&self, runtime: &Runtime) -> Result<(), StoreError> {
        editions::begin(self.projection, runtime).await
    }

    /// Tells other releases that this one is at work on the views, and reads what they do. True if this process is to build the
    /// views; `builder` identifies it among several candidates.
    pub(crate) async fn keep(&self, runtime: &Runtime, builder: Option<&str>) -> Result<bool, StoreError> {
        editions::keep(self.projection, runtime, builder).await
    }

    /// Whether views are to be built or removed, as far as this process knows.
    pub(crate) fn is_due(&self, runtime: &Runtime) -> bool {
        editions::is_due(self.projection, runtime)
    }

    /// Whether another release is at work on its own views, as far as this process knows.
    pub(crate) fn has_other_release(&self, runtime: &Runtime) -> bool {
        editions::has_other_release(self.projection, runtime)
    }
}
