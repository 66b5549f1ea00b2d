//! Processes: the parts of their rows.

use std::any::TypeId;

use super::message::Message;
use super::view::other_key;
use crate::aggregate::AggregateKey;
use crate::event::EventId;
use crate::process::{Process, ProcessArm, ProcessState, Reaction};

/// Tells one method from all others.
pub fn method_id<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}

/// The return value of a `#[react]` or `#[deadline]` method.
pub fn reaction(returned: impl Reacted) -> Reaction {
    returned.reaction()
}

/// The types that such a method may return.
#[diagnostic::on_unimplemented(
    message = "this method returns `{Self}`, and a process wants a `Reaction`",
    label = "no `Reaction`",
    note = "`#[react]` and `#[deadline]` methods return a `Reaction`; one that does nothing is `Reaction::new()`"
)]
pub trait Reacted {
    /// The reaction.
    fn reaction(self) -> Reaction;
}

impl Reacted for Reaction {
    fn reaction(self) -> Reaction {
        self
    }
}

/// The key that a reaction asks for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the key of this process",
    label = "not the key of the process",
    note = "a reaction may ask for the key of its own instance: `key: &{Key}`"
)]
pub trait ReactionKey<Key> {
    /// The key.
    fn reaction_key(key: &Key) -> &Self;
}

impl<K> ReactionKey<K> for K {
    fn reaction_key(key: &K) -> &K {
        key
    }
}

/// The name that the events of two rows share.
#[must_use]
pub const fn shared_arm<P: ProcessState>(arms: &[ProcessArm<P>]) -> Option<Message> {
    let mut left = 0;
    while left < arms.len() {
        let mut right = left + 1;
        while right < arms.len() {
            if let Some(name) = arms[left].event.shared_name(&arms[right].event) {
                let mut message = Message::new();
                message.push("two rows of this process take what is stored as `");
                message.push(name);
                message.push(
                    "`: if it is one event, write its type in the same way in `#[apply]` and `#[react]`",
                );
                return Some(message);
            }
            right += 1;
        }
        left += 1;
    }
    None
}

/// The fault of a process whose struct has other key fields than its impl block names.
#[must_use]
pub const fn other_process_key<P: ProcessState>(named: &[&str]) -> Option<Message> {
    other_key(<P::Key as AggregateKey>::FIELDS, named)
}

/// The rows of a process that `app!` lists.
#[must_use]
pub const fn listed_process<P: Process>() -> &'static [ProcessArm<P>] {
    P::ARMS
}

/// The events that a process folds or reacts to.
#[must_use]
pub const fn processed<P: ProcessState, const N: usize>(arms: &[ProcessArm<P>]) -> [EventId; N] {
    let mut ids = [EventId { name: "", schema: 0, aliases: &[] }; N];
    let mut index = 0;
    while index < N {
        ids[index] = arms[index].event;
        index += 1;
    }
    ids
}
