//! The texts of compile errors.

use crate::aggregate::EventRow;
use crate::event::{Event, EventId};
use crate::schema::{self, Text};

/// The fault of two rows of one aggregate that share a name, or of a command among its events.
#[must_use]
pub const fn shared_name<S>(rows: &[EventRow<S>]) -> Option<Message> {
    let mut left = 0;
    while left < rows.len() {
        if rows[left].command {
            let mut message = Message::new();
            message.push("`");
            message.push(rows[left].id.name);
            message.push(
                "` is a command, and `#[apply]` takes events: apply the event that the command leads to, a struct with `#[event]`",
            );
            return Some(message);
        }
        let mut right = left + 1;
        while right < rows.len() {
            if let Some(name) = rows[left].id.shared_name(&rows[right].id) {
                let mut message = Message::new();
                message.push("two events of this aggregate are stored as `");
                message.push(name);
                message.push("`: rename one of them with `#[event(name = \"…\")]`");
                if rows[left].id.schema != rows[right].id.schema {
                    message.push(", or make the newer schema `from` the older, and apply only the newer");
                }
                return Some(message);
            }
            right += 1;
        }
        left += 1;
    }
    None
}

/// What is wrong with `#[event(from = …)]` or `#[command(from = …)]` on `E`; `None` if nothing is.
#[must_use]
pub const fn broken_step<E: Event>() -> Option<Message> {
    let Some(old) = E::UPCASTER.typed_id() else { return None };
    let mut message = Message::new();
    let today = EventId::of::<E>();
    let noun = if E::COMMAND { "command" } else { "event" };
    if let (true, Some(name)) = (today.is_named(old.name), today.lacks_alias(&old)) {
        message.push("`from` names a struct that was also stored as `");
        message.push(name);
        message.push("`: only the names of this one are looked for, so add `alias = \"");
        message.push(name);
        message.push("\"`");
    } else if !today.is_named(old.name) {
        message.push("`from` names another ");
        message.push(noun);
        message.push(", `");
        message.push(old.name);
        message.push("`: the earlier schemas of `");
        message.push(E::TYPE);
        message.push("` are stored under that name, so give the old struct `#[");
        message.push(noun);
        message.push("(name = \"");
        message.push(E::TYPE);
        message.push("\")]`, or this one `alias = \"");
        message.push(old.name);
        message.push("\"`");
    } else if E::SCHEMA == 0 || old.schema != E::SCHEMA - 1 {
        message.push("schema ");
        message.number(E::SCHEMA as u64);
        message.push(" comes from schema ");
        message.number((E::SCHEMA - 1) as u64);
        message.push(", and `from` names the struct of schema ");
        message.number(old.schema as u64);
    } else {
        return None;
    }
    Some(message)
}

/// A message of the compiler.
pub type Message = Text<512>;

pub(crate) const fn same_text(left: &str, right: &str) -> bool {
    schema::same(left.as_bytes(), right.as_bytes())
}
