//! The alarms: faults that need a person.

use serde_json::{Value, json};

use super::intrinsic::{attribute, reference};
use super::queue::Queue;
use super::{Section, Template};
use crate::names::logical::{
    ALARM_TOPIC, COMMANDS, COMMANDS_ERRORS_ALARM, COMMANDS_THROTTLES_ALARM, HAS_ALARM_TOPIC, PROJECTIONS,
    PROJECTIONS_AGE_ALARM, PROJECTIONS_FAILURES, PROJECTIONS_FAILURES_ALARM, PROJECTIONS_LETTERS_ALARM,
    RELAY, RELAY_AGE_ALARM, RELAY_FAILURES, RELAY_FAILURES_ALARM, RELAY_LETTERS_ALARM, TIMERS_ALARM,
    TIMERS_FUNCTION, TIMERS_LETTERS_ALARM,
};
use crate::names::metric;

/// For how many minutes in a row a function behind the stream, or a queue, must be late.
const STREAM_MINUTES: u32 = 5;
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

/// The relay stops or falls behind, records expired before they were published, or something altered a commit.
pub(super) fn relay(template: &Template) -> Section {
    let late = "The relay falls behind: views and handlers are late";
    let lost = "Records left the stream before the relay could publish them".to_owned();
    let altered =
        "Dead letters of `@relay`: commits were overwritten or deleted, or a record is not a commit";
    Section::from_iter([
        (RELAY_AGE_ALARM.to_owned(), age(template, late, RELAY)),
        (RELAY_FAILURES_ALARM.to_owned(), depth(lost, RELAY_FAILURES)),
        (RELAY_LETTERS_ALARM.to_owned(), letters(altered, RELAY)),
    ])
}

/// The same for the function that feeds the projections, and for their dead letters, which are in no queue.
pub(super) fn projections(template: &Template) -> Section {
    let late = "The projections fall behind: views are late";
    let lost = "Records left the stream before the projections took them";
    let waiting = "Commits wait in the dead letters of the projections";
    Section::from_iter([
        (PROJECTIONS_AGE_ALARM.to_owned(), age(template, late, PROJECTIONS)),
        (PROJECTIONS_FAILURES_ALARM.to_owned(), depth(lost.to_owned(), PROJECTIONS_FAILURES)),
        (PROJECTIONS_LETTERS_ALARM.to_owned(), letters(waiting, PROJECTIONS)),
    ])
}

/// More than half of the sweeps in some minutes did not complete: they failed, or Lambda had no room for them. One
/// metric covers both, because a sweep that fails is not tried again (AWS Lambda Developer Guide, "Types of metrics
/// for Lambda functions", "Asynchronous invocation metrics").
pub(super) fn timers(template: &Template) -> Section {
    let late = "Commands that were scheduled are late: sweeps fail, or do not begin".to_owned();
    let metric = ["AWS/Lambda", "AsyncEventsDropped", "FunctionName"];
    let minutes = template.lag_seconds().div_ceil(60);
    let mut dropped = alarm(late, metric, reference(TIMERS_FUNCTION), minutes / 2);
    dropped["Properties"]["Statistic"] = json!("Sum");
    dropped["Properties"]["Period"] = json!(minutes * 60);
    let failed = "Dead letters of commands that were due, or of instances of processes that have stopped";
    let failed = letters(failed, TIMERS_FUNCTION);
    Section::from_iter([(TIMERS_ALARM.to_owned(), dropped), (TIMERS_LETTERS_ALARM.to_owned(), failed)])
}

/// Requests that got no answer of the program: its function ended with an error or too late, or Lambda had no room for it.
pub(super) fn http() -> Section {
    let of = |metric: &str, description: &str| {
        let metric = ["AWS/Lambda", metric, "FunctionName"];
        let mut alarm = alarm(description.to_owned(), metric, reference(COMMANDS), 0);
        alarm["Properties"]["Statistic"] = json!("Sum");
        alarm
    };
    let errors = of("Errors", "Requests failed: the function for commands crashed or ran out of time");
    let throttles =
        of("Throttles", "Requests were refused: Lambda had no room for the function for commands");
    Section::from_iter([
        (COMMANDS_ERRORS_ALARM.to_owned(), errors),
        (COMMANDS_THROTTLES_ALARM.to_owned(), throttles),
    ])
}

/// A function has reported dead letters that are in no queue.
fn letters(description: &str, function: &str) -> Value {
    let metric = [metric::NAMESPACE, metric::DEAD_LETTERS, metric::FUNCTION];
    let mut letters = alarm(description.to_owned(), metric, reference(function), 0);
    // The figure is not written while the function does not run, and it stays as it was.
    letters["Properties"]["TreatMissingData"] = json!("ignore");
    letters
}

/// The records that a function reads from the stream are old.
fn age(template: &Template, description: &str, function: &str) -> Value {
    let metric = ["AWS/Lambda", "IteratorAge", "FunctionName"];
    let threshold = template.lag_seconds().saturating_mul(1000);
    let mut age = alarm(description.to_owned(), metric, reference(function), threshold);
    age["Properties"]["EvaluationPeriods"] = json!(STREAM_MINUTES);
    age
}

pub(super) fn dead_letters(queue: &Queue<'_>) -> Section {
    let description = format!("Commits wait in the dead letters of queue `{}`", queue.name);
    let alarm = depth(description, &queue.ids.dead_letters);
    Section::from_iter([(queue.ids.dead_letters_alarm.clone(), alarm)])
}

/// The messages that a queue's function does not take in time: it is throttled, fails, or has more work than it can do.
/// The metric leaves out messages that were received more than three times from a standard queue (Amazon SQS Developer
/// Guide, "Available CloudWatch metrics for Amazon SQS"), so a message that waits for a newer program raises no alarm.
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

/// An alarm on a metric (by namespace, name and dimension) that is above the threshold for a minute. If there is no
/// metric, the thing is not used.
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
