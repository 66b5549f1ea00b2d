//! The application: commands in, state and views out, delivery to handlers and projections.
//!
//! An [`App`] is built once per process and cloned freely.
//!
//! | to | call |
//! | --- | --- |
//! | execute a command | [`App::execute`] |
//! | read the state now, at a version, at a time | [`App::load`], [`App::load_at`], [`App::load_as_of`] |
//! | read the state as it was known at a time | [`App::load_as_recorded`] |
//! | read every event of a stream | [`App::history`] |
//! | read views | [`App::view`], [`App::views`] |
//! | deliver to handlers and projections | [`App::run`], [`App::run_until_idle`] |
//! | look after what could not be delivered | [`App::dead_letters`] |
//! | see who listens to what | [`App::wiring`] |

mod builder;
mod cause;
mod command_ids;
mod committed;
mod engine;
mod execute;
mod fault;
mod list;
mod load;
mod mermaid;
mod probe;
mod read;
mod recognition;
mod restore;
mod run;
mod settings;
mod snapshots;
mod state;
mod twin;
mod view_keys;
mod wiring;

pub use crate::command::ExecuteError;
pub use crate::projection::ViewKeyError;
pub use builder::AppBuilder;
pub use committed::{Committed, Loaded, Outcome};
pub use execute::Execute;
pub use fault::{BuildError, WiringFault};
pub use read::{Found, FoundViews, History};
pub use settings::Settings;
pub use wiring::{SubscriberKind, Wiring, WiringEvent, WiringSubscriber};

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use crate::aggregate::AggregateRow;
use crate::commit::Commit;
use crate::delivery::Subscriber;
use crate::delivery_store::DynDeliveryStore;
use crate::handler::{HandlerError, Provided};
use crate::key::KeyError;
use crate::key::Tenant;
use crate::panic::caught;
use crate::store::{DynEventStore, EventStore, StoreError};
use crate::view::{DynViewStore, RecentWrites};

#[doc(hidden)]
pub use list::{
    applied, handled, listed_aggregate, listed_handler, listed_projection, not_applied, projected, unreached,
};

pub(crate) use probe::{Due, Probe, Sent, Told};
pub(crate) use state::State;
pub(crate) use twin::Stores;
pub(crate) use view_keys::ViewKeys;

use cause::Cause;
use snapshots::SnapshotShelf;
use state::StateCache;

/// An application on one event store. Clones are cheap and share everything.
///
/// Commands on one key run one after another within a process, so a conflict can only come from another process;
/// commands on different keys never wait for each other.
///
/// ```
/// use cqrs_core::{App, store::MemoryEventStore};
/// let app = App::builder(MemoryEventStore::new()).build()?;
/// # Ok::<(), cqrs_core::BuildError>(())
/// ```
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
    cause: Option<Arc<Cause>>,
}

struct Inner {
    store: Box<dyn DynEventStore>,
    ledger: Box<dyn DynDeliveryStore>,
    views: Option<Box<dyn DynViewStore>>,
    snapshots: Option<SnapshotShelf>,
    provided: Arc<Provided>,
    wiring: Wiring,
    subscribers: Vec<Arc<Subscriber>>,
    parked: HashMap<&'static str, Arc<crate::delivery::Parked>>,
    aggregates: HashMap<&'static str, &'static AggregateRow>,
    view_keys: Arc<ViewKeys>,
    states: StateCache,
    recent_writes: RecentWrites,
    settings: Settings,
    /// For the test kit.
    probe: Option<Arc<Probe>>,
}

impl App {
    /// An app on an event store.
    pub fn builder(store: impl EventStore) -> AppBuilder {
        AppBuilder::new(store)
    }

    /// Who listens to what: the graph that `build()` checked, as data.
    ///
    /// It serializes, so that a test can compare it with a file: a handler whose crate is not linked is missing here.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// #[event_handler(OrderCreated)]
    /// async fn greet(_: &OrderCreated) -> Result<(), HandlerError> {
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::builder(MemoryEventStore::new()).build()?;
    ///
    /// let event = app.wiring().events.iter().find(|event| event.name == "OrderCreated").expect("it is applied");
    /// assert_eq!((event.aggregate, event.schema), ("Order", 1));
    /// assert_eq!(event.subscribers, ["greet"]);
    /// assert_eq!(app.wiring().subscribers[0].events, ["OrderCreated"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn wiring(&self) -> &Wiring {
        &self.inner.wiring
    }

    pub(crate) fn event_store(&self) -> &dyn DynEventStore {
        &*self.inner.store
    }

    pub(crate) fn ledger(&self) -> &dyn DynDeliveryStore {
        &*self.inner.ledger
    }

    pub(crate) fn view_store(&self) -> Result<&dyn DynViewStore, StoreError> {
        self.inner.views.as_deref().ok_or_else(|| StoreError::Refused {
            source: "the app has no view store; give it one with `App::builder(…).views(…)`".into(),
        })
    }

    pub(crate) fn recent_writes(&self) -> &RecentWrites {
        &self.inner.recent_writes
    }

    /// The settings that it was built with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn provided(&self) -> &Arc<Provided> {
        &self.inner.provided
    }

    pub(crate) fn subscribers(&self) -> &[Arc<Subscriber>] {
        &self.inner.subscribers
    }

    pub(crate) fn parked(&self, subscriber: &str) -> Arc<crate::delivery::Parked> {
        self.inner.parked.get(subscriber).map(Arc::clone).unwrap_or_default()
    }

    /// Whether some aggregate of this program applies events of this stored type name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.inner.aggregates.contains_key(name)
    }

    /// Whose commit it is, by the key template of the aggregate that applies its events.
    pub(crate) fn tenant_of(&self, commit: &Commit) -> Result<Tenant, KeyError> {
        match self.aggregate_of(commit) {
            Some(row) => caught(|| (row.tenant)(&commit.stream)).unwrap_or_else(|text| {
                Err(KeyError::Malformed {
                    text: commit.stream.to_string(),
                    expected: "a key of its aggregate".to_owned(),
                    reason: format!("it panicked: {text}"),
                })
            }),
            None => Err(KeyError::Malformed {
                text: commit.stream.pk().to_owned(),
                expected: "a key of a known aggregate".to_owned(),
                reason: "no aggregate of this program applies the commit's events".to_owned(),
            }),
        }
    }

    /// The entity name of the aggregate that applies the commit's events; none where there is none.
    pub(crate) fn entity_of(&self, commit: &Commit) -> Option<&'static str> {
        self.aggregate_of(commit).map(|row| row.entity)
    }

    fn aggregate_of(&self, commit: &Commit) -> Option<&'static AggregateRow> {
        commit.events.iter().find_map(|event| self.inner.aggregates.get(event.name.as_str()).copied())
    }

    /// The partitions that hold all streams of a tenant with one of these events; none where they cannot be known.
    pub(crate) fn partitions<'a>(
        &self,
        mut events: impl Iterator<Item = &'a str>,
        tenant: &Tenant,
    ) -> Option<BTreeSet<String>> {
        events.try_fold(BTreeSet::new(), |mut all, name| {
            all.extend((self.inner.aggregates.get(name)?.partitions)(tenant)?);
            Some(all)
        })
    }

    /// Whether the test kit looks at what it does.
    pub(crate) fn is_probed(&self) -> bool {
        self.inner.probe.is_some()
    }

    /// What a handler that sent commands through this app has failed with.
    pub(crate) fn judge(&self, error: HandlerError) -> HandlerError {
        match &self.cause {
            Some(cause) => cause.judge(error),
            None => error,
        }
    }

    /// The same app, sending commands because of an event that a handler received.
    pub(crate) fn on_behalf_of(&self, handler: &'static str, commit: &Commit, index: usize) -> Self {
        Self { inner: Arc::clone(&self.inner), cause: Some(Arc::new(Cause::new(handler, commit, index))) }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("wiring", &self.inner.wiring).finish_non_exhaustive()
    }
}
