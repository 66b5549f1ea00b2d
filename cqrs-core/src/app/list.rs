//! What the root list of a program, `app!`, proves while it is compiled.
//!
//! Every entry is named through one function: what is wrong with it is one error, however often it is asked.

use crate::schema::{Text, same};

/// The message of a compile error.
type Message = Text<512>;
use crate::aggregate::{Aggregate, EventRow};
use crate::event::EventId;
use crate::handler::{AllProvidedBy, EventHandler, HandlerArm};
use crate::projection::{Projection, ProjectionArm, View};

const NO_EVENT: EventId = EventId { name: "", schema: 0, aliases: &[] };

/// The rows of an aggregate.
#[must_use]
pub const fn listed_aggregate<A: Aggregate>() -> &'static [EventRow<A::Event>] {
    A::EVENTS
}

/// The rows of a projection.
#[must_use]
pub const fn listed_projection<P: Projection>() -> &'static [ProjectionArm<P>] {
    P::ARMS
}

/// The rows of a handler whose needs are in the list.
#[must_use]
pub const fn listed_handler<H, List, Events, Needs>() -> &'static [HandlerArm]
where
    H: EventHandler<Events, Needs>,
    Needs: AllProvidedBy<List>,
{
    H::ARMS
}

/// The events that an aggregate applies.
#[must_use]
pub const fn applied<S, const N: usize>(rows: &[EventRow<S>]) -> [EventId; N] {
    let mut ids = [NO_EVENT; N];
    let mut index = 0;
    while index < N {
        ids[index] = rows[index].id;
        index += 1;
    }
    ids
}

/// The events that a projection takes.
#[must_use]
pub const fn projected<P: View, const N: usize>(arms: &[ProjectionArm<P>]) -> [EventId; N] {
    let mut ids = [NO_EVENT; N];
    let mut index = 0;
    while index < N {
        ids[index] = arms[index].event;
        index += 1;
    }
    ids
}

/// The events that a handler takes.
#[must_use]
pub const fn handled<const N: usize>(arms: &[HandlerArm]) -> [EventId; N] {
    let mut ids = [NO_EVENT; N];
    let mut index = 0;
    while index < N {
        ids[index] = arms[index].event;
        index += 1;
    }
    ids
}

/// An event of an aggregate that nobody takes and that does not say why; or one that says so and is taken.
#[must_use]
pub const fn unreached<S>(rows: &[EventRow<S>], taken: &[&[EventId]]) -> Option<Message> {
    let mut index = 0;
    while index < rows.len() {
        let row = &rows[index];
        match (contains(taken, row.id.name), row.unhandled.is_some()) {
            (false, false) => {
                return Some(
                    Message::new().with("nobody in `app!` takes its event `").with(row.id.name).with(
                        "`: list a projection, a process or a handler, or say why not: `#[event(unhandled = \"…\")]`",
                    ),
                );
            }
            (true, true) => {
                return Some(
                    Message::new()
                        .with("its event `")
                        .with(row.id.name)
                        .with("` is marked `unhandled`, and somebody in `app!` takes it: take the mark off"),
                );
            }
            (true, false) | (false, true) => {}
        }
        index += 1;
    }
    None
}

/// An event that a projection, a process or a handler takes, and no aggregate in the list applies.
#[must_use]
pub const fn not_applied(takes: &[EventId], applied: &[&[EventId]]) -> Option<Message> {
    let mut index = 0;
    while index < takes.len() {
        if !contains(applied, takes[index].name) {
            return Some(
                Message::new()
                    .with("it takes `")
                    .with(takes[index].name)
                    .with("`, and no aggregate in `app!` applies that: list its aggregate"),
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
            if same(lists[list][index].name.as_bytes(), name.as_bytes()) {
                return true;
            }
            index += 1;
        }
        list += 1;
    }
    false
}
