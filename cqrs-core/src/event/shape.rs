//! What the compiler proves about the shape of an event.

use super::Event;
use crate::schema::{Difference, Text, difference};

/// Stops the compiler where an event has another shape than the one that is locked, and tells what has changed.
///
/// `fingerprint` is that of the locked text. Nearly always it is the shape's own, and a number takes the compiler a tenth of
/// the time that the comparison takes.
///
/// # Panics
/// With the difference; at the place of the call, which the macro gives the name of the event.
#[track_caller]
pub const fn check_shape<E: Event>(locked: &str, fingerprint: u64) {
    if E::SHAPE.fingerprint() == fingerprint {
        return;
    }
    if let Some(message) = changed_shape::<E>(locked) {
        panic!("{}", message.text());
    }
}

/// Refuses an event of which nothing could be read back.
///
/// # Panics
/// With what is wrong; at the place of the call, which the macro gives the name of the event.
#[track_caller]
pub const fn check_way_back<E: Event>() {
    if let Some(message) = E::SHAPE.fault() {
        panic!("{}", message.text());
    }
}

const fn changed_shape<E: Event>(locked: &str) -> Option<Text<4096>> {
    let mut changes = Difference::new();
    difference(&E::SHAPE, locked, &mut changes);
    if changes.size() == 0 {
        return None;
    }
    let mut message = Text::<4096>::new();
    message.push("events.lock has another shape of `");
    message.push(E::TYPE);
    message.push("` (schema ");
    message.number(E::SCHEMA as u64);
    message.push("):");
    message.push(changes.text());
    if changes.size() > changes.text().len() {
        message.push("\n  - …");
    }
    let noun = if E::COMMAND { "command" } else { "event" };
    message.push("\nstored ");
    message.push(noun);
    message.push("s have the locked shape. Keep a struct of it as schema ");
    message.number(E::SCHEMA as u64);
    message.push(", and give this one `#[");
    message.push(noun);
    message.push("(schema = ");
    message.number(E::SCHEMA as u64 + 1);
    message.push(", from = …)]`.\nIf no ");
    message.push(noun);
    message.push(" of schema ");
    message.number(E::SCHEMA as u64);
    message.push(" was ever stored outside of this machine, delete it from events.lock, and run `EVENTS_LOCK=write cargo test events_lock`");
    Some(message)
}
