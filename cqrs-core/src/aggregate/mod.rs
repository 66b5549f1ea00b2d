//! The consistency boundary: what `#[aggregate]` implements.
//!
//! [`#[aggregate]`](macro@crate::aggregate) implements [`Entity`] on the struct, and [`Aggregate`] and one
//! [`Decide`](crate::command::Decide) per command on the impl block. Code that is generic over aggregates names these
//! traits:
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
use crate::schema::SchemaNumber;
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
    /// The value of `snapshot_every`; `None` if it is not given.
    const SNAPSHOTS: Option<Snapshots<Self>> = None;
    /// The fields that `unique(…)` names.
    const UNIQUE: &'static [UniqueField<Self>] = &[];

    /// The state before the first event: the struct's `Default`.
    fn initial() -> Self;

    /// A copy of the state; `None` if a field is not `Clone`. Events are folded before they are stored, and if another
    /// writer was faster, the earlier state is needed again. Without a copy, it is read again.
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
    note = "write `#[aggregate] impl {Self} {{ … }}` with at least one `#[apply]` method",
    note = "if `{Self}` is a projection, `app.view(&key)` reads it"
)]
pub trait Aggregate: Entity {
    /// The enum of its events: `OrderEvent`.
    type Event: Send + Sync + 'static;
    /// Every event that it applies.
    const EVENTS: &'static [EventRow<Self::Event>];
    /// Changes with the code of the impl block, except for the commands, so that the snapshots of another fold are
    /// recognised.
    const FOLD: u64 = 0;

    /// Folds one event into the state.
    fn apply(&mut self, event: &Self::Event);

    /// Folds one event as it is stored: [`Aggregate::apply`], without the way through the enum.
    ///
    /// # Errors
    /// What is wrong with the data, or that no event of the aggregate is stored under this name.
    fn fold(&mut self, name: &str, number: SchemaNumber, data: Value) -> Result<(), String>;

    /// Timers that are set because of the events of a commit.
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
