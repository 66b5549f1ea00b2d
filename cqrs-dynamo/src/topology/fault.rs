use std::collections::{BTreeMap, BTreeSet, HashMap};

use cqrs_core::app::WiringSubscriber;

use super::{MESSAGE_BYTES, events_by_queue};
use crate::names::Names;
use crate::names::limit::{self, QUEUE_CHARACTERS, TOPIC_CHARACTERS};

/// The most values in a filter policy (Amazon SNS Developer Guide, "Filter policy constraints in Amazon SNS"). Ours has one key
/// of the five that are allowed.
pub(crate) const MAX_FILTERED: usize = 150;
/// The most subscriptions of a topic with messages larger than the default (Amazon SNS Developer Guide, "Publishing large
/// messages with Amazon SNS").
const MAX_SUBSCRIPTIONS: usize = 100;
const DEFAULT_MESSAGE_BYTES: u32 = 256 * 1024;

/// One thing in an app's wiring, or in the settings, that SNS or SQS would refuse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerFault {
    /// A prefix or a queue has a character that SNS or SQS does not allow in a name.
    #[error(
        "{what} `{name}` cannot be part of the name of a topic or a queue; use ASCII letters, digits, `-` and `_`"
    )]
    Characters {
        /// `prefix` or `queue`.
        what: &'static str,
        /// The prefix or the queue.
        name: String,
    },
    /// A name that is too long.
    #[error(
        "`{name}` has {length} characters, and the name of a {kind} has at most {most}; shorten the prefix or \
         `queue = \"…\"`"
    )]
    Length {
        /// `topic` or `queue`.
        kind: &'static str,
        /// The name with its prefix.
        name: String,
        /// Its length.
        length: usize,
        /// The greatest length.
        most: usize,
    },
    /// Two queues have one name.
    #[error(
        "queue `{first}` and the dead letters of queue `{second}` would both be called `{name}`; rename one with \
         `queue = \"…\"`"
    )]
    Taken {
        /// The name in the account.
        name: String,
        /// The queue.
        first: String,
        /// The queue whose dead letters it would get.
        second: String,
    },
    /// More events on one queue than SNS can filter.
    #[error(
        "queue `{queue}` takes {events} event types, and a filter takes at most {MAX_FILTERED}; spread its \
         subscribers over more queues with `queue = \"…\"`"
    )]
    Filter {
        /// The queue.
        queue: String,
        /// How many event types its subscribers listen to.
        events: usize,
    },
    /// An event's stored name that a filter would not find.
    #[error(
        "event `{event}` has a quotation mark, a backslash or a control character in its name, which SNS does not \
         find by a filter; choose another name with `#[event(name = \"…\")]`"
    )]
    Event {
        /// Its stored name.
        event: String,
    },
    /// A message size that no topic takes.
    #[error(
        "`max_message_bytes` is {bytes}, and a topic takes {least} to {most} bytes in a message; choose a value between",
        least = MESSAGE_BYTES.start(),
        most = MESSAGE_BYTES.end()
    )]
    MessageBytes {
        /// What was set.
        bytes: u32,
    },
    /// More subscriptions than a topic with large messages can have.
    #[error(
        "{queues} queues cannot subscribe to a topic whose messages are larger than {DEFAULT_MESSAGE_BYTES} bytes, \
         which has at most {MAX_SUBSCRIPTIONS} subscriptions; let subscribers share queues with `queue = \"…\"`, or \
         keep messages small"
    )]
    Subscriptions {
        /// How many queues there are.
        queues: usize,
    },
}

impl BrokerFault {
    /// Everything that SNS and SQS would refuse.
    pub(crate) fn all<'a>(
        names: &Names,
        subscribers: impl IntoIterator<Item = &'a WiringSubscriber>,
        max_message_bytes: Option<u32>,
    ) -> Vec<Self> {
        let queues = events_by_queue(subscribers);
        let mut faults = Self::of_topic(names);
        for queue in queues.keys() {
            faults.extend(of_queue(names, queue));
        }
        faults.extend(taken(names, &queues));
        for (queue, events) in &queues {
            if events.len() > MAX_FILTERED {
                faults.push(Self::Filter { queue: (*queue).to_owned(), events: events.len() });
            }
        }
        let events: BTreeSet<&str> = queues.values().flatten().copied().collect();
        let hidden = events.into_iter().filter(|event| is_hidden(event));
        faults.extend(hidden.map(|event| Self::Event { event: event.to_owned() }));
        if let Some(bytes) = max_message_bytes {
            if !MESSAGE_BYTES.contains(&bytes) {
                faults.push(Self::MessageBytes { bytes });
            }
            if bytes > DEFAULT_MESSAGE_BYTES && queues.len() > MAX_SUBSCRIPTIONS {
                faults.push(Self::Subscriptions { queues: queues.len() });
            }
        }
        faults
    }

    /// What is wrong with the name of the topic.
    pub(crate) fn of_topic(names: &Names) -> Vec<Self> {
        let name = names.topic();
        let length = length("topic", name, TOPIC_CHARACTERS);
        characters("prefix", &names.prefix).into_iter().chain(length).collect()
    }

    /// What is wrong with the names of a queue and its dead letters.
    pub(crate) fn of_queue(names: &Names, queue: &str) -> Vec<Self> {
        characters("prefix", &names.prefix).into_iter().chain(of_queue(names, queue)).collect()
    }
}

/// What is wrong with a queue, apart from the prefix.
fn of_queue(names: &Names, queue: &str) -> impl Iterator<Item = BrokerFault> {
    let nameless = queue.is_empty().then(|| BrokerFault::Characters { what: "queue", name: String::new() });
    // The longest name of a queue.
    let length = length("queue", names.dead_letters(queue), QUEUE_CHARACTERS);
    characters("queue", queue).or(nameless).into_iter().chain(length)
}

fn characters(what: &'static str, name: &str) -> Option<BrokerFault> {
    (!limit::is_plain(name)).then(|| BrokerFault::Characters { what, name: name.to_owned() })
}

fn length(kind: &'static str, name: String, most: usize) -> Option<BrokerFault> {
    let length = limit::excess(&name, most)?;
    Some(BrokerFault::Length { kind, name, length, most })
}

/// Queues with the name of another one's dead letters.
fn taken(names: &Names, queues: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<BrokerFault> {
    let dead_letters: HashMap<String, &str> =
        queues.keys().map(|queue| (names.dead_letters(queue), *queue)).collect();
    let taken = queues.keys().filter_map(|first| {
        let name = names.queue(first);
        let second = (*dead_letters.get(&name)?).to_owned();
        Some(BrokerFault::Taken { name, first: (*first).to_owned(), second })
    });
    taken.collect()
}

/// SNS compares the name with the JSON text of the attribute `types`, and accepts only characters that are valid in XML 1.0.
fn is_hidden(event: &str) -> bool {
    let escaped = |character: char| matches!(character, '"' | '\\' | '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}');
    event.contains(escaped)
}

#[cfg(test)]
mod tests {
    use cqrs_core::app::SubscriberKind;

    use super::*;

    fn names(prefix: &str, fifo: bool) -> Names {
        Names { prefix: prefix.to_owned(), fifo }
    }

    /// A subscriber for each queue.
    fn subscribers(queues: &[(&str, &[&str])]) -> Vec<WiringSubscriber> {
        let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
        let subscriber = |(queue, events): &(&str, &[&str])| WiringSubscriber {
            name: "subscriber",
            queue: leak(queue),
            kind: SubscriberKind::Projection,
            view: None,
            indexes: 0,
            attempts: None,
            events: events.iter().map(|event| leak(event)).collect(),
            deadlines: Vec::new(),
            location: String::new(),
        };
        queues.iter().map(subscriber).collect()
    }

    fn faults(names: &Names, queues: &[(&str, &[&str])], bytes: Option<u32>) -> Vec<BrokerFault> {
        BrokerFault::all(names, &subscribers(queues), bytes)
    }

    #[test]
    fn what_sns_and_sqs_take_has_no_faults() {
        let queues: [(&str, &[&str]); 3] =
            [("mail", &["OrderCreated", "注文"]), ("mail-dlq-2", &["it's"]), ("Mail-dlq", &["a.b/c"])];
        assert_eq!(faults(&names("shop-prod_", true), &queues, Some(1024)), []);
        assert_eq!(faults(&names("", false), &queues, Some(1024 * 1024)), []);
        assert_eq!(faults(&names(&"x".repeat(250), false), &[], None), []);
    }

    #[test]
    fn every_fault_is_reported_at_once_with_its_names() {
        let many: Vec<String> = (0..151).map(|number| format!("Event{number:03}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let queues: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("mail", &["Said \"hello\"", "back\\slash", "bell\u{7}"]),
            ("mail-dlq", &["\u{FFFF}"]),
            ("post.office", &many[..150]),
            ("wide", &many),
        ];
        let told = faults(&names("sh op", false), &queues, Some(1024 * 1024 + 1));
        let hidden = |event: &str| BrokerFault::Event { event: event.to_owned() };
        let expected = [
            BrokerFault::Characters { what: "prefix", name: "sh op".to_owned() },
            BrokerFault::Characters { what: "queue", name: String::new() },
            BrokerFault::Characters { what: "queue", name: "post.office".to_owned() },
            BrokerFault::Taken {
                name: "sh opmail-dlq".to_owned(),
                first: "mail-dlq".to_owned(),
                second: "mail".to_owned(),
            },
            BrokerFault::Filter { queue: "wide".to_owned(), events: 151 },
            hidden("Said \"hello\""),
            hidden("back\\slash"),
            hidden("bell\u{7}"),
            hidden("\u{FFFF}"),
            BrokerFault::MessageBytes { bytes: 1024 * 1024 + 1 },
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn names_end_where_sns_and_sqs_end_them() {
        let length = |kind, name: String, most| BrokerFault::Length { kind, length: name.len(), name, most };
        for (fifo, suffix) in [(false, ""), (true, ".fifo")] {
            // `-dlq` counts, and so does `.fifo`.
            let longest = "q".repeat(76 - suffix.len());
            assert_eq!(faults(&names("", fifo), &[(&longest, &[])], None), []);
            let name = format!("p{longest}-dlq{suffix}");
            let expected = [length("queue", name, 80)];
            assert_eq!(faults(&names("p", fifo), &[(&longest, &[])], None), expected);
            let prefix = "x".repeat(251 - suffix.len());
            let expected = [length("topic", format!("{prefix}events{suffix}"), 256)];
            assert_eq!(faults(&names(&prefix, fifo), &[], None), expected);
        }
    }

    #[test]
    fn a_topic_of_large_messages_has_fewer_subscriptions() {
        let queues: Vec<String> = (0..101).map(|number| format!("q{number}")).collect();
        let queues: Vec<(&str, &[&str])> = queues.iter().map(|queue| (queue.as_str(), &[][..])).collect();
        let names = Names::default();
        assert_eq!(faults(&names, &queues, Some(262_144)), []);
        assert_eq!(faults(&names, &queues[..100], Some(262_145)), []);
        assert_eq!(faults(&names, &queues, Some(262_145)), [BrokerFault::Subscriptions { queues: 101 }]);
    }

    #[test]
    fn messages_say_what_to_do() {
        let text = BrokerFault::MessageBytes { bytes: 7 }.to_string();
        assert!(text.contains("is 7,") && text.contains("1024 to 1048576"), "{text}");
        let text = faults(&names("", true), &[(&"q".repeat(80), &[])], None)[0].to_string();
        assert!(
            text.contains("89 characters") && text.contains("at most 80") && text.contains("shorten"),
            "{text}"
        );
    }
}
