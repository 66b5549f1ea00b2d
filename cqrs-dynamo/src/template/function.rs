//! The functions, each with its event source, its role and its log group.

use serde_json::{Value, json};

use super::intrinsic::{arn, attribute, output, reference};
use super::projections::Projections;
use super::queue::Queue;
use super::render::Parts;
use super::{Scaling, Section, Template, policy, queue};
use crate::names::logical::{
    self, CHANGES, COMMANDS, EVENTS, FunctionIds, LOG_DAYS, MESSAGES, MINUTE, PROJECTIONS,
    PROJECTIONS_FAILURES, RELAY, RELAY_FAILURES, TIMERS_FUNCTION, TOPIC,
};
use crate::names::variable::{DEAD_LETTERS_URL, PREFIX, QUEUE, TOPIC_ARN};

const MEMORY_MB: u32 = 256;

/// The relay publishes ten commits per request, so a batch of a hundred is ten requests. This holds for standard and
/// FIFO topics: SNS takes no more than ten per request (Amazon SNS API Reference, `PublishBatch`).
const STREAM_BATCH: u32 = 100;
const STREAM_SECONDS: u64 = 60;

/// The most that Lambda takes at once from a FIFO queue, and from a standard one without waiting for more (AWS Lambda
/// Developer Guide, "Lambda parameters for Amazon SQS event source mappings").
const QUEUE_BATCH: u32 = 10;

/// A sweep may take as long as the time until the next one.
const SWEEP_SECONDS: u64 = 60;

/// The function names the failed records, and the others are not delivered again (AWS Lambda Developer Guide, "Handling
/// errors for an SQS event source in Lambda", "Configuring partial batch response with DynamoDB and Lambda").
const RESPONSES: [&str; 1] = ["ReportBatchItemFailures"];

pub(super) fn log_days() -> Value {
    json!({ "Type": "Number", "Default": 30, "Description": "For how many days the logs of the functions are kept" })
}

/// The settings that all functions share.
pub(super) fn globals(template: &Template) -> Value {
    json!({
        "Runtime": "provided.al2023",
        "Architectures": ["arm64"],
        "Handler": "bootstrap",
        "MemorySize": MEMORY_MB,
        "Timeout": template.timeout_seconds(),
        "Environment": { "Variables": { PREFIX: template.names.prefix } },
    })
}

/// Executes commands and reads views. The user sets or adds what calls it.
pub(super) fn commands(template: &Template, parts: &Parts<'_>) -> Section {
    let ids = FunctionIds::of(COMMANDS);
    let mut function = function(template, &template.binaries.commands, &ids, "Executes commands");
    // A command is scheduled only after the function that knows it is there.
    let timers = template.timers.then(|| TIMERS_FUNCTION.to_owned());
    function["DependsOn"] = before_commands(parts).chain(timers).collect();
    if let Some(http) = template.http {
        http.add_to(&mut function);
    }
    section(ids, function, policy::commands(template))
}

/// Executes the commands that are due, once a minute.
pub(super) fn timers(template: &Template, parts: &Parts<'_>) -> Section {
    let ids = FunctionIds::of(TIMERS_FUNCTION);
    let mut function =
        function(template, &template.binaries.timers, &ids, "Executes commands that were scheduled");
    function["DependsOn"] = before_commands(parts).collect();
    let properties = &mut function["Properties"];
    properties["Timeout"] = json!(SWEEP_SECONDS);
    // A rule needs no role to call a function, as a schedule of EventBridge Scheduler does.
    properties["Events"] = json!({ MINUTE: {
        "Type": "Schedule",
        "Properties": { "Schedule": "rate(1 minute)" },
    } });
    // The next minute continues what one sweep has left. Without this, Lambda would keep the events of an outage for
    // six hours, and then start all of these sweeps at once (AWS Lambda Developer Guide, "How Lambda handles errors and
    // retries with asynchronous invocation").
    properties["EventInvokeConfig"] =
        json!({ "MaximumEventAgeInSeconds": SWEEP_SECONDS, "MaximumRetryAttempts": 0 });
    section(ids, function, policy::timers(template))
}

/// Takes the records of the stream to the topic.
pub(super) fn relay(template: &Template, queues: &[Queue<'_>]) -> Section {
    let ids = FunctionIds::of(RELAY);
    let description = "Takes commits from the events table to the topic";
    let mut function = function(template, &template.binaries.relay, &ids, description);
    // Messages that are published before a queue is subscribed do not reach it.
    function["DependsOn"] = all_subscribers(queues).collect();
    function["Properties"]["Environment"] = json!({ "Variables": { TOPIC_ARN: reference(TOPIC) } });
    reads_stream(&mut function["Properties"], RELAY_FAILURES);
    with_failures(section(ids, function, policy::relay()), RELAY_FAILURES)
}

/// Takes the records of the stream to all projections.
pub(super) fn projections(template: &Template, projections: &Projections<'_>) -> Section {
    let ids = FunctionIds::of(PROJECTIONS);
    let description = "Takes commits from the events table to the views of all projections";
    let mut function = function(template, projections.binary, &ids, description);
    reads_stream(&mut function["Properties"], PROJECTIONS_FAILURES);
    with_failures(section(ids, function, policy::projections(projections)), PROJECTIONS_FAILURES)
}

/// Lets a function read the stream of the events table. Records that expire there before they are taken are reported to
/// a queue.
fn reads_stream(function: &mut Value, failures: &str) {
    function["Timeout"] = json!(STREAM_SECONDS);
    function["Events"] = json!({ CHANGES: {
        "Type": "DynamoDB",
        "Properties": {
            "Stream": attribute(EVENTS, "StreamArn"),
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": STREAM_BATCH,
            "BisectBatchOnFunctionError": true,
            "FunctionResponseTypes": RESPONSES,
            // No record is given up while the stream has it (-1: without limit). After 24 hours records expire, and the
            // destination learns which ones (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB").
            // They are still in the events table.
            "MaximumRetryAttempts": -1,
            "MaximumRecordAgeInSeconds": -1,
            "DestinationConfig": { "OnFailure": { "Type": "SQS", "Destination": arn(failures) } },
        },
    } });
}

fn with_failures(mut resources: Section, failures: &str) -> Section {
    resources.insert(failures.to_owned(), queue::failures());
    resources.insert(logical::policy(failures), policy::encrypted_queue(failures));
    resources
}

/// The subscriptions and the event sources of all queues. An event source comes after its queue and its function.
fn all_subscribers(queues: &[Queue<'_>]) -> impl Iterator<Item = String> {
    queues.iter().flat_map(|queue| [queue.ids.subscription.clone(), queue.ids.source()])
}

/// An event is written only after all subscribers that know it are there.
fn before_commands(parts: &Parts<'_>) -> impl Iterator<Item = String> {
    all_subscribers(&parts.queues).chain(source_of_projections(parts))
}

/// The event source of the projections that are fed from the stream, if there are any.
fn source_of_projections(parts: &Parts<'_>) -> Option<String> {
    parts.projections.as_ref().map(|_| logical::changes(PROJECTIONS))
}

/// The resources that come before a function that may execute commands because it has a handler: every subscription,
/// and the queues that only project. Handlers may wait for each other's events in a cycle, so they cannot come one
/// after the other.
fn before_handlers(parts: &Parts<'_>) -> Value {
    let queues = &parts.queues;
    let subscriptions = queues.iter().map(|queue| queue.ids.subscription.clone());
    let projecting = queues.iter().filter(|queue| !queue.handles).map(|queue| queue.ids.source());
    subscriptions.chain(projecting).chain(source_of_projections(parts)).collect()
}

/// Runs the subscribers of one queue.
pub(super) fn subscriber(template: &Template, queue: &Queue<'_>, parts: &Parts<'_>) -> Section {
    let ids = FunctionIds::of(&queue.ids.function.function);
    let description = format!("Runs the subscribers of queue {}", queue.name);
    let mut function = function(template, &template.binaries.subscriber, &ids, &description);
    if queue.handles {
        function["DependsOn"] = before_handlers(parts);
    }
    let properties = &mut function["Properties"];
    properties["Environment"] = json!({ "Variables": {
        QUEUE: queue.name,
        DEAD_LETTERS_URL: reference(&queue.ids.dead_letters),
    } });
    properties["Events"] = json!({ MESSAGES: {
        "Type": "SQS",
        "Properties": {
            "Queue": arn(&queue.ids.queue),
            "BatchSize": QUEUE_BATCH,
            "FunctionResponseTypes": RESPONSES,
        },
    } });
    let source = &mut properties["Events"][MESSAGES]["Properties"];
    match template.scaling {
        Scaling::OnDemand { concurrency } => {
            source["ScalingConfig"] = json!({ "MaximumConcurrency": concurrency });
        }
        Scaling::Provisioned { least, most } => {
            source["ProvisionedPollerConfig"] = json!({ "MinimumPollers": least, "MaximumPollers": most });
        }
    }
    section(ids, function, policy::subscriber(template, queue))
}

fn function(template: &Template, binary: &str, ids: &FunctionIds, description: &str) -> Value {
    json!({
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Description": description,
            "CodeUri": format!("{}/{binary}/", template.code.trim_end_matches('/')),
            // A role of our own: SAM adds policies for all queues and all streams to the roles that it makes.
            "Role": arn(&ids.role),
            "LoggingConfig": { "LogGroup": reference(&ids.logs) },
        },
    })
}

fn section(ids: FunctionIds, function: Value, mut statements: Vec<Value>) -> Section {
    statements.push(policy::write_logs(&ids.logs));
    let logs = json!({
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": { "RetentionInDays": reference(LOG_DAYS) },
    });
    Section::from_iter([(ids.function, function), (ids.role, policy::role(statements)), (ids.logs, logs)])
}

pub(super) fn commands_output() -> (String, Value) {
    output("CommandsFunctionArn", "The function that executes commands".to_owned(), arn(COMMANDS))
}

pub(super) fn timers_output() -> (String, Value) {
    let description = "The function that executes commands that were scheduled".to_owned();
    output("TimersFunctionArn", description, arn(TIMERS_FUNCTION))
}

pub(super) fn relay_output() -> (String, Value) {
    output("RelayFunctionArn", "The function between stream and topic".to_owned(), arn(RELAY))
}

pub(super) fn projections_output() -> (String, Value) {
    let description = "The function between stream and views".to_owned();
    output("ProjectionsFunctionArn", description, arn(PROJECTIONS))
}
