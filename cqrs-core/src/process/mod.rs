//! Processes: long-running flows over several aggregates, with deadlines.
//!
//! [`#[process]`](macro@crate::process) on a struct generates its key. On the impl block, it registers how the process
//! folds events, and how it reacts to events and deadlines. An [`Instance`] is a stream of [`Step`]s under the tenant
//! of the events, so history and time travel come with it. Folding and reacting are separate: reading an instance again
//! never sends a command.

mod arm;
mod instance;
mod reaction;
mod snapshot;
mod step;
mod take;
#[cfg(test)]
mod tests;

pub use arm::{DeadlineArm, ProcessArm, Unknown};
pub use instance::Instance;
pub use reaction::{Effect, Reaction};
pub use step::{Step, StepCause, StepOutcome};

pub(crate) use take::{Take, What};

use crate::aggregate::{AggregateKey, Snapshots};

/// What `#[process]` on the struct implements: the names and the key.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a process",
    label = "this type has no name and no key as a process",
    note = "annotate its struct with `#[process(key(…))]`"
)]
pub trait ProcessState: Clone + Send + Sync + Sized + 'static {
    /// The struct's name.
    const NAME: &'static str;
    /// The entity name in the keys: `BOOKING`.
    const ENTITY: &'static str;
    /// The type name under which its steps are stored. It is derived from the entity: `BOOKING_STEP`.
    const STEP: &'static str;
    /// The queue that it shares; `None` if it has its own.
    const QUEUE: Option<&'static str> = None;
    /// The value of `snapshot_every`; `None` if it is not given.
    const SNAPSHOTS: Option<Snapshots<Instance<Self>>> = None;
    /// The typed key of an instance: `BookingKey`.
    type Key: AggregateKey<Aggregate = Instance<Self>>;

    /// The state before the first event: the struct's `Default`.
    fn initial() -> Self;

    /// The state by the names of its fields, for [tools](mod@crate::inspect).
    #[cfg(feature = "inspect")]
    fn shown(&self) -> serde_json::Value {
        std::any::type_name::<Self>().into()
    }
}

/// What `#[process]` on the impl block implements: how it handles events and deadlines.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[process]` impl block",
    label = "nothing says what this process reacts to",
    note = "write `#[process] impl {Self} {{ … }}` with at least one `#[react]` method"
)]
pub trait Process: ProcessState {
    /// Every event that it folds or reacts to.
    const ARMS: &'static [ProcessArm<Self>];
    /// Its deadlines.
    const DEADLINES: &'static [DeadlineArm<Self>] = &[];
    /// What happens to an event for an instance that was not started.
    const UNKNOWN: Unknown = Unknown::Skip;
    /// Changes with the code of the fold.
    const FOLD: u64 = 0;
}
