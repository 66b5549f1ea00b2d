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

use std::fmt;
use std::pin::Pin;

use crate::key::StreamKey;
use crate::projection::Projection;
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

/// A projection without its type.
pub(crate) trait ProjectionDriver: Send + Sync + fmt::Debug {
    /// Brings the views up to the latest of these commits of one stream, whatever arrived before; the left-out ones are skipped.
    /// Returns which other edition has yet to take them.
    fn apply<'a>(
        &'a self,
        runtime: &'a Runtime,
        arrived: Arrived<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Awaited>, ProjectError>> + Send + 'a>>;

    /// Whether the views contain anything of a stream.
    fn has_seen<'a>(
        &'a self,
        runtime: &'a Runtime,
        stream: &'a StreamKey,
    ) -> Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

    /// A number that goes up with each replay of all tenants that is over, and with each edition that is built.
    fn replayed<'a>(
        &'a self,
        runtime: &'a Runtime,
    ) -> Pin<Box<dyn Future<Output = Result<u64, StoreError>> + Send + 'a>>;

    /// Returns which other edition could take commits that this program cannot take.
    fn awaited<'a>(
        &'a self,
        runtime: &'a Runtime,
        arrived: Arrived<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Awaited>, StoreError>> + Send + 'a>>;

    /// Begins to deliver from a feed.
    fn begin<'a>(
        &'a self,
        runtime: &'a Runtime,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

    /// Tells other releases that this one is at work on the views, and reads what they do. True if this process is to build the
    /// views; `builder` identifies it among several candidates.
    fn keep<'a>(
        &'a self,
        runtime: &'a Runtime,
        builder: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

    /// Whether views are to be built or removed, as far as this process knows.
    fn is_due(&self, runtime: &Runtime) -> bool;

    /// Whether another release is at work on its own views, as far as this process knows.
    fn has_other_release(&self, runtime: &Runtime) -> bool;
}

pub(crate) fn projection_driver<P: Projection>() -> Box<dyn ProjectionDriver> {
    Box::new(Driver::<P>(KeyedView::new()))
}

struct Driver<P>(KeyedView<P>);

impl<P: Projection> fmt::Debug for Driver<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Driver({})", P::NAME)
    }
}

impl<P: Projection> ProjectionDriver for Driver<P> {
    fn apply<'a>(
        &'a self,
        runtime: &'a Runtime,
        arrived: Arrived<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Awaited>, ProjectError>> + Send + 'a>> {
        Box::pin(async move {
            // A feed that repeats or reorders need not end with the latest.
            let Some(last) = arrived.commits.iter().max_by_key(|commit| commit.version) else {
                return Ok(None);
            };
            if P::KEYED {
                return self.0.deliver(runtime, arrived, last).await;
            }
            aggregate_view::advance::<P>(runtime, arrived, last).await?;
            Ok(None)
        })
    }

    fn has_seen<'a>(
        &'a self,
        runtime: &'a Runtime,
        stream: &'a StreamKey,
    ) -> Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>> {
        Box::pin(async move {
            if P::KEYED {
                return keyed_view::has_seen::<P>(runtime, stream).await;
            }
            aggregate_view::has_seen::<P>(runtime, stream).await
        })
    }

    fn replayed<'a>(
        &'a self,
        runtime: &'a Runtime,
    ) -> Pin<Box<dyn Future<Output = Result<u64, StoreError>> + Send + 'a>> {
        Box::pin(async move { Ok(editions::written::<P>(runtime).await?.1.replayed()) })
    }

    fn awaited<'a>(
        &'a self,
        runtime: &'a Runtime,
        arrived: Arrived<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Awaited>, StoreError>> + Send + 'a>> {
        Box::pin(editions::awaited::<P>(runtime, arrived))
    }

    fn begin<'a>(
        &'a self,
        runtime: &'a Runtime,
    ) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> {
        Box::pin(editions::begin::<P>(runtime))
    }

    fn keep<'a>(
        &'a self,
        runtime: &'a Runtime,
        builder: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>> {
        Box::pin(editions::keep::<P>(runtime, builder))
    }

    fn is_due(&self, runtime: &Runtime) -> bool {
        editions::is_due::<P>(runtime)
    }

    fn has_other_release(&self, runtime: &Runtime) -> bool {
        editions::has_other_release::<P>(runtime)
    }
}
