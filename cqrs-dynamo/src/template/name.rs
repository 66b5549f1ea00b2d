//! What things are called in the template.

use super::function;

/// The logical ids of what belongs to one queue.
///
/// Two queues never share an id: the names are written so that they can be read back, and no ending is the end of
/// another one. An ending that is not in this list must keep it so, those that SAM appends included.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) queue: String,
    pub(super) queue_policy: String,
    pub(super) dead_letters: String,
    pub(super) dead_letters_policy: String,
    pub(super) dead_letters_alarm: String,
    pub(super) subscription: String,
    pub(super) function: FunctionIds,
}

/// The logical ids of a function and what only it uses.
#[derive(Debug)]
pub(super) struct FunctionIds {
    pub(super) function: String,
    pub(super) role: String,
    pub(super) logs: String,
}

impl Ids {
    pub(super) fn of(queue: &str) -> Self {
        let name = alphanumeric(queue);
        let id = |ending: &str| format!("{name}{ending}");
        Self {
            queue: id("Queue"),
            queue_policy: id("QueuePolicy"),
            dead_letters: id("DeadLetters"),
            dead_letters_policy: id("DeadLettersPolicy"),
            dead_letters_alarm: id("DeadLettersAlarm"),
            subscription: id("Subscription"),
            function: FunctionIds::of(&id("Subscriber")),
        }
    }
}

impl Ids {
    /// The event source that SAM makes of the queue for its function.
    pub(super) fn source(&self) -> String {
        format!("{}{}", self.function.function, function::MESSAGES)
    }
}

impl FunctionIds {
    pub(super) fn of(function: &str) -> Self {
        Self {
            function: function.to_owned(),
            role: format!("{function}Role"),
            logs: format!("{function}Logs"),
        }
    }
}

/// Logical ids take letters and digits (AWS CloudFormation User Guide, "Resources"). Anything else becomes `X` and two
/// digits per byte, and so does `X` itself.
fn alphanumeric(name: &str) -> String {
    let escape = |byte: u8| match byte {
        b'X' => "X58".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("X{byte:02X}"),
    };
    name.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// All ids that come from a queue, with the event source that SAM makes.
    fn all(queue: &str) -> Vec<String> {
        let ids = Ids::of(queue);
        let source = ids.source();
        let FunctionIds { function, role, logs } = ids.function;
        vec![
            ids.queue,
            ids.queue_policy,
            ids.dead_letters,
            ids.dead_letters_policy,
            ids.dead_letters_alarm,
            ids.subscription,
            function,
            role,
            logs,
            source,
        ]
    }

    /// Names that are made of what ids are made of, so that they come close to each other.
    fn queue() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "a",
            "A",
            "_",
            "-",
            "X",
            "5F",
            "2D",
            "Queue",
            "Policy",
            "DeadLetters",
            "Subscriber",
            "Role",
            "Messages",
            "Relay",
            "Commands",
            "Function",
        ]);
        prop::collection::vec(pieces, 1..4).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn ids_of_different_queues_differ(first in queue(), second in queue()) {
            let mut ids = all(&first);
            if first != second {
                ids.extend(all(&second));
            }
            for function in [function::commands_ids(), function::relay_ids()] {
                ids.extend([function.function, function.role, function.logs]);
            }
            prop_assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_alphanumeric())));
            let distinct: HashSet<_> = ids.iter().collect();
            prop_assert_eq!(distinct.len(), ids.len(), "{:?}", ids);
        }
    }

    #[test]
    fn names_without_separators_are_their_own_ids() {
        assert_eq!(Ids::of("OrderSummary").queue, "OrderSummaryQueue");
        assert_eq!(Ids::of("send_mail").queue, "sendX5FmailQueue");
        assert_eq!(Ids::of("send-mail").queue, "sendX2DmailQueue");
        assert_eq!(Ids::of("sendX2Dmail").queue, "sendX582DmailQueue");
    }
}
