//! What every store has to do, whichever it is: a test per promise, for a store of your own.
//!
//! [`conformance!`](macro@crate::conformance) writes the tests. It is given what opens the stores, an async expression, and the
//! parts that are to be held to their promises:
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
//! | `transactions` | [`EventStore::append_all`](crate::spi::EventStore::append_all), where a store has it | |
//! | `reservations` | its [`reservation`](crate::spi::EventStore::reservation) and [`reservations`](crate::spi::EventStore::reservations), where it has them | |
//! | `timers` | its [`timers`](crate::spi::EventStore::timers) and [`remove_timer`](crate::spi::EventStore::remove_timer), where it has them | |
//! | `feed` | [`ChangeFeed`](crate::spi::ChangeFeed) | [`Stores::feed`](crate::app::Stores::feed) |
//! | `delivery` | [`DeliveryStore`](crate::spi::DeliveryStore), and its [`Inbox`](crate::spi::Inbox) as `inbox` | |
//! | `views` | [`ViewStore`](crate::spi::ViewStore) | [`Stores::views`](crate::app::Stores::views) |
//! | `snapshots` | [`SnapshotStore`](crate::spi::SnapshotStore) | [`Stores::snapshots`](crate::app::Stores::snapshots) |
//!
//! The promises of views use three indexes. A store that has to make room for indexes asks
//! [`view_indexes`](crate::spi::view_indexes) how many there are, and finds those of the suite among them.
//!
//! Every test opens stores of its own, which have to be empty, and is named by part and promise: a store that lets an earlier
//! view replace a later one fails `views::a_stale_write_changes_nothing`. What has to live as long as the
//! stores, such as a temporary folder, goes along with [`Candidate::keep`].
//!
//! A test is a `#[test]` with a runtime of its own, of one thread. Where the store needs another one, put the attribute
//! before the expression: `conformance!(#[tokio::test(flavor = "multi_thread")] open() => events)`. A promise can also be
//! called by itself: all are functions here.
//!
//! The promises of snapshots and of timers expect that a read sees the last write. A store that answers with an earlier snapshot for a
//! while, or without a timer that was just set, is allowed, and cannot be tested with them.
//!
//! The feature `conformance` brings this module, and nothing else: no dependency, and no code in a program that does not
//! name it.

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
