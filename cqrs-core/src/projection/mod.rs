//! Read models: what `#[projection]` implements.
//!
//! [`#[projection]`](macro@crate::projection) implements [`View`] on the struct and [`Projection`] on the impl block.
//!
//! A commit is applied at most once, and in the order of its stream, whatever is delivered. A view at its
//! aggregate's key has the version w of the last commit that it contains. The commit v is skipped where v ≤ w,
//! applied where v = w + 1, and where v > w + 1 the missing commits are read from the store and applied before it.
//! The view is written only if it is still at w. A view whose key comes from the events has commits of several
//! streams in it; there the same rule holds per stream, with w in a [`Fence`](crate::view::Fence) that is written
//! in the same transaction. Beside w stands the [digest](crate::commit::CommitDigest) of that commit: where the store has
//! another one in its place, because it was restored to an earlier point, the view is folded anew, or the commit v becomes a dead
//! letter that says so.
//!
//! What the delivery of one commit costs on DynamoDB, for views of up to 1 KB. *Warm* is a view that this process wrote
//! last, of [`Settings::cached_views`](crate::app::Settings::cached_views); the condition of the write tells whether that
//! still holds.
//!
//! | view | requests cold | requests warm | write units |
//! | --- | --- | --- | --- |
//! | at its aggregate's key | 2 (`GetItem`, `PutItem`) | 1 | 1 |
//! | keyed | 3 (`GetItem` of fence and view, `TransactWriteItems`) | 1 | 4 |
//!
//! Behind a broker it is one request more, a `Query`: what goes into a view is read from the store, and a message only says that
//! there is something new. [`Settings::trusted_messages`](crate::app::Settings::trusted_messages) does without it.
//!
//! The first commit of a stream takes one request more for a keyed view: it asks whether a
//! [replay](crate::replay) is under way. So does the first one in a process, which asks for which folds there are views. Commits of one stream that arrive together cost no
//! more than one.

mod address;
mod arm;
mod edition;
mod editions;
mod fingerprint;
mod generations;
mod index;
mod key_error;
mod keys;
mod registered;
mod stored;

pub use address::ViewAddress;
pub(crate) use arm::Way;
pub use arm::{ProjectionArm, ViewChange};
pub(crate) use edition::Edition;
pub(crate) use editions::Editions;
pub(crate) use fingerprint::fingerprint;
pub use generations::Phase;
pub(crate) use generations::{Generations, Underway};
pub(crate) use index::{AFTER_END, END, entries, local_id, partition};
pub use index::{
    Asked, AskedOfKey, Column, Criterion, FieldValue, Index, IndexError, IndexField, IndexText, IndexValue,
    OrderedPart, PartValue, Ranged, StartsWith, starts_with,
};
pub use key_error::ViewKeyError;
pub(crate) use registered::{Builder, Fold, Registered, State};

pub use crate::view::ViewId;
pub(crate) use keys::{CheckEvent, CheckStream, KeyFault, check_event, check_stream, check_texts};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What `#[projection(…)]` on the struct implements: the names and the key of the view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "this type has no view name and no key",
    note = "annotate its struct with `#[projection(Order)]` or `#[projection(key(customer_id: String))]`"
)]
pub trait View: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The struct's name; also the name of the subscriber.
    const NAME: &'static str;
    /// The view's name in the keys: `ORDER_SUMMARY`.
    const VIEW: &'static str;
    /// The queue that it shares, by `queue = "…"`; none for one of its own, named like it.
    const QUEUE: Option<&'static str> = None;
    /// By what it is listed beside its key, in the order of the slots: see [`IndexEntry::slot`](crate::view::IndexEntry::slot).
    const INDEXES: &'static [Index<Self>] = &[];
    /// Another number for a struct that is stored in another way.
    const SHAPE: u64 = 0;
    /// The key of one view: the aggregate's own, or the generated `CustomerTotalsKey`.
    type Key: ViewAddress;
}

/// What `#[projection(…)]` on the impl block implements: the events and their fold.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[projection]` impl block",
    label = "nothing says which events this view is made of",
    note = "write `#[projection(…)] impl {Self} {{ … }}` with at least one `#[apply]` method"
)]
pub trait Projection: View {
    /// One row per event that it applies.
    const ARMS: &'static [ProjectionArm<Self>];
    /// Whether the key comes from the event (`key(…)`) instead of from the aggregate.
    const KEYED: bool;
    /// Another number for an impl block that says something else.
    const FOLD: u64 = 0;
}
