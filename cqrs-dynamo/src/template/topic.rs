//! The topic that every commit goes to.

use serde_json::json;

use super::Section;
use super::intrinsic::{output, reference};
use super::name::Names;

pub(super) const TOPIC: &str = "EventsTopic";

pub(super) fn resources(names: &Names) -> Section {
    let mut properties = json!({
        "TopicName": names.topic(),
        // Whoever in the account may publish may use this key, by the key's own policy, so the relay's role names no
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
    let topic = json!({ "Type": "AWS::SNS::Topic", "Properties": properties });
    Section::from_iter([(TOPIC.to_owned(), topic)])
}

pub(super) fn outputs() -> Section {
    let topic = output("EventsTopicArn", "The topic that every commit goes to".to_owned(), reference(TOPIC));
    Section::from_iter([topic])
}
