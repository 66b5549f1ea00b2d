//! What the compiler proves about the shape of an event.

use super::Event;
use crate::schema::{Changes, Text};

/// Stops compilation if an event has another shape than the locked one, and reports what has changed.
///
/// `fingerprint` is the fingerprint of the locked text. It nearly always equals that of the shape, and comparing
/// numbers takes the compiler a tenth of the time of comparing texts.
///
/// # Panics
/// With the difference, at the place of the call. The macro gives that place the name of the event.
#[track_caller]
pub const fn check_shape<E: Event>(locked: &str, fingerprint: u64) {
    if E::SHAPE.fingerprint() == fingerprint {
        return;
    }
    let changes = Changes::between(&E::SHAPE, locked);
    if !changes.is_empty() {
        let message = if changes.is_widening() { wider::<E>(&changes) } else { other_shape::<E>(&changes) };
        panic!("{}", message.text());
    }
}

/// Stops compilation if an event with `widened` does not read everything that is stored under the earlier shape.
///
/// # Panics
/// With what it does not read, at the place of the call. The macro gives that place the name of the event.
#[track_caller]
pub const fn check_widening<E: Event>(before: &str, widened: u32) {
    let changes = Changes::breaking(&E::SHAPE, before);
    if !changes.is_empty() {
        panic!("{}", no_widening::<E>(&changes, widened).text());
    }
}

/// Stops compilation for an event that could never be read back.
///
/// # Panics
/// With the fault, at the place of the call. The macro gives that place the name of the event.
#[track_caller]
pub const fn check_way_back<E: Event>() {
    if let Some(message) = E::SHAPE.fault() {
        panic!("{}", message.text());
    }
}

/// The text of a compile error.
type Message = Text<4096>;

const fn other_shape<E: Event>(changes: &Changes) -> Message {
    let mut message = changed::<E>(E::WIDENED, changes);
    message.push("\nstored ");
    message.push(noun::<E>());
    message.push("s have the locked shape.");
    next_schema::<E>(&mut message);
    never_stored::<E>(&mut message);
    message
}

const fn wider<E: Event>(changes: &Changes) -> Message {
    let mut message = changed::<E>(E::WIDENED, changes);
    message.push("\nThis only widens it: every stored ");
    message.push(noun::<E>());
    message.push(" is read as before. Take it by `#[");
    message.push(noun::<E>());
    message.push("(");
    if E::SCHEMA > 1 {
        message.push("schema = ");
        message.number(E::SCHEMA as u64);
        message.push(", ");
    }
    message.push("widened = ");
    message.number(E::WIDENED as u64 + 1);
    message.push(")]`. An older program leaves such ");
    message.push(noun::<E>());
    message.push("s to a newer one, as it does those of a newer schema.");
    never_stored::<E>(&mut message);
    message
}

const fn no_widening<E: Event>(changes: &Changes, before: u32) -> Message {
    let mut message = changed::<E>(before, changes);
    message.push("\n`widened = ");
    message.number(E::WIDENED as u64);
    message.push("` is for a change that leaves all stored ");
    message.push(noun::<E>());
    message.push("s readable: a new field that is an `Option` or has a default, a new case of an enum, a wider integer.");
    next_schema::<E>(&mut message);
    message
}

/// What has changed since a locked shape.
const fn changed<E: Event>(widened: u32, changes: &Changes) -> Message {
    let mut message = Message::new();
    message.push("events.lock has another shape of `");
    message.push(E::TYPE);
    message.push("` (schema ");
    message.number(E::SCHEMA as u64);
    if widened > 0 {
        message.push(".");
        message.number(widened as u64);
    }
    message.push("):");
    message.push(changes.text());
    if changes.is_cut() {
        message.push("\n  - …");
    }
    message
}

const fn next_schema<E: Event>(message: &mut Message) {
    message.push(" Keep a struct of it as schema ");
    message.number(E::SCHEMA as u64);
    message.push(", and give this one `#[");
    message.push(noun::<E>());
    message.push("(schema = ");
    message.number(E::SCHEMA as u64 + 1);
    message.push(", from = …)]`.");
}

const fn never_stored<E: Event>(message: &mut Message) {
    message.push("\nIf no ");
    message.push(noun::<E>());
    message.push(" of schema ");
    message.number(E::SCHEMA as u64);
    message.push(" was ever stored outside of this machine, delete it from events.lock, and run `EVENTS_LOCK=write cargo test events_lock`");
}

const fn noun<E: Event>() -> &'static str {
    if E::COMMAND { "command" } else { "event" }
}
