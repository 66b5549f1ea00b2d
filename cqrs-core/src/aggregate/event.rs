use super::{Aggregate, AggregateKey, Entity};
use crate::event::{Event, Recorded};
use crate::key::KeyError;

/// An event that an aggregate applies. `#[aggregate]` on the impl block implements it for every `#[apply]`.
#[diagnostic::on_unimplemented(
    message = "no aggregate applies `{Self}`",
    label = "no `#[apply]` method takes this event",
    note = "add `#[apply] fn …(&mut self, event: &{Self})` to the aggregate that the event belongs to",
    note = "if `{Self}` is no event yet, annotate its struct with `#[event]`",
    note = "if `{Self}` is a command, take the event that it leads to"
)]
pub trait AggregateEvent: Event {
    /// The one aggregate that applies it.
    type Aggregate: Aggregate;
}

impl<E: AggregateEvent> Recorded<E> {
    /// The typed key of the aggregate instance it happened to.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where the stored key does not follow the aggregate's template.
    pub fn key(&self) -> Result<<E::Aggregate as Entity>::Key, KeyError> {
        AggregateKey::parse(self.stream())
    }
}
