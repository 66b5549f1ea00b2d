use super::{Aggregate, AggregateKey, Entity};
use crate::event::{Event, Recorded};
use crate::key::KeyError;

/// An event that the aggregate `A` applies. `#[aggregate]` on the impl block implements it for every `#[apply]`.
///
/// The aggregate is a parameter, so that the event may come from another crate. The events that several services share
/// are structs with `#[event]` in a separate crate, and each service keeps its aggregates to itself. In one program an
/// event belongs to one aggregate.
#[diagnostic::on_unimplemented(
    message = "no aggregate applies `{Self}`",
    label = "no `#[apply]` method takes this event",
    note = "add `#[apply] fn …(&mut self, event: &{Self})` to the aggregate that the event belongs to",
    note = "if `{Self}` is not an event yet, annotate its struct with `#[event]`",
    note = "if `{Self}` is a command, take the event that it leads to"
)]
pub trait AggregateEvent<A: Aggregate>: Event {}

impl<E: Event> Recorded<E> {
    /// The typed key of the aggregate instance that it happened to. The compiler finds the aggregate: only one applies
    /// the event.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if the stored key does not follow the aggregate's template.
    pub fn key<A: Aggregate>(&self) -> Result<<A as Entity>::Key, KeyError>
    where
        E: AggregateEvent<A>,
    {
        AggregateKey::parse(self.stream())
    }
}
