//! The queues, each with its dead letters and its subscription.

use std::collections::BTreeSet;

use cqrs_core::app::{SubscriberKind, WiringSubscriber};
use serde_json::{Value, json};

use super::intrinsic::{arn, output, reference};
use super::{Section, Template, policy};
use crate::names::Names;
use crate::names::logical::{Ids, TOPIC};
use crate::topology;

/// A queue's visibility timeout in timeouts of its function (AWS Lambda Developer Guide, "Creating and configuring an
/// Amazon SQS event source mapping": at least six).
const TIMEOUTS: u64 = 6;

/// How long messages are kept: 14 days, the longest possible time (Amazon SQS Developer Guide, "Amazon SQS message
/// quotas"). A message that waits for a repair must not expire before it.
const RETENTION_SECONDS: u64 = 14 * 24 * 60 * 60;

/// One queue of the wiring, and its subscribers.
#[derive(Debug)]
pub(super) struct Queue<'a> {
    pub(super) name: &'a str,
    pub(super) ids: Ids,
    /// The stored type names that its subscribers listen to.
    pub(super) events: BTreeSet<&'a str>,
    /// The subscribers that read it.
    pub(super) subscribers: Vec<&'a WiringSubscriber>,
    /// Whether there is a handler.
    pub(super) handles: bool,
    /// Whether there is a projection.
    pub(super) projects: bool,
}

impl<'a> Queue<'a> {
    /// The queues of subscribers, by name.
    pub(super) fn all(subscribers: &[&'a WiringSubscriber]) -> Vec<Self> {
        let queue = |(name, events)| {
            let mut queue = Self::unread(name, events);
            for subscriber in subscribers.iter().copied().filter(|subscriber| subscriber.queue == name) {
                queue.subscribers.push(subscriber);
                match subscriber.kind {
                    SubscriberKind::Handler { .. } | SubscriberKind::Process => queue.handles = true,
                    SubscriberKind::Projection => queue.projects = true,
                }
            }
            queue
        };
        topology::events_by_queue(subscribers.iter().copied()).into_iter().map(queue).collect()
    }

    /// The queues that nothing reads any more, and that stay in the stack.
    pub(super) fn retired(template: &'a Template, live: &[Self]) -> Vec<Self> {
        let is_live = |name: &str| live.iter().any(|queue| queue.name == name);
        let retired = template.retired.iter().filter(|(name, _)| !is_live(name));
        retired
            .map(|(name, events)| Self::unread(name, events.iter().map(String::as_str).collect()))
            .collect()
    }

    fn unread(name: &'a str, events: BTreeSet<&'a str>) -> Self {
        Self { name, ids: Ids::of(name), events, subscribers: Vec::new(), handles: false, projects: false }
    }
}

pub(super) fn resources(template: &Template, queue: &Queue<'_>) -> Section {
    let Template { names, receives, .. } = template;
    let ids = &queue.ids;

    let mut main = sqs(&names.queue(queue.name), names);
    main["Properties"]["VisibilityTimeout"] = json!(TIMEOUTS * template.timeout_seconds());
    main["Properties"]["RedrivePolicy"] =
        json!({ "deadLetterTargetArn": arn(&ids.dead_letters), "maxReceiveCount": receives });

    let dead_letters = sqs(&names.dead_letters(queue.name), names);

    let subscription = json!({
        "Type": "AWS::SNS::Subscription",
        // Without it, messages that are published in the meantime would be refused.
        "DependsOn": [ids.queue_policy, ids.dead_letters_policy],
        "Properties": {
            "TopicArn": reference(TOPIC),
            "Protocol": "sqs",
            "Endpoint": arn(&ids.queue),
            "RawMessageDelivery": true,
            "FilterPolicyScope": "MessageAttributes",
            "FilterPolicy": { "types": queue.events },
            // For messages that SNS cannot deliver at all (Amazon SNS Developer Guide, "Dead-letter queues").
            "RedrivePolicy": { "deadLetterTargetArn": arn(&ids.dead_letters) },
        },
    });

    let mut resources = Section::from_iter([
        (ids.queue.clone(), kept(main)),
        (ids.dead_letters.clone(), kept(dead_letters)),
        // They show which topic a queue belongs to after it has left the stack.
        (ids.queue_policy.clone(), kept(policy::send_from_topic(&ids.queue))),
        (ids.dead_letters_policy.clone(), kept(policy::send_from_topic(&ids.dead_letters))),
    ]);
    // SNS does not take a filter without values.
    if !queue.events.is_empty() {
        resources.insert(ids.subscription.clone(), subscription);
    }
    resources
}

/// A resource that stays when it leaves the stack, unless the failing deployment itself has made it: a deployment must
/// not delete what waits for a handler or for a repair.
fn kept(mut resource: Value) -> Value {
    resource["DeletionPolicy"] = json!("RetainExceptOnCreate");
    resource["UpdateReplacePolicy"] = json!("Retain");
    resource
}

/// Where Lambda records what the relay could not publish in time.
pub(super) fn failures() -> Value {
    unnamed_sqs()
}

fn sqs(name: &str, names: &Names) -> Value {
    let mut queue = unnamed_sqs();
    queue["Properties"]["QueueName"] = json!(name);
    if names.fifo {
        queue["Properties"]["FifoQueue"] = json!(true);
        // Each message brings its own id.
        queue["Properties"]["ContentBasedDeduplication"] = json!(false);
        // Throughput per stream instead of per queue (Amazon SQS Developer Guide, "High throughput for FIFO queues").
        queue["Properties"]["DeduplicationScope"] = json!("messageGroup");
        queue["Properties"]["FifoThroughputLimit"] = json!("perMessageGroupId");
    }
    queue
}

/// A queue that may be deleted with its stack. It is encrypted with keys of SQS itself: a topic needs no permission to
/// use them, unlike keys of KMS.
fn unnamed_sqs() -> Value {
    json!({
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {
            "SqsManagedSseEnabled": true,
            "MessageRetentionPeriod": RETENTION_SECONDS,
            // More than a topic takes in any case, because a dead letter also has its reason.
            topology::MESSAGE_BYTES_ATTRIBUTE: topology::QUEUE_MESSAGE_BYTES,
        },
    })
}

pub(super) fn outputs(queue: &Queue<'_>) -> [(String, Value); 2] {
    let Queue { name, ids, .. } = queue;
    [
        output(format!("{}Url", ids.queue), format!("The queue `{name}`"), reference(&ids.queue)),
        output(
            format!("{}Url", ids.dead_letters),
            format!("The dead letters of `{name}`"),
            reference(&ids.dead_letters),
        ),
    ]
}
