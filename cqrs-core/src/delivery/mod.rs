//! From the store to handlers and projections, in one process.
//!
//! ```text
//! event store ─ change feed ─ relay ─┬─ queue ─ projection
//!                                    └─ queue ─ handler      each with its dead letters
//! ```
//!
//! Every commit reaches every subscriber at least once, in the order of its stream. The position of each
//! subscriber is kept in the [`DeliveryStore`] and moves only after the work is done, so a restart goes on where the
//! last run stopped. What fails is tried again, then becomes a [`DeadLetter`]; later commits of the same
//! stream wait behind it, other streams flow on.

mod consumer;
mod dead_letters;
mod erased;
mod error;
mod feed;
mod ledger;
mod memory;
mod message;
mod projector;
mod queue;
mod relay;
mod retry;
mod subscriber;

pub use consumer::{Consumer, Received, Verdict};
pub use dead_letters::DeadLetters;
pub use error::DeliveryError;
pub use feed::{Change, ChangeFeed, FeedPage, Positions};
pub use ledger::{DeadLetter, DeliveryStore, LetterId};
pub use memory::MemoryDeliveryStore;
pub use message::{Body, MAX_MESSAGE_BYTES, Message};
pub use relay::Delivered;
pub use retry::RetryPolicy;

pub(crate) use erased::{DynChangeFeed, DynDeliveryStore};
pub(crate) use projector::{
    Across, Goal, ProjectError, ProjectionDriver, encode, fold, projection_driver, shadow_of, wants,
};
pub(crate) use queue::Parked;
pub(crate) use relay::Relay;
pub(crate) use subscriber::{CONCURRENT_STREAMS, Reaction, Subscriber};
