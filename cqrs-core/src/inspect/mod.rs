//! Reads what is stored by names that are known only at run time, for tools that operate an app, such as a command line
//! or a console.
//!
//! [`App::inspect`] reads, and changes nothing except through [`Inspect::replay`]. Its answers serialize in camelCase.
//! Everything is read page by page, and a page shows how much it has read: see [`Page::read_commits`].
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::inspect::Moment;
//! # use cqrs_core::prelude::*;
//! # use cqrs_core::store::MemoryEventStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let app = App::builder(MemoryEventStore::new()).build()?;
//! # let tenant = Tenant::new("TENANT001")?;
//! # let order = OrderKey::new(&tenant, "20240101-001");
//! # app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
//! # app.execute(&order, ShipOrder { tracking: "Z1".into() }).await?;
//! let inspect = app.inspect();
//! let listed = inspect.list("ORDER", &tenant, "202401", 20, None).await?;
//! assert_eq!(listed.items[0].id, ["20240101-001"]);
//!
//! let stream = inspect.address("ORDER", "TENANT001", &["20240101-001"])?;
//! let then = inspect.state(&stream, Moment::Version(Version::new(1))).await?;
//! assert_eq!(then.state["status"], "Open");
//!
//! let shipped = inspect.steps(&stream, then.version, 20).await?;
//! let changed: Vec<_> = shipped.items[0].changes.iter().map(|change| change.path.as_str()).collect();
//! assert_eq!(changed, ["status"]);
//! # Ok(())
//! # }
//! ```
//!
//! The code of a domain does not need this: [`App::load`], [`App::history`] and [`App::query`] are typed.
//!
//! | call | reads |
//! | --- | --- |
//! | [`streams`](Inspect::streams), [`projections`](Inspect::projections) | what is linked into the program; no request |
//! | [`tenants`](Inspect::tenants), [`list`](Inspect::list) | which tenants and streams exist |
//! | [`state`](Inspect::state), [`steps`](Inspect::steps) | one stream: its state at a [`Moment`], and commit by commit what changed |
//! | [`related`](Inspect::related) | all commits of one correlation id, with causes and subscribers |
//! | [`view`](Inspect::view), [`views`](Inspect::views) | views, by key and by index |
//! | [`timers`](Inspect::timers) | commands and deadlines that wait |
//! | [`tail`](Inspect::tail) | new commits as they come |
//! | [`count`](Inspect::count) | how many commits there are |
//! | [`schemas`](Inspect::schemas) | the schemas of events and commands, compared with a lock; no request |
//!
//! # States
//!
//! `#[aggregate]` and `#[process]` see the fields of a struct. With this feature, they generate how each field is
//! shown: by `Serialize`, otherwise by `Debug` as a text, and otherwise by the name of its type. So a state is shown
//! whatever it derives. Without the feature, nothing is generated.

mod cause;
mod change;
mod cursor;
mod error;
mod keys;
mod linked;
mod list;
mod page;
mod registered;
mod related;
mod scan;
mod schema;
mod state;
mod step;
mod stream;
mod tail;
mod timers;
mod value;
mod view;
mod views;

pub use cause::Cause;
pub use change::Change;
pub use error::InspectError;
pub use linked::{LinkedIndex, LinkedProjection, LinkedStream, StreamKind};
pub use page::Page;
#[doc(hidden)]
pub use registered::{ProjectionInspection, StreamInspection};
pub use related::Related;
pub use schema::{LinkedSchema, SchemaKind};
pub use state::{Moment, StateAt};
pub use step::Step;
pub use stream::{Place, StreamAddress, StreamHead};
pub use tail::{Arrived, Tail};
pub use timers::{UnreadableTimer, WaitingTimer, WaitingTimers};
pub use view::{AskedView, Criterion, ListedView};

use crate::app::App;
use crate::runtime::Runtime;
use crate::store::DynEventStore;

impl App {
    /// Reads what is stored, by names: see [`inspect`](crate::inspect).
    #[must_use]
    pub fn inspect(&self) -> Inspect<'_> {
        Inspect { app: self }
    }
}

/// Reads what is stored, by names: see [`App::inspect`].
#[derive(Debug, Clone, Copy)]
pub struct Inspect<'a> {
    app: &'a App,
}

impl<'a> Inspect<'a> {
    fn runtime(&self) -> &'a Runtime {
        &self.app.delivery().runtime
    }

    fn store(&self) -> &'a dyn DynEventStore {
        self.runtime().event_store()
    }
}
