//! Read models: what `#[projection]` implements.

mod arm;

pub use arm::{ProjectionArm, ViewAddress, ViewId};

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
}
