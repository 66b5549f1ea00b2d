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
//!
//! A dead letter of a projection that is discarded lets the view go on without that commit: where it cannot be applied, it is
//! passed over, also in replays. Where it can be, after a repair, it is not left out: a view is the fold of its stream as
//! far as today's code can fold it. See [`DeadLetters::discard`].
//!
//! Where a views table, the inbox or the event store is throttled or cannot be reached, no commit is to blame, and none
//! becomes a dead letter: a run ends with [`DeliveryError::Outage`], [`App::run`](crate::App::run) waits and goes on, and a
//! [`Consumer`] asks for the message again. The same where a store denies access or a table is missing, and where a handler's
//! error has such an error of a store among its sources. What its other calls meet is the handler's failure.
//!
//! An event that this program does not know, or not under that schema, waits in the queue of a broker for a newer program
//! that does, while a deployment runs: [`Settings::unknown_kept`](crate::app::Settings::unknown_kept).
//!
//! [`App::run`](crate::App::run) and [`App::run_until_idle`](crate::App::run_until_idle) deliver; one process at a
//! time should do it on one store. How often and how soon is tried again is
//! [`Settings::delivery`](crate::app::Settings). A commit that cannot be decoded, or holds a type that no linked
//! aggregate applies, is a dead letter of `@relay`: it is never passed over in silence. What a [`FeedConsumer`] could not give to
//! its projections is one of `@projections`, so that each of the two redrives, publishes and discards its own.
//!
//! A handler with `#[event_handler(X, once)]` claims an event in its [`Inbox`] before it runs and finishes the record
//! after it. What was finished is passed over when it is delivered again; what failed is given back, and can be tried
//! again at once. Where a run vanishes in between, the event waits until its lease
//! ([`Settings::inbox_lease`](crate::app::Settings::inbox_lease)) has run out, and is handled again. An event that another
//! run has claimed is no failure: it is tried again until it is finished or its lease has run out, and no number of such
//! tries makes a dead letter of it.

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
pub(crate) use relay::Relay;
pub(crate) use subscriber::{Building, Reaction, Subscriber, Terms};
pub(crate) use timers::TIMERS;
