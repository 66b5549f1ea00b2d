//! What AWS would not take, said before it is asked.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::queue::Queue;
use super::{Section, Template};

/// The longest name of a queue, with `.fifo` (Amazon SQS Developer Guide, "Amazon SQS standard queue quotas" and "Amazon
/// SQS FIFO queue quotas"). Those of topics and tables may be longer.
const MAX_NAME: usize = 80;
/// The most values in a filter policy (Amazon SNS Developer Guide, "Filter policy constraints in Amazon SNS").
const MAX_FILTERED: usize = 150;
/// In seconds (AWS Lambda Developer Guide, "Lambda quotas").
const MAX_TIMEOUT: u64 = 900;
/// Amazon SQS API Reference, `SetQueueAttributes`.
const MAX_RECEIVES: u64 = 1000;
/// AWS Lambda API Reference, `ScalingConfig`.
const CONCURRENCY: (u64, u64) = (2, 1000);
/// Per template (AWS CloudFormation User Guide, "Understand CloudFormation quotas").
const MAX_RESOURCES: usize = 500;

/// Everything that keeps a template from being rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// At least one.
    pub faults: Vec<TemplateFault>,
}

/// One thing that keeps a template from being rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// A prefix or a queue with a character that SNS or SQS does not take in a name.
    #[error("{what} `{name}` cannot stand in the name of a queue; use letters of ASCII, digits, `-` and `_`")]
    Characters {
        /// `prefix` or `queue`.
        what: &'static str,
        /// The prefix or the queue.
        name: String,
    },
    /// A name that is too long.
    #[error(
        "`{name}` has {length} characters, and a queue's name has at most {MAX_NAME}; shorten prefix or queue"
    )]
    Length {
        /// The name with its prefix.
        name: String,
        /// How long it is.
        length: usize,
    },
    /// Two queues of one name.
    #[error(
        "queue `{first}` and the dead letters of queue `{second}` would both be called `{name}`; rename one"
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
         subscribers over more queues"
    )]
    Filter {
        /// The queue.
        queue: String,
        /// How many event types its subscribers listen to.
        events: usize,
    },
    /// An event's stored name that a filter would not find.
    #[error(
        "event `{event}` has a quotation mark or a backslash in its name, which SNS does not find by a filter; \
         choose another name with `#[event(name = \"…\")]`"
    )]
    Event {
        /// Its stored name.
        event: String,
    },
    /// A setting out of its range.
    #[error("`{setting}` is {value}; AWS takes {least} to {most}")]
    Range {
        /// The setting.
        setting: &'static str,
        /// What it is.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// More than fits into one stack.
    #[error(
        "{queues} queues take {resources} resources, and a stack has at most {MAX_RESOURCES}; let subscribers share \
         queues with `queue = \"…\"`, or give `Template::of` a part of the wiring"
    )]
    Resources {
        /// How many queues.
        queues: usize,
        /// How many resources.
        resources: usize,
    },
}

pub(super) fn faults(template: &Template, queues: &[Queue<'_>]) -> Vec<TemplateFault> {
    let Template { names, receives, concurrency, .. } = template;
    let mut faults = Vec::new();
    if !is_plain(&names.prefix) {
        faults.push(TemplateFault::Characters { what: "prefix", name: names.prefix.clone() });
    }
    for queue in queues {
        // The longest name there is of a queue.
        let name = names.dead_letters(queue.name);
        let length = name.chars().count();
        if length > MAX_NAME {
            faults.push(TemplateFault::Length { name, length });
        }
    }
    let dead_letters: HashMap<String, &str> =
        queues.iter().map(|queue| (names.dead_letters(queue.name), queue.name)).collect();
    for queue in queues {
        if queue.name.is_empty() || !is_plain(queue.name) {
            faults.push(TemplateFault::Characters { what: "queue", name: queue.name.to_owned() });
        }
        let name = names.queue(queue.name);
        if let Some(second) = dead_letters.get(&name) {
            let (first, second) = (queue.name.to_owned(), (*second).to_owned());
            faults.push(TemplateFault::Taken { name, first, second });
        }
        if queue.events.len() > MAX_FILTERED {
            let events = queue.events.len();
            faults.push(TemplateFault::Filter { queue: queue.name.to_owned(), events });
        }
    }
    let events: BTreeSet<_> = queues.iter().flat_map(|queue| &queue.events).collect();
    let hidden = events.into_iter().filter(|event| event.contains(['"', '\\']));
    faults.extend(hidden.map(|event| TemplateFault::Event { event: (*event).to_owned() }));
    let (least, most) = CONCURRENCY;
    let ranges = [
        ("timeout", template.timeout_seconds(), 1, MAX_TIMEOUT),
        ("receives", u64::from(*receives), 1, MAX_RECEIVES),
        ("concurrency", u64::from(*concurrency), least, most),
    ];
    let outside = ranges.into_iter().filter(|(_, value, least, most)| !(*least..=*most).contains(value));
    faults.extend(outside.map(|(setting, value, least, most)| TemplateFault::Range {
        setting,
        value,
        least,
        most,
    }));
    faults
}

/// The template has more than a stack takes.
pub(super) fn too_many(resources: &Section, queues: &[Queue<'_>]) -> Option<TemplateFault> {
    // SAM adds an event source for the relay, and one per queue.
    let count = resources.len() + queues.len() + 1;
    (count > MAX_RESOURCES).then_some(TemplateFault::Resources { queues: queues.len(), resources: count })
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the template cannot be rendered:")?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TemplateError {}
