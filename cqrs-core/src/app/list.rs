//! What the root list of a program, `app!`, proves while it is compiled.

use crate::__private::{Message, same_text};
use crate::aggregate::Aggregate;
use crate::event::EventId;
use crate::projection::Projection;

const NO_EVENT: EventId = EventId { name: "", schema: 0, aliases: &[] };

/// How many events an aggregate applies.
#[must_use]
pub const fn applied_count<A: Aggregate>() -> usize {
    A::EVENTS.len()
}

/// The events that an aggregate applies.
#[must_use]
pub const fn applied<A: Aggregate, const N: usize>() -> [EventId; N] {
    let mut ids = [NO_EVENT; N];
    let mut index = 0;
    while index < N {
        ids[index] = A::EVENTS[index].id;
        index += 1;
    }
    ids
}

/// How many events a projection takes.
#[must_use]
pub const fn projected_count<P: Projection>() -> usize {
    P::ARMS.len()
}

/// The events that a projection takes.
#[must_use]
pub const fn projected<P: Projection, const N: usize>() -> [EventId; N] {
    let mut ids = [NO_EVENT; N];
    let mut index = 0;
    while index < N {
        ids[index] = P::ARMS[index].event;
        index += 1;
    }
    ids
}

/// An event of an aggregate that nobody takes and that does not say why; or one that says so and is taken.
#[must_use]
pub const fn unreached<A: Aggregate>(taken: &[&[EventId]]) -> Option<Message> {
    let mut index = 0;
    while index < A::EVENTS.len() {
        let row = &A::EVENTS[index];
        match (contains(taken, row.id.name), row.unhandled.is_some()) {
            (false, false) => {
                return Some(
                    Message::new()
                        .with("nobody in `app!` takes `")
                        .with(row.id.name)
                        .with("` of `")
                        .with(A::NAME)
                        .with("`: list a projection or a handler, or say why not: `#[event(unhandled = \"…\")]`"),
                );
            }
            (true, true) => {
                return Some(
                    Message::new()
                        .with("`")
                        .with(row.id.name)
                        .with("` of `")
                        .with(A::NAME)
                        .with("` is marked `unhandled`, and somebody in `app!` takes it: take the mark off"),
                );
            }
            (true, false) | (false, true) => {}
        }
        index += 1;
    }
    None
}

/// An event that a projection or a handler takes, and no aggregate in the list applies.
#[must_use]
pub const fn not_applied(taker: &str, takes: &[EventId], applied: &[&[EventId]]) -> Option<Message> {
    let mut index = 0;
    while index < takes.len() {
        if !contains(applied, takes[index].name) {
            return Some(
                Message::new()
                    .with("`")
                    .with(taker)
                    .with("` takes `")
                    .with(takes[index].name)
                    .with("`, and no aggregate in `app!` applies it: list its aggregate"),
            );
        }
        index += 1;
    }
    None
}

const fn contains(lists: &[&[EventId]], name: &str) -> bool {
    let mut list = 0;
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            if same_text(lists[list][index].name, name) {
                return true;
            }
            index += 1;
        }
        list += 1;
    }
    false
}
