//! From the store to handlers and projections, in one process.
//!
//! ```text
//! event store ─ change feed ─ relay ─┬─ queue ─ projection
//!                                    └─ queue ─ handler      each with its dead letters
//! ```
//!
//! Every commit reaches every subscriber at least once, in the order of its stream. The position of each
//! subscriber is kept in the [`DeliveryStore`] and moves only after the work is done, so a restart continues where the
//! last run stopped. A commit that fails is tried again, then becomes a [`DeadLetter`]; later commits of the same
//! stream wait behind it, other streams continue.
//!
//! If a dead letter of a projection is discarded, the view continues without that commit: if it cannot be applied, it
//! is passed over, also in replays. If it can be applied after a repair, it is not left out: a view is the fold of its
//! stream as far as today's code can fold it. See [`DeadLetters::discard`].
//!
//! If a views table, the inbox or the event store is throttled or cannot be reached, no commit is to blame, and none
//! becomes a dead letter: a run ends with [`DeliveryError::Outage`], [`App::run`](crate::App::run) waits and continues,
//! and a [`Consumer`] asks for the message again. The same happens if a store denies access or a table is missing.
//!
//! A handler, or a step of a process, may meet such a fault alone: its error has that of a store among its sources, or
//! other writers of the stream were faster at every attempt of a command without `expect_version`. Then its stream waits
//! in that subscriber, with pauses that double up to the cap of [`Settings::delivery`](crate::app::Settings), and is
//! tried again until the fault is over. No attempt is counted, and all other streams continue. Errors of its other calls
//! are the handler's failure.
//!
//! An event that this program does not know, or not under that schema, waits in the queue of a broker for a newer program
//! that knows it, while a deployment runs: [`Settings::unknown_kept`](crate::app::Settings::unknown_kept).
//!
//! [`App::run`](crate::App::run) and [`App::run_until_idle`](crate::App::run_until_idle) deliver; only one process
//! at a time should do it on one store. [`Settings::delivery`](crate::app::Settings) says how often and how soon a
//! commit is tried again. A commit that cannot be decoded, or has a type that no linked aggregate applies, is a dead
//! letter of `@relay`: it is never ignored silently. A commit that a [`FeedConsumer`] could not give to its projections
//! is one of `@projections`, so that each of the two redrives, publishes and discards its own.
//!
//! A handler with `#[event_handler(X, once)]` claims an event in its [`Inbox`] before it runs and finishes the record
//! after it. A finished event is passed over when it is delivered again; a failed one is given back, and can be tried
//! again at once. If a run vanishes in between, the event waits until its lease
//! ([`Settings::inbox_lease`](crate::app::Settings::inbox_lease)) has run out, and is handled again. An event that another
//! run has claimed is not a failure: it is tried again until it is finished or its lease has run out, and no number of
//! such attempts makes it a dead letter.

mod alteration;
mod beginning;
mod builds;
mod consumer;
mod context;
mod dead_letter_store;
mod dead_letters;
mod error;
mod failure;
mod feed_consumer;
mod handler;
mod intake;
mod lag;
mod look;
mod marks;
mod message;
mod notice;
mod once;
mod parking;
mod patience;
mod publisher;
mod queue;
mod received;
mod relay;
mod run;
mod side_by_side;
mod slot;
mod subscriber;
mod timers;
mod turn;

pub use alteration::Alteration;
pub use beginning::Unreplayed;
pub use consumer::Consumer;
pub use dead_letter_store::{DeadLetterStore, DeadLetters};
pub use dead_letters::StoredLetters;
pub use error::DeliveryError;
pub use feed_consumer::{FeedConsumer, Untaken};
pub use lag::Lag;
pub use look::LetterCount;
pub use message::{Body, MAX_MESSAGE_BYTES, Message};
pub use publisher::{Interrupted, PublishError, PublishFault, Publisher};
pub use received::{Received, StreamBatch, Verdict};
pub use relay::Delivered;
pub use turn::RedriveTurn;

pub use crate::runtime::RetryPolicy;
pub use crate::store::{Change, ChangeFeed, FeedPage, Positions};
pub use crate::store::{
    Claim, DeadLetter, DeliveryStore, Finish, Inbox, InboxId, InboxLease, LetterId, MemoryDeliveryStore,
    Redriven, awaits_newer_program,
};

pub(crate) use beginning::Beginning;
pub(crate) use context::Delivery;
pub(crate) use failure::{Failure, FailureKind, TryError};
pub(crate) use lag::Outstanding;
pub(crate) use parking::Parked;
#[cfg(feature = "inspect")]
pub(crate) use relay::QUIET_READS;
pub(crate) use relay::Relay;
pub(crate) use subscriber::{Building, Reaction, Subscriber, Terms};
pub(crate) use timers::TIMERS;
