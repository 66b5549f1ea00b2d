//! The consistency boundary: what `#[aggregate]` implements.
//!
//! [`#[aggregate]`](macro@crate::aggregate) implements [`Entity`] on the struct, and [`Aggregate`] and one
//! [`Decide`](crate::command::Decide) per command on the impl block. They are named where code is generic over aggregates:
//!
//! ```
//! use cqrs_core::{Aggregate, AggregateKey, App, StoreError};
//!
//! async fn length<K>(app: &App, key: &K) -> Result<u64, StoreError>
//! where
//!     K: AggregateKey<Aggregate: Aggregate>,
//! {
//!     Ok(app.load(key).await?.version.get())
//! }
//! ```

pub(crate) mod emitted;
mod event;
mod key;
pub(crate) mod registered;
pub(crate) mod row;
mod snapshots;
pub(crate) mod unique;

pub use emitted::IntoEvents;
pub use event::AggregateEvent;
pub use key::AggregateKey;
pub use row::EventRow;
pub use snapshots::Snapshots;

pub(crate) use registered::AggregateRow;
pub(crate) use row::unapplied;
pub(crate) use snapshots::fingerprint;
pub use unique::{UniqueField, UniqueKey, UniquePart};

use serde_json::Value;

use crate::commit::{Commit, EncodeError, StoredEvent};
use crate::store::Timer;

/// What `#[aggregate(entity = "ORDER")]` on the struct implements: the name and the key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this type has no entity name and no key",
    note = "annotate its struct with `#[aggregate(entity = \"…\")]`"
)]
pub trait Entity: Sized + Send + Sync + 'static {
    /// The entity name in the keys: `ORDER`.
    const ENTITY: &'static str;
    /// The struct's name.
    const NAME: &'static str;
    /// The typed key: `OrderKey`.
    type Key: AggregateKey<Aggregate = Self>;
    /// What `snapshot_every` says; none where it is not given.
    const SNAPSHOTS: Option<Snapshots<Self>> = None;
    /// The fields that `unique(…)` names.
    const UNIQUE: &'static [UniqueField<Self>] = &[];

    /// The state before the first event: the struct's `Default`.
    fn initial() -> Self;

    /// A copy of the state; none where a field is not `Clone`. Events are folded before they are stored, and where another
    /// writer was faster the state of before is needed again: without a copy, it is read again.
    fn copy(&self) -> Option<Self> {
        None
    }

    /// The state by the names of its fields, for [tools](mod@crate::inspect).
    #[cfg(feature = "inspect")]
    fn shown(&self) -> Value {
        std::any::type_name::<Self>().into()
    }
}

/// What `#[aggregate]` on the impl block implements: the events and their fold.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[aggregate]` impl block",
    label = "nothing says which events this type applies",
    note = "write `#[aggregate] impl {Self} {{ … }}` with at least one `#[apply]` method"
)]
pub trait Aggregate: Entity {
    /// The enum of its events: `OrderEvent`.
    type Event: Send + Sync + 'static;
    /// Every event that it applies.
    const EVENTS: &'static [EventRow<Self::Event>];
    /// Changes with the code of the impl block, commands aside, so that snapshots of another fold are told apart.
    const FOLD: u64 = 0;

    /// Folds one event into the state.
    fn apply(&mut self, event: &Self::Event);

    /// Folds one event as it is stored: [`Aggregate::apply`], without the way through the enum.
    ///
    /// # Errors
    /// What is wrong with the data; or that no event is stored under this name.
    fn fold(&mut self, name: &str, schema: u32, data: Value) -> Result<(), String>;

    /// What waits for its time because of the events of a commit.
    #[doc(hidden)]
    fn timers(_commit: &Commit, _events: &[Self::Event]) -> Vec<Timer> {
        Vec::new()
    }

    /// Serializes one event.
    ///
    /// # Errors
    /// See [`StoredEvent::encode`].
    fn encode(event: &Self::Event) -> Result<StoredEvent, EncodeError>;
}
