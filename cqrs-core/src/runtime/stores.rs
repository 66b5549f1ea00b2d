use std::fmt;

use crate::snapshot::{DynSnapshotStore, SnapshotStore};
use crate::store::{
    Backlog, ChangeFeed, DeliveryStore, DynBacklog, DynChangeFeed, DynDeliveryStore, DynEventStore,
    EventStore, MemoryEventStore,
};
use crate::view::{DynViewStore, ViewStore};

/// The stores of a program.
///
/// A [`MemoryEventStore`] is a set of stores by itself, and so is the `Dynamo` of `cqrs-dynamo`. Your own event store needs a
/// delivery store and a feed for the delivery.
///
/// ```
/// use cqrs_core::App;
/// use cqrs_core::app::Stores;
/// use cqrs_core::store::MemoryEventStore;
/// use cqrs_core::view::MemoryViewStore;
///
/// let commits = MemoryEventStore::new();
/// let stores = Stores::new(commits.clone(), commits.delivery())
///     .feed(move || commits.feed())
///     .views(MemoryViewStore::new());
/// let app = App::builder(stores).build()?;
/// # Ok::<(), cqrs_core::BuildError>(())
/// ```
pub struct Stores {
    pub(crate) events: Box<dyn DynEventStore>,
    pub(crate) delivery: Box<dyn DynDeliveryStore>,
    pub(crate) feed: Option<OpenFeed>,
    pub(crate) views: Option<Box<dyn DynViewStore>>,
    pub(crate) snapshots: Option<Box<dyn DynSnapshotStore>>,
    pub(crate) backlog: Option<Box<dyn DynBacklog>>,
}

type OpenFeed = Box<dyn Fn() -> Box<dyn DynChangeFeed> + Send + Sync>;

impl Stores {
    /// The event store and the delivery store.
    pub fn new(events: impl EventStore, delivery: impl DeliveryStore) -> Self {
        Self {
            events: Box::new(events),
            delivery: Box::new(delivery),
            feed: None,
            views: None,
            snapshots: None,
            backlog: None,
        }
    }

    /// The source from which a delivery reads commits: it opens its own feed when it begins. A process that only executes
    /// commands, or takes its messages from a broker, needs no feed.
    #[must_use]
    pub fn feed<F: ChangeFeed>(mut self, open: impl Fn() -> F + Send + Sync + 'static) -> Self {
        self.feed = Some(Box::new(move || Box::new(open())));
        self
    }

    /// Where projections keep their views.
    #[must_use]
    pub fn views(mut self, store: impl ViewStore) -> Self {
        self.views = Some(Box::new(store));
        self
    }

    /// Where aggregates with `snapshot_every` keep their snapshots.
    #[must_use]
    pub fn snapshots(mut self, store: impl SnapshotStore) -> Self {
        self.snapshots = Some(Box::new(store));
        self
    }

    /// The backlog behind a broker: with it [`App::projections`](crate::App::projections) knows how far the subscribers are. A
    /// process that delivers from the [feed](Stores::feed) needs no backlog.
    #[must_use]
    pub fn backlog(mut self, backlog: impl Backlog) -> Self {
        self.backlog = Some(Box::new(backlog));
        self
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores")
            .field("feed", &self.feed.is_some())
            .field("views", &self.views.is_some())
            .field("snapshots", &self.snapshots.is_some())
            .field("backlog", &self.backlog.is_some())
            .finish_non_exhaustive()
    }
}

/// What [`App::builder`](crate::App::builder) takes: a set of stores, or what makes one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of stores",
    label = "an app needs more than this",
    note = "put the stores together: `Stores::new(events, delivery)`, with `.feed(…)` to deliver from"
)]
pub trait IntoStores {
    /// The stores.
    fn into_stores(self) -> Stores;
}

impl IntoStores for Stores {
    fn into_stores(self) -> Stores {
        self
    }
}

impl IntoStores for MemoryEventStore {
    fn into_stores(self) -> Stores {
        Stores::new(self.clone(), self.delivery()).feed(move || self.feed())
    }
}
