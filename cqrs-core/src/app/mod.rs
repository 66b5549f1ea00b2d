//! The application: commands in, state and views out, delivery to handlers and projections.
//!
//! An [`App`] is built once per process and cloned freely.
//!
//! | to | call |
//! | --- | --- |
//! | execute a command | [`App::execute`] |
//! | execute a command later, or cancel it | [`App::execute`] with [`due`](Execute::due), [`App::cancel`] |
//! | execute commands on several streams, all or none | [`App::transaction`] |
//! | read the state now, at a version, at a time | [`App::load`], [`App::load_version`], [`App::load_as_of`] |
//! | read the state as it was known at a time | [`App::load_as_recorded`] |
//! | find the instance that has a unique value | [`App::find`] |
//! | read every event of a stream | [`App::history`] |
//! | read views | [`App::view`], [`App::views`] |
//! | read a view that contains your own write | [`App::view`] with [`at_least`](ReadView::at_least) |
//! | list views by an index, page by page | [`App::query`] |
//! | deliver to handlers and projections | [`App::run`], [`App::run_until_idle`] |
//! | handle what could not be delivered | [`App::dead_letters`] |
//! | see how far the projections are | [`App::projections`] |
//! | see which subscriber takes which event | [`App::wiring`] |

mod aggregates;
mod builder;
mod commands;
mod cursor;
mod delivery;
mod events_lock;
mod execute;
mod fault;
mod find;
mod list;
mod listing;
mod mermaid;
mod projections;
mod query;
mod read;
mod replay;
mod reserve;
mod restore;
mod run;
mod scheduled;
mod sweep;
mod tenant_views;
mod transaction;
mod twin;
mod view;
mod view_keys;
mod wiring;

pub use crate::command::{ExecuteError, Rejected, TransactionError};
pub use crate::delivery::Lag;
pub use crate::engine::{
    Collision, Committed, Execute, History, Items, Loaded, Outcome, Reserved, Schedule, ScheduleError,
    Scheduled, Transacted, Transaction,
};
pub use crate::projection::ViewKeyError;
pub use crate::projector::{HeldUp, ReadError};
pub use crate::runtime::{
    IntoStores, RetryPolicy, Settings, Stores, SubscriberKind, Wiring, WiringCommand, WiringEvent,
    WiringSubscriber,
};
pub use builder::AppBuilder;
pub use cursor::{Cursor, CursorError, IntoCursor};
pub use fault::{BuildError, WiringFault};
pub use projections::{Build, ProjectionState};
pub use query::{BeginQuery, Page, Queried, Query, QueryError, Querying};
pub use read::{Found, FoundViews};
pub use sweep::Swept;
pub use view::{ReadView, ReadViewAtLeast};

pub(crate) use commands::shared_names_in;
use read::found;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::delivery::Delivery;
use crate::runtime::Cause;

#[doc(hidden)]
pub use list::{
    applied, handled, listed_aggregate, listed_handler, listed_projection, not_applied, projected, unreached,
};
#[doc(hidden)]
pub use listing::{At, Whole};
#[doc(hidden)]
pub use query::UnfitText;

/// An application on one event store. Clones are cheap and share everything.
///
/// Commands on one key run one after another within a process, so only another process can cause a conflict. Commands
/// on different keys never wait for each other.
///
/// ```
/// use cqrs_core::{App, store::MemoryEventStore};
/// let app = App::builder(MemoryEventStore::new()).build()?;
/// # Ok::<(), cqrs_core::BuildError>(())
/// ```
#[derive(Clone)]
pub struct App {
    delivery: Arc<Delivery>,
    cause: Option<Arc<Cause>>,
}

impl App {
    /// Builds an app on its stores: a [`MemoryEventStore`](crate::store::MemoryEventStore), the `Dynamo` of
    /// `cqrs-dynamo`, or [`Stores`] of your own.
    pub fn builder(stores: impl IntoStores) -> AppBuilder {
        AppBuilder::new(stores.into_stores())
    }

    /// Which subscriber takes which event: the graph that `build()` checked, as data.
    ///
    /// It serializes, so a test can compare it with a file. A handler whose crate is not linked is missing here.
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
        &self.delivery.runtime.wiring
    }

    /// The settings that the app was built with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.delivery.runtime.settings
    }

    /// For the test kit.
    pub(crate) fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }

    /// What a handler sends its commands through: the same app, on behalf of an event.
    fn on_behalf_of(delivery: &Arc<Delivery>, cause: Arc<Cause>) -> Box<dyn Any + Send + Sync> {
        Box::new(Self { delivery: Arc::clone(delivery), cause: Some(cause) })
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("wiring", self.wiring()).finish_non_exhaustive()
    }
}
