//! Tools with which users of this crate test what they have built.
//!
//! | to test | use | a test is |
//! | --- | --- | --- |
//! | what an aggregate decides | [`Scenario`] | `#[test]` |
//! | which views a projection makes of events | [`ProjectionScenario`] | `#[test]` |
//! | what a handler does, and which commands it sends | [`HandlerScenario`] | either |
//! | what a process sends, and when its deadlines come | [`ProcessScenario`] | `#[test]` |
//! | the whole app under every possible delivery | [`DeliveryChaos`] | `#[tokio::test]` |
//! | that everything that is linked fits together | [`wiring!`], [`app!`](crate::app!) | one line |
//! | what a command costs on DynamoDB | `cqrs_dynamo::Dynamo::spent` | `#[tokio::test]` |
//!
//! The module is always there, without a feature. It registers nothing and no other code names it, so a program that
//! does not use it does not contain it. A feature would only make cargo build the crate twice, once more for the tests.
//! The module brings no dependency.
//!
//! # Aggregates
//!
//! Given events, when a command comes, then events, a rejection, or nothing. The scenario continues after each `then`.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use cqrs_core::testing::Scenario;
//!
//! # fn main() {
//! Scenario::<Order>::given([OrderCreated { customer_id: "CUST-001".into(), total: 15000 }])
//!     .when(CancelOrder)
//!     .then([OrderCancelled {}])
//!     .when(ShipOrder { tracking: "Z1".into() })
//!     .then_rejected(OrderError::NotOpen)
//!     .when(CancelOrder)
//!     .then_unchanged();
//! # }
//! ```
//!
//! Time, user and ids are the same in every run. [`at`](Scenario::at), [`by`](Scenario::by) and
//! [`metadata`](Scenario::metadata) set what a command's [`CommandContext`](crate::CommandContext) shows.
//!
//! # Failures
//!
//! A failure shows the difference by field, and nothing else. Events and views are compared as they are stored, because
//! the stored form outlives the program. So a field that serde loses is found, and neither has to be `PartialEq`.
//! Rejections and commands are compared by their `{:?}`, because they are never stored, and errors that hold other
//! errors cannot be `PartialEq`.
//!
//! ```text
//! `Order` decided differently on `ShipOrder`
//!   event 1, `OrderShipped`
//!     `tracking`
//!       expected "Z1"
//!       actual   "Z2"
//! given
//!   1. OrderCreated {"customerId":"CUST-001","total":15000}
//! ```
//!
//! # Projections and handlers
//!
//! Both receive stored commits in the same way as in production, with stores in memory.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use std::sync::{Arc, Mutex};
//!
//! use cqrs_core::prelude::*;
//! use cqrs_core::testing::{HandlerScenario, ProjectionScenario};
//!
//! #[projection(Order)]
//! #[derive(Default)]
//! pub struct OrderSummary {
//!     pub total: u64,
//!     pub tracking: Option<String>,
//! }
//!
//! #[projection(Order)]
//! impl OrderSummary {
//!     #[apply]
//!     fn created(&mut self, event: &OrderCreated) {
//!         self.total = event.total;
//!     }
//!
//!     #[apply]
//!     fn shipped(&mut self, event: &OrderShipped) {
//!         self.tracking = Some(event.tracking.clone());
//!     }
//! }
//!
//! #[derive(Clone, Default)]
//! pub struct Outbox(Arc<Mutex<Vec<String>>>);
//!
//! #[event_handler(OrderShipped)]
//! async fn tell_customer(event: &Recorded<OrderShipped>, outbox: &Outbox) -> Result<(), HandlerError> {
//!     if event.tracking.is_empty() {
//!         return Err(HandlerError::permanent("there is nothing to track"));
//!     }
//!     outbox.0.lock().unwrap().push(event.tracking.clone());
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
//! let created = OrderCreated { customer_id: "CUST-001".into(), total: 15000 };
//! let shipped = |tracking: &str| OrderShipped { tracking: tracking.into() };
//!
//! ProjectionScenario::given(&order, (created, shipped("Z1")))
//!     .then(&order, OrderSummary { total: 15000, tracking: Some("Z1".into()) });
//!
//! let outbox = Outbox::default();
//! let handler = || HandlerScenario::of("tell_customer").provide(outbox.clone());
//! handler().when(&order, shipped("Z1")).run().then_done();
//! handler().when(&order, shipped("")).run().then_permanent("nothing to track");
//! assert_eq!(*outbox.0.lock().unwrap(), ["Z1"]);
//! # Ok(())
//! # }
//! ```
//!
//! If a handler sends commands, check them with [`Handled::then_sent`], and with [`Handled::then_scheduled`] if they
//! wait for their time. [`Handling::twice`] delivers the event a second time, and checks that the same commands come
//! under the same ids.
//!
//! # Processes
//!
//! An instance of a process reacts to events and to time, and [`ProcessScenario`] has both. Its commands are checked,
//! but not executed.
//!
//! ```rust,standalone_crate
//! # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
//! # use order::*;
//! use std::time::Duration;
//!
//! use cqrs_core::prelude::*;
//! use cqrs_core::testing::ProcessScenario;
//!
//! const DAY: Duration = Duration::from_secs(24 * 60 * 60);
//!
//! /// Reminds once, a day after the order.
//! #[process(key(customer_id: String))]
//! #[derive(Clone, Default)]
//! pub struct Reminder {}
//!
//! #[process(key(customer_id))]
//! impl Reminder {
//!     #[react(start)]
//!     fn created(&self, _: &OrderCreated) -> Reaction {
//!         Reaction::new().deadline(Self::due, DAY)
//!     }
//!
//!     #[deadline]
//!     fn due(&self) -> Reaction {
//!         Reaction::new().end()
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let shop = Tenant::new("TENANT001")?;
//! let order = OrderKey::new(&shop, "20240101-001");
//!
//! ProcessScenario::<Reminder>::of(&ReminderKey::new(&shop, "CUST-001"))
//!     .at("2024-01-01T10:00:00Z")
//!     .when(&order, OrderCreated { customer_id: "CUST-001".into(), total: 15000 })
//!     .then_deadline("due", DAY)
//!     .then_nothing_more()
//!     .after(DAY)
//!     .then_came("due")
//!     .then_ended();
//! # Ok(())
//! # }
//! ```
//!
//! # Deliveries
//!
//! [`DeliveryChaos`] takes the commits of your app and delivers them with duplicates, in disorder, with losses, in
//! batches of any size, on stores that fail, in a process that is killed between any two steps. Afterwards every view
//! equals the fold of the store, every handler has done its work, and every command of a process and every command that
//! was due was executed once. A failure names its seed.
//!
//! # The wiring
//!
//! ```
//! cqrs_core::testing::wiring!();
//! # fn main() {}
//! ```
//!
//! is a test that everything that is linked into a program fits together. It reports what
//! [`build`](crate::app::AppBuilder::build) would report, and the events that no subscriber takes. In the crate that
//! holds the program, [`app!`](crate::app!) proves this at compile time.

mod chaos;
mod difference;
mod events_lock;
mod handled;
mod handler;
mod process;
mod projection;
mod scenario;
mod setting;
mod wiring;
mod world;

pub use crate::clock::Clock;
pub use chaos::{DeliveryChaos, Survived};
pub use events_lock::{LockReport, check_events_lock};
pub use handled::Handled;
pub use handler::{HandlerScenario, Handling};
pub use process::ProcessScenario;
pub use projection::ProjectionScenario;
pub use scenario::{Decided, Scenario};
pub use wiring::WiringProof;

#[doc(inline)]
pub use crate::__wiring as wiring;
