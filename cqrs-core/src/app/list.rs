//! What `app!`, the root list of a program, proves at compile time.
//!
//! Every entry is named through one function, so that a fault in it is one error, however often the entry is asked
//! about.

use crate::schema::{Text, same};

/// The message of a compile error.
type Message = Text<2048>;
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

/// The events of an aggregate that no subscriber takes and that do not say why; or those that are marked `unhandled`
/// and are taken.
#[must_use]
pub const fn unreached<S>(rows: &[EventRow<S>], taken: &[&[EventId]]) -> Option<Message> {
    let (mut forgotten, mut contradicted) = (Names::new(), Names::new());
    let mut index = 0;
    while index < rows.len() {
        let row = &rows[index];
        match (contains(taken, row.id.name), row.unhandled.is_some()) {
            (false, false) => forgotten.push(row.id.name),
            (true, true) => contradicted.push(row.id.name),
            (true, false) | (false, true) => {}
        }
        index += 1;
    }
    if forgotten.count > 0 {
        return Some(
            Message::new()
                .with("nothing in `app!` takes its ")
                .with(forgotten.noun())
                .with(forgotten.names.text())
                .with(
                    ": list a projection, a process or a handler that does, or say on the event why not: `#[event(unhandled = \"…\")]`",
                ),
        );
    }
    if contradicted.count > 0 {
        return Some(
            Message::new()
                .with("its ")
                .with(contradicted.noun())
                .with(contradicted.names.text())
                .with(", marked `unhandled`, is taken by an entry of `app!`: remove `unhandled`"),
        );
    }
    None
}

/// The events that a projection, a process or a handler takes, and that no aggregate in the list applies.
#[must_use]
pub const fn not_applied(takes: &[EventId], applied: &[&[EventId]]) -> Option<Message> {
    let mut missing = Names::new();
    let mut index = 0;
    while index < takes.len() {
        if !contains(applied, takes[index].name) {
            missing.push(takes[index].name);
        }
        index += 1;
    }
    if missing.count == 0 {
        return None;
    }
    Some(
        Message::new()
            .with("it takes the ")
            .with(missing.noun())
            .with(missing.names.text())
            .with(", and no aggregate in `app!` applies what it takes: add the aggregate to `aggregates`"),
    )
}

/// Names of events for a message: `OrderCreated`, `OrderShipped`.
struct Names {
    names: Text<1024>,
    count: usize,
}

impl Names {
    const fn new() -> Self {
        Self { names: Text::new(), count: 0 }
    }

    const fn push(&mut self, name: &str) {
        self.names.push(if self.count == 0 { "`" } else { ", `" });
        self.names.push(name);
        self.names.push("`");
        self.count += 1;
    }

    const fn noun(&self) -> &'static str {
        if self.count == 1 { "event " } else { "events " }
    }
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
