//! The topic of an app and the queues behind it, whoever makes them: what they are called, what each queue takes from the
//! topic, and what SNS and SQS would refuse of it.

mod fault;
mod names;

pub use fault::BrokerFault;
pub(crate) use names::Names;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use cqrs_core::app::Wiring;

/// What a topic may be told to take in a message, in bytes; 262,144 where it is told nothing (Amazon SNS Developer Guide,
/// "Publishing large messages with Amazon SNS").
pub(crate) const MESSAGE_BYTES: RangeInclusive<u32> = 1024..=1024 * 1024;
/// What that attribute is called, of topics and of queues.
pub(crate) const MESSAGE_BYTES_ATTRIBUTE: &str = "MaximumMessageSize";
/// The most that a queue takes, and what a new one takes by itself (Amazon SQS Developer Guide, "Amazon SQS message
/// quotas"). Older queues may have a limit of 262,144 bytes, the most of their time.
pub(crate) const QUEUE_MESSAGE_BYTES: u32 = 1024 * 1024;

/// The queues of a wiring, each with the stored types of the events that its subscribers listen to.
pub(crate) fn events_by_queue(wiring: &Wiring) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut queues: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for subscriber in &wiring.subscribers {
        queues.entry(subscriber.queue).or_default().extend(&subscriber.events);
    }
    queues
}

/// After how many receives SQS itself puts a message away: the most that it takes (Amazon SQS API Reference,
/// `SetQueueAttributes`). A consumer does so before, where it has found something against a commit, and says why; this is
/// for a message that kills every process that takes it. A receive counts as well when nothing was found: a store is down, a
/// commit waits behind another one, a worker is stopped.
pub(crate) const MAX_RECEIVES: u32 = 1000;

/// From so many receives on, a message comes back after [`LONG_WAIT`] at least: those that are left last longer than the 14
/// days for which SQS keeps a message, so that none dies by their count.
const MANY_RECEIVES: u32 = 400;
const LONG_WAIT: Duration = Duration::from_hours(1);

/// When a message comes back, so that its receives are not used up.
pub(crate) fn sparing(wait: Duration, receives: u32) -> Duration {
    if receives > MANY_RECEIVES { wait.max(LONG_WAIT) } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_received_as_often_as_sqs_counts_before_it_is_too_old_anyway() {
        let mut lived = Duration::ZERO;
        for receives in 1..MAX_RECEIVES {
            lived += sparing(Duration::ZERO, receives);
        }
        assert!(lived > Duration::from_hours(14 * 24), "{lived:?}");
    }
}
