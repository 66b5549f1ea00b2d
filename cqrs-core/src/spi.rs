//! What the author of a store or of a broker needs: how to write a store of your own, step by step.
//!
//! Programs name [`App`](crate::App) and no store. A store implements the traits of this module, which are called
//! ports, and is passed to a program with [`Stores`]. Every item of this module is also in the module of its subject:
//! [`store`](crate::store), [`view`](crate::view), [`snapshot`](crate::snapshot) or [`delivery`](crate::delivery).
//!
//! # The ports, the most useful first
//!
//! | port | keeps | without it |
//! | --- | --- | --- |
//! | [`EventStore`] | commits | no app |
//! | [`DeliveryStore`], with its [`Inbox`] | positions, dead letters, parked streams, attempts, handled events | no app |
//! | [`ChangeFeed`] | nothing: it reports what was appended | no [`App::run`](crate::App::run) |
//! | [`ViewStore`] | views and fences | no projections |
//! | [`SnapshotStore`] | the last snapshot of each stream | every load reads its whole stream |
//! | [`Publisher`], [`Consumer`] | nothing: they are the two ends of a broker | delivery in one process |
//!
//! Start with the first two: commands and reads work then. A port that you do not want to write may come from another
//! store: `Stores::new(events, MemoryEventStore::new().delivery())` is enough for a first attempt.
//!
//! ```
//! use cqrs_core::App;
//! use cqrs_core::spi::{ChangeFeed, DeliveryStore, EventStore, Stores, ViewStore};
//!
//! fn app<F: ChangeFeed>(
//!     events: impl EventStore,
//!     delivery: impl DeliveryStore,
//!     open_feed: impl Fn() -> F + Send + Sync + 'static,
//!     views: impl ViewStore,
//! ) -> Result<App, cqrs_core::BuildError> {
//!     App::builder(Stores::new(events, delivery).feed(open_feed).views(views)).build()
//! }
//! ```
//!
//! # The promises
//!
//! **Commits.** [`append`](EventStore::append) is one atomic step: it takes a version that is free, or answers with the
//! commit that holds the version. Two writers are never both told [`Append::Written`], in one process or in several;
//! all locking of the framework relies on this one condition. What was acknowledged is seen by the next read, and never
//! changes. A read comes in pages of about a megabyte.
//!
//! **The feed.** Every commit after the given positions, once, and in the order of its stream. Streams may be mixed in
//! any way, and a commit may come late, but never before an earlier one of its stream. A position is the store's own
//! text. The delivery keeps it and hands it back, even to a feed that is opened years later.
//!
//! **What the delivery remembers.** What was acknowledged is seen by the next read. A claim of the [`Inbox`] is a
//! condition like that of an append: one of many claimants gets the lease.
//!
//! **Views.** Every write has a condition on the [`Revision`] that was read, and [`ViewStore::put_fenced`] writes
//! several items or none. A store that keeps the whole record of a view says so by [`ViewStore::keeps_unfenced`], and
//! most commits then take no transaction. A store without transactions cannot keep views of projections with their own
//! key, and returns [`StoreError::Refused`] for them.
//!
//! **Snapshots.** A later version replaces an earlier one, and never the other way round. A snapshot may be lost.
//!
//! **Errors.** [`StoreError`] decides what happens next. An error that [is transient](StoreError::is_transient) is
//! tried again, and is the only one that may leave open whether a write has happened. An error that
//! [is an outage](StoreError::is_outage) makes the delivery wait. Every other error is the fault of one item, and
//! becomes a dead letter. An item that cannot be read is [`StoreError::Corrupt`], and the error names its key. A store
//! never panics on what it reads.
//!
//! # What is done above the ports
//!
//! A commit comes as a [`NewCommit`]: it has been encoded, and it is within the [`limits`]. A store keeps its
//! [`record`](NewCommit::record), one JSON object, under `pk` and `sk`, and reads it back with [`record::decode`]. It
//! need not know what an event is. A store that keeps the whole record can say so, with
//! [`keeps_states`](EventStore::keeps_states): the record of some commits then has the aggregate's state in it, and
//! loads need no snapshot. Retries after conflicts, command ids, caches, upcasting, dead letters and the order of a
//! stream are all handled above, so a store has no code for them. What was stored must come back as the same JSON;
//! numbers are in their [`canonical`] form already.
//!
//! Views and snapshots come as structs that have a method for their [`record`](StoredView::record). A store checks
//! their size with [`limits::check`].
//!
//! # Testing the promises
//!
//! The feature `conformance` has the suite that the stores of this project pass, with a test per promise. Enable it in
//! your `[dev-dependencies]`, and write into a test:
//!
//! ```text
//! cqrs_core::conformance!(open_store() => events, transactions, reservations, timers, feed, delivery, views, snapshots);
//! ```
//!
//! `open_store()` makes an empty store for every test. The page of `cqrs_core::conformance` has the details, and
//! `examples/own-store` is a whole store in files of JSON lines, with an app on it.
//!
//! # A broker of your own
//!
//! A relay reads the feed and passes records to [`App::publish`](crate::App::publish), which makes each a [`Message`]
//! for your [`Publisher`]. A worker receives messages, and gives them to the [`Consumer`] of its queue as [`Received`];
//! the [`Verdict`] says what to do with each. Both may repeat: every subscriber copes with duplicates. If the broker
//! keeps dead letters, let it implement [`DeadLetterStore`], and they are handled like all others. A [`Backlog`]
//! reports to [`App::projections`](crate::App::projections) how many messages wait in your queues.

pub use crate::commit::{Commit, CommitDigest, CorruptCommit, StoredEvent};
pub use crate::delivery::{
    Alteration, Body, Consumer, DeadLetterStore, Delivered, Interrupted, MAX_MESSAGE_BYTES, Message,
    PublishError, PublishFault, Publisher, Received, RedriveTurn, StreamBatch, Verdict,
};
pub use crate::key::{KeyError, StreamKey};
pub use crate::metadata::Metadata;
pub use crate::registry::{has_timers, has_unique_fields, processes, view_indexes};
pub use crate::runtime::{IntoStores, Stores};
pub use crate::snapshot::{SnapshotStore, StoredSnapshot};
pub use crate::store::{
    Append, AppendAll, Backlog, Change, ChangeFeed, Claim, CommitKey, CommitPage, CommitScan, DeadLetter,
    DeliveryStore, EventStore, Extent, FeedPage, Finish, Inbox, InboxId, InboxLease, LetterId, NewCommit,
    NewCommits, Positions, Redriven, RefusedKind, Reservation, ReservationChange, ReservationPage,
    StoreError, TIMER_SHARDS, Taken, Timer, TimerId, TimerPage, UniqueValue, Waiting, awaits_newer_program,
    canonical, limits, record,
};
pub use crate::timestamp::Timestamp;
pub use crate::version::Version;
pub use crate::view::{
    Fence, IndexEntry, Place, QueriedViews, Revision, SortRange, StoredView, SwapIn, Unfenced, ViewId,
    ViewQuery, ViewScan, ViewStore, Write,
};
