//! The topic to which every commit is published.

use serde_json::json;

use super::intrinsic::{output, reference};
use super::queue::Queue;
use super::{Section, Template, policy};
use crate::names::logical::{self, TOPIC};
use crate::topology;

pub(super) fn resources(template: &Template, queues: &[Queue<'_>]) -> Section {
    let Template { names, max_message_bytes, .. } = template;
    let mut properties = json!({
        "TopicName": names.topic(),
        // By its own policy, everybody in the account who may publish may use this key, so the relay's role names no
        // key (Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys and costs").
        "KmsMasterKeyId": "alias/aws/sns",
    });
    if names.fifo {
        properties["FifoTopic"] = json!(true);
        // Each message brings its own id.
        properties["ContentBasedDeduplication"] = json!(false);
        // Throughput per stream instead of per topic (Amazon SNS Developer Guide, "High throughput FIFO topics").
        properties["FifoThroughputScope"] = json!("MessageGroup");
    }
    let mut topic = json!({ "Type": "AWS::SNS::Topic" });
    if let Some(bytes) = max_message_bytes {
        properties[topology::MESSAGE_BYTES_ATTRIBUTE] = json!(bytes);
        // A queue of earlier years takes 262,144 bytes until it is given a larger limit, and SNS drops messages that a
        // queue does not take.
        topic["DependsOn"] =
            queues.iter().flat_map(|queue| [&*queue.ids.queue, &*queue.ids.dead_letters]).collect();
    }
    topic["Properties"] = properties;
    let policy = policy::encrypted_topic(TOPIC);
    Section::from_iter([(TOPIC.to_owned(), topic), (logical::policy(TOPIC), policy)])
}

pub(super) fn outputs() -> Section {
    let topic = output("EventsTopicArn", "The topic that every commit goes to".to_owned(), reference(TOPIC));
    Section::from_iter([topic])
}
