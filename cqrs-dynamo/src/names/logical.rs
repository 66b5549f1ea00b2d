//! The logical ids of resources in the template.

pub(crate) const EVENTS: &str = "EventsTable";
pub(crate) const VIEWS: &str = "ViewsTable";
pub(crate) const SNAPSHOTS: &str = "SnapshotsTable";
pub(crate) const RESERVATIONS: &str = "ReservationsTable";
pub(crate) const TIMERS: &str = "TimersTable";
pub(crate) const DELIVERY: &str = "DeliveryTable";
pub(crate) const TOPIC: &str = "EventsTopic";
pub(crate) const COMMANDS: &str = "CommandsFunction";
pub(crate) const COMMANDS_ERRORS_ALARM: &str = "CommandsErrorsAlarm";
pub(crate) const COMMANDS_THROTTLES_ALARM: &str = "CommandsThrottlesAlarm";
pub(crate) const RELAY: &str = "RelayFunction";
pub(crate) const RELAY_FAILURES: &str = "RelayFailures";
pub(crate) const RELAY_AGE_ALARM: &str = "RelayAgeAlarm";
pub(crate) const RELAY_FAILURES_ALARM: &str = "RelayFailuresAlarm";
pub(crate) const RELAY_LETTERS_ALARM: &str = "RelayLettersAlarm";
pub(crate) const PROJECTIONS: &str = "ProjectionsFunction";
pub(crate) const PROJECTIONS_FAILURES: &str = "ProjectionsFailures";
pub(crate) const PROJECTIONS_AGE_ALARM: &str = "ProjectionsAgeAlarm";
pub(crate) const PROJECTIONS_FAILURES_ALARM: &str = "ProjectionsFailuresAlarm";
pub(crate) const PROJECTIONS_LETTERS_ALARM: &str = "ProjectionsLettersAlarm";
pub(crate) const TIMERS_FUNCTION: &str = "TimersFunction";
pub(crate) const TIMERS_ALARM: &str = "TimersAlarm";
pub(crate) const TIMERS_LETTERS_ALARM: &str = "TimersLettersAlarm";
pub(crate) const EXPORTS: &str = "ExportsBucket";
pub(crate) const EXPORTS_ROLE: &str = "ExportsRole";
pub(crate) const EXPORTS_SCHEDULE: &str = "ExportsSchedule";

/// The parameter for the topic that alarms notify, and the condition that it is given.
pub(crate) const ALARM_TOPIC: &str = "AlarmTopicArn";
pub(crate) const HAS_ALARM_TOPIC: &str = "HasAlarmTopic";
/// The parameter for how long logs are kept.
pub(crate) const LOG_DAYS: &str = "LogRetentionInDays";

/// SAM names an event source after its function and one of these.
pub(crate) const CHANGES: &str = "Changes";
pub(crate) const MESSAGES: &str = "Messages";
pub(crate) const MINUTE: &str = "Minute";

/// The event source that SAM makes for a function on the stream.
pub(crate) fn changes(function: &str) -> String {
    format!("{function}{CHANGES}")
}

/// The event source of a function that an HTTP API calls.
pub(crate) const HTTP: &str = "Http";
/// The HTTP API that SAM makes for all such functions of a template.
pub(crate) const IMPLICIT_API: &str = "ServerlessHttpApi";

/// The URL that SAM makes for a function.
pub(crate) fn function_url(function: &str) -> String {
    format!("{function}Url")
}

/// What SAM makes for a scheduled function whose events expire: the rule, the rule's permission to invoke it, and the settings of
/// its events.
pub(crate) fn clock(function: &str) -> [String; 3] {
    let rule = format!("{function}{MINUTE}");
    [format!("{rule}Permission"), rule, format!("{function}EventInvokeConfig")]
}

/// The policy of a topic, or of a queue outside the wiring.
pub(crate) fn policy(id: &str) -> String {
    format!("{id}Policy")
}

/// The logical ids of the resources that scale a table or one of its indexes.
#[derive(Debug)]
pub(crate) struct Scaling {
    pub(crate) target: String,
    pub(crate) policy: String,
}

/// The ids for one unit: `Read` or `Write`.
pub(crate) fn scaling(table: &str, index: Option<&str>, unit: &str) -> Scaling {
    let of = format!("{table}{}{unit}", index.map(alphanumeric).unwrap_or_default());
    Scaling { target: format!("{of}Capacity"), policy: format!("{of}Scaling") }
}

/// The logical ids of the resources of one queue.
///
/// Two queues never share an id: the encoding of the names is reversible, and no suffix is the end of another suffix. Any new
/// suffix must keep this property, including those that SAM appends.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) queue: String,
    pub(crate) queue_policy: String,
    pub(crate) dead_letters: String,
    pub(crate) dead_letters_policy: String,
    pub(crate) dead_letters_alarm: String,
    pub(crate) lag_alarm: String,
    pub(crate) subscription: String,
    pub(crate) function: FunctionIds,
}

/// The logical ids of a function and what only it uses.
#[derive(Debug)]
pub(crate) struct FunctionIds {
    pub(crate) function: String,
    pub(crate) role: String,
    pub(crate) logs: String,
}

impl Ids {
    pub(crate) fn of(queue: &str) -> Self {
        let name = alphanumeric(queue);
        let id = |ending: &str| format!("{name}{ending}");
        Self {
            queue: id("Queue"),
            queue_policy: id("QueuePolicy"),
            dead_letters: id("DeadLetters"),
            dead_letters_policy: id("DeadLettersPolicy"),
            dead_letters_alarm: id("DeadLettersAlarm"),
            lag_alarm: id("LagAlarm"),
            subscription: id("Subscription"),
            function: FunctionIds::of(&id("Subscriber")),
        }
    }
}

impl Ids {
    /// The event source that SAM makes of the queue for its function.
    pub(crate) fn source(&self) -> String {
        format!("{}{MESSAGES}", self.function.function)
    }
}

impl FunctionIds {
    pub(crate) fn of(function: &str) -> Self {
        Self {
            function: function.to_owned(),
            role: format!("{function}Role"),
            logs: format!("{function}Logs"),
        }
    }
}

/// Logical ids take letters and digits (AWS CloudFormation User Guide, "Resources"). Anything else, and `X` itself, becomes `X`
/// and two digits per byte.
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

    /// All ids for a queue, with the event source that SAM makes.
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
            ids.lag_alarm,
            ids.subscription,
            function,
            role,
            logs,
            source,
        ]
    }

    /// All ids that are the same in every template.
    fn fixed() -> Vec<String> {
        let functions = [COMMANDS, RELAY, PROJECTIONS, TIMERS_FUNCTION].map(FunctionIds::of);
        let functions = functions.into_iter().flat_map(|ids| [ids.function, ids.role, ids.logs]);
        let sources = [RELAY, PROJECTIONS].map(changes);
        let others = [
            EVENTS,
            VIEWS,
            SNAPSHOTS,
            RESERVATIONS,
            TIMERS,
            DELIVERY,
            TOPIC,
            RELAY_FAILURES,
            RELAY_AGE_ALARM,
            RELAY_FAILURES_ALARM,
            RELAY_LETTERS_ALARM,
            COMMANDS_ERRORS_ALARM,
            COMMANDS_THROTTLES_ALARM,
            PROJECTIONS_FAILURES,
            PROJECTIONS_AGE_ALARM,
            PROJECTIONS_FAILURES_ALARM,
            PROJECTIONS_LETTERS_ALARM,
            TIMERS_ALARM,
            TIMERS_LETTERS_ALARM,
            ALARM_TOPIC,
            HAS_ALARM_TOPIC,
            LOG_DAYS,
        ];
        let policies = [TOPIC, RELAY_FAILURES, PROJECTIONS_FAILURES].map(policy);
        let scaled = [EVENTS, VIEWS, SNAPSHOTS, RESERVATIONS, TIMERS, DELIVERY].map(|table| (table, None));
        let scaled = scaled.into_iter().chain([(VIEWS, Some("index1")), (VIEWS, Some("index11"))]);
        let scaling = scaled
            .flat_map(|(table, index)| ["Read", "Write"].map(|unit| scaling(table, index, unit)))
            .flat_map(|ids| [ids.target, ids.policy]);
        let http = [IMPLICIT_API.to_owned(), function_url(COMMANDS), format!("{COMMANDS}{HTTP}Permission")];
        let sources = sources.into_iter().chain(clock(TIMERS_FUNCTION)).chain(http);
        functions.chain(sources).chain(others.map(str::to_owned)).chain(policies).chain(scaling).collect()
    }

    /// Names made of parts of ids, so that they are close to each other.
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
            "Failures",
            "Alarm",
            "Lag",
            "Age",
            "Events",
            "Topic",
            "Table",
            "Commands",
            "Function",
            "Projections",
            "Timers",
            "Minute",
            "Permission",
            "EventInvokeConfig",
            "Changes",
            "Write",
            "Capacity",
            "Scaling",
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
            ids.extend(fixed());
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
