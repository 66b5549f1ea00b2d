//! The promises of every store: one test per promise, for a store of your own.
//!
//! [`conformance!`](macro@crate::conformance) generates the tests. Pass it an async expression that opens the stores,
//! and the parts to test:
//!
//! ```
//! use cqrs_core::app::{IntoStores, Stores};
//! use cqrs_core::snapshot::MemorySnapshotStore;
//! use cqrs_core::store::MemoryEventStore;
//! use cqrs_core::view::MemoryViewStore;
//!
//! async fn open() -> Stores {
//!     let stores = MemoryEventStore::new().into_stores();
//!     stores.views(MemoryViewStore::new()).snapshots(MemorySnapshotStore::new())
//! }
//!
//! cqrs_core::conformance!(open() => events, transactions, reservations, timers, feed, delivery, views, snapshots);
//! # fn main() {}
//! ```
//!
//! | part | of | asks for |
//! | --- | --- | --- |
//! | `events` | [`EventStore`](crate::spi::EventStore) | |
//! | `transactions` | [`EventStore::append_all`](crate::spi::EventStore::append_all), if a store has it | |
//! | `reservations` | its [`reservation`](crate::spi::EventStore::reservation) and [`reservations`](crate::spi::EventStore::reservations), if it has them | |
//! | `timers` | its [`timers`](crate::spi::EventStore::timers) and [`remove_timer`](crate::spi::EventStore::remove_timer), if it has them | |
//! | `feed` | [`ChangeFeed`](crate::spi::ChangeFeed) | [`Stores::feed`](crate::app::Stores::feed) |
//! | `delivery` | [`DeliveryStore`](crate::spi::DeliveryStore), and its [`Inbox`](crate::spi::Inbox) as `inbox` | |
//! | `views` | [`ViewStore`](crate::spi::ViewStore) | [`Stores::views`](crate::app::Stores::views) |
//! | `snapshots` | [`SnapshotStore`](crate::spi::SnapshotStore) | [`Stores::snapshots`](crate::app::Stores::snapshots) |
//!
//! The promises of views use three indexes. A store that has to make room for indexes asks
//! [`view_indexes`](crate::spi::view_indexes) for their number, and those of the suite are counted there.
//!
//! Every test opens its own stores, which must be empty. It is named by part and promise: a store that lets an earlier
//! view replace a later one fails `views::a_stale_write_changes_nothing`. A value that must live as long as the stores,
//! such as a temporary folder, is kept with [`Candidate::keep`].
//!
//! A test is a `#[test]` with its own runtime, of one thread. If the store needs another runtime, put the attribute
//! before the expression: `conformance!(#[tokio::test(flavor = "multi_thread")] open() => events)`. You can also call a
//! promise directly: each one is a function of this module.
//!
//! The promises of snapshots and of timers expect that a read sees the last write. A store may answer for a while with
//! an earlier snapshot, or without a timer that was just set. That is allowed, but such a store cannot be tested with
//! these promises.
//!
//! The feature `conformance` adds only this module: no dependency, and no code in a program that does not name it.

mod candidate;
pub mod delivery;
pub mod events;
pub mod feed;
pub mod inbox;
mod promises;
pub mod reservations;
mod samples;
pub mod snapshots;
pub mod timers;
pub mod transactions;
pub mod views;

pub use candidate::Candidate;
#[doc(hidden)]
pub use promises::run;
