//! The topic of an app and the queues behind it, whoever makes them: what they are called, what each queue takes from the
//! topic, and what SNS and SQS would refuse of it.

mod fault;

pub use fault::BrokerFault;
#[cfg(feature = "broker")]
pub(crate) use fault::MAX_FILTERED;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cqrs_core::app::WiringSubscriber;

/// What a topic may be told to take in a message, in bytes; 262,144 where it is told nothing (Amazon SNS Developer Guide,
/// "Publishing large messages with Amazon SNS").
pub(crate) const MESSAGE_BYTES: RangeInclusive<u32> = 1024..=1024 * 1024;
/// What that attribute is called, of topics and of queues.
pub(crate) const MESSAGE_BYTES_ATTRIBUTE: &str = "MaximumMessageSize";
/// The most that a queue takes, and what a new one takes by itself (Amazon SQS Developer Guide, "Amazon SQS message
/// quotas"). Older queues may have a limit of 262,144 bytes, the most of their time.
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

/// After how many receives SQS itself puts a message away: the most that it takes (Amazon SQS API Reference,
/// `SetQueueAttributes`). A consumer does so before, where it has found something against a commit, and says why; this is
/// for a message that kills every process that takes it. A receive counts as well when nothing was found: a store is down, a
/// commit waits behind another one, a worker is stopped.
pub(crate) const MAX_RECEIVES: u32 = 1000;
