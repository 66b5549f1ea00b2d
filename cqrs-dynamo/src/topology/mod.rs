//! The topic of an app and the queues behind it, made by the broker or by a template: their names, what each queue takes from the
//! topic, and what SNS and SQS would refuse.

mod fault;

pub use fault::BrokerFault;
#[cfg(feature = "broker")]
pub(crate) use fault::MAX_FILTERED;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cqrs_core::app::WiringSubscriber;

/// The range of a topic's message size, in bytes; 262,144 if it is not set (Amazon SNS Developer Guide, "Publishing large
/// messages with Amazon SNS").
pub(crate) const MESSAGE_BYTES: RangeInclusive<u32> = 1024..=1024 * 1024;
/// The name of that attribute, for topics and for queues.
pub(crate) const MESSAGE_BYTES_ATTRIBUTE: &str = "MaximumMessageSize";
/// The largest message size of a queue, which is the default of a new one (Amazon SQS Developer Guide, "Amazon SQS message
/// quotas"). Older queues may have a limit of 262,144 bytes, the largest of their time.
pub(crate) const QUEUE_MESSAGE_BYTES: u32 = 1024 * 1024;

/// The queues of subscribers, each with the stored types of the events that they listen to.
pub(crate) fn events_by_queue<'a>(
    subscribers: impl IntoIterator<Item = &'a WiringSubscriber>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut queues: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for subscriber in subscribers {
        queues.entry(subscriber.queue).or_default().extend(&subscriber.events);
    }
    queues
}

/// After how many receives SQS itself moves a message to the dead letters: the largest value (Amazon SQS API Reference,
/// `SetQueueAttributes`). A consumer does so earlier if a commit fails, and gives the reason; this is for a message that kills
/// every process that takes it. Receives without a failure count as well: a store is down, a commit waits behind another one, a
/// worker is stopped.
pub(crate) const MAX_RECEIVES: u32 = 1000;
