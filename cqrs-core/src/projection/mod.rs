//! Read models: the traits that `#[projection]` implements.
//!
//! [`#[projection]`](macro@crate::projection) implements [`View`] on the struct and [`Projection`] on the impl block.
//!
//! A commit is applied at most once, and in the order of its stream, whatever is delivered. A view at its aggregate's key has the
//! version w of the last commit that it contains. The commit v is skipped if v ≤ w, and applied if v = w + 1. If v > w + 1, the
//! missing commits are read from the store and applied first. The view is written only if it is still at w. A view whose key
//! comes from the events contains commits of several streams; there the same rule holds per stream, with w in a
//! [`Fence`](crate::view::Fence) that is written in the same transaction. The [digest](crate::commit::CommitDigest) of the commit
//! w is stored with it. If the store has another commit with that version, because it was restored to an earlier point, the view
//! is folded again, or the commit v becomes a dead letter that says so.
//!
//! What the delivery of one commit costs on DynamoDB, for views of up to 1 KB. A view is *warm* if this process wrote it last and
//! it is among the [`Settings::cached_views`](crate::app::Settings::cached_views); the condition of the write checks that this is
//! still so.
//!
//! | view | requests cold | requests warm | write units |
//! | --- | --- | --- | --- |
//! | at its aggregate's key | 2 (`GetItem`, `PutItem`) | 1 | 1 |
//! | keyed | 3 (`GetItem` of fence and view, `TransactWriteItems`) | 1 | 4 |
//!
//! Behind a broker it takes one more request, a `Query`: the commits for a view are read from the store, and a message only says
//! that there is something new. With [`Settings::trusted_messages`](crate::app::Settings::trusted_messages) this request is not
//! needed.
//!
//! For a keyed view the first commit of a stream takes one more request, to check whether a [replay](crate::replay) is running.
//! The first commit in a process also takes one more, to find out which folds have views. Commits of one stream that arrive
//! together cost as much as one.

mod address;
mod arm;
mod edition;
mod editions;
mod erased;
mod fingerprint;
mod generations;
mod index;
mod key_error;
mod keys;
mod registered;
mod stored;

pub use address::ViewAddress;
pub(crate) use address::part_text;
pub(crate) use arm::Way;
pub use arm::{ProjectionArm, ViewChange};
pub(crate) use edition::Edition;
pub(crate) use editions::Editions;
pub(crate) use erased::{AnyKey, AnyView, Arm, Erased, StreamOfView, erased, typed};
pub(crate) use fingerprint::fingerprint;
pub use generations::Phase;
pub(crate) use generations::{Generations, Underway};
#[cfg(all(test, any(feature = "chrono", feature = "rust_decimal", feature = "uuid")))]
pub(crate) use index::check_order;
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

use crate::schema::Shape;

/// Implemented by `#[projection(…)]` on the struct: the names and the key of the view.
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
    /// The queue that it shares, by `queue = "…"`; `None` for its own queue, which has its name.
    const QUEUE: Option<&'static str> = None;
    /// The indexes that list it in addition to its key, in the order of the slots: see
    /// [`IndexEntry::slot`](crate::view::IndexEntry::slot).
    const INDEXES: &'static [Index<Self>] = &[];
    /// A number that changes with the stored form of the struct.
    const SHAPE: u64 = 0;
    /// The form in which it is stored, as far as that is known, for programs that read it elsewhere.
    const DATA: Shape = Shape::Scalar("json");
    /// The key of one view: the aggregate's own, or the generated `CustomerTotalsKey`.
    type Key: ViewAddress;
}

/// Implemented by `#[projection(…)]` on the impl block: the events and their fold.
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
    /// A number that changes with the code of the impl block.
    const FOLD: u64 = 0;
}
