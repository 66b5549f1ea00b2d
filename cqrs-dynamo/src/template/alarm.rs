//! What somebody should look at.

use serde_json::{Value, json};

use super::intrinsic::{attribute, reference};
use super::queue::Queue;
use super::{Section, Template};
use crate::names::logical::{
    ALARM_TOPIC, HAS_ALARM_TOPIC, RELAY, RELAY_AGE_ALARM, RELAY_FAILURES, RELAY_FAILURES_ALARM,
};

/// For how many minutes on end the relay, or a queue, has to be late.
const RELAY_MINUTES: u32 = 5;
const QUEUE_MINUTES: u32 = 3;

pub(super) fn parameter() -> Value {
    json!({
        "Type": "String",
        "Default": "",
        "Description": "The SNS topic that alarms notify; none if empty. An alarm cannot publish to a topic that is \
                        encrypted with the AWS managed key of SNS",
    })
}

pub(super) fn condition() -> Value {
    json!({ "Fn::Not": [{ "Fn::Equals": [reference(ALARM_TOPIC), ""] }] })
}

/// The relay stands still or falls behind, or records expired before they were published.
pub(super) fn relay(template: &Template) -> Section {
    let mut age = alarm(
        "The relay falls behind: views and handlers are late".to_owned(),
        ["AWS/Lambda", "IteratorAge", "FunctionName"],
        reference(RELAY),
        template.lag_seconds().saturating_mul(1000),
    );
    age["Properties"]["EvaluationPeriods"] = json!(RELAY_MINUTES);
    let lost = "Records left the stream before the relay could publish them".to_owned();
    Section::from_iter([
        (RELAY_AGE_ALARM.to_owned(), age),
        (RELAY_FAILURES_ALARM.to_owned(), depth(lost, RELAY_FAILURES)),
    ])
}

pub(super) fn dead_letters(queue: &Queue<'_>) -> Section {
    let description = format!("Commits wait in the dead letters of queue `{}`", queue.name);
    let alarm = depth(description, &queue.ids.dead_letters);
    Section::from_iter([(queue.ids.dead_letters_alarm.clone(), alarm)])
}

/// What a queue's function does not take in time: it is throttled, fails, or there is more than it can do. The metric leaves out
/// what was received more than three times from a standard queue (Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"), so a
/// message that waits for a newer program raises none.
pub(super) fn lag(template: &Template, queue: &Queue<'_>) -> Section {
    let description = format!("Queue `{}` falls behind: its views and handlers are late", queue.name);
    let metric = ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName"];
    let mut alarm =
        alarm(description, metric, attribute(&queue.ids.queue, "QueueName"), template.lag_seconds());
    alarm["Properties"]["EvaluationPeriods"] = json!(QUEUE_MINUTES);
    Section::from_iter([(queue.ids.lag_alarm.clone(), alarm)])
}

fn depth(description: String, queue: &str) -> Value {
    let metric = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"];
    alarm(description, metric, attribute(queue, "QueueName"), 0)
}

/// An alarm on a metric (by namespace, name and dimension) that is above the threshold for a minute. A metric that
/// is not there is one of a thing that is not used.
fn alarm(description: String, metric: [&str; 3], of: Value, threshold: u64) -> Value {
    let [namespace, name, dimension] = metric;
    json!({
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{ "Name": dimension, "Value": of }],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": threshold,
            "TreatMissingData": "notBreaching",
            "AlarmActions":
                { "Fn::If": [HAS_ALARM_TOPIC, [reference(ALARM_TOPIC)], reference("AWS::NoValue")] },
        },
    })
}
