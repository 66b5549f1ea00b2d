//! The functions, each with its event source, its role and its log group.

use serde_json::{Value, json};

use super::intrinsic::{arn, attribute, output, reference};
use super::queue::Queue;
use super::{Scaling, Section, Template, policy, queue};
use crate::names::logical::{
    self, CHANGES, COMMANDS, EVENTS, FunctionIds, LOG_DAYS, MESSAGES, RELAY, RELAY_FAILURES, TOPIC,
};
use crate::names::variable::{DEAD_LETTERS_URL, PREFIX, QUEUE, TOPIC_ARN};

const MEMORY_MB: u32 = 256;

/// The relay publishes ten commits a request, so a batch of a hundred is ten requests. Of standard and FIFO topics
/// alike: SNS takes no more than ten a request (Amazon SNS API Reference, `PublishBatch`).
const RELAY_BATCH: u32 = 100;
const RELAY_SECONDS: u64 = 60;

/// The most that Lambda takes from a FIFO queue at once, and from a standard one without waiting for more (AWS Lambda
/// Developer Guide, "Lambda parameters for Amazon SQS event source mappings").
const QUEUE_BATCH: u32 = 10;

/// The failed are named, the others are not handed over again (AWS Lambda Developer Guide, "Handling errors for an SQS
/// event source in Lambda", "Configuring partial batch response with DynamoDB and Lambda").
const RESPONSES: [&str; 1] = ["ReportBatchItemFailures"];

pub(super) fn log_days() -> Value {
    json!({ "Type": "Number", "Default": 30, "Description": "For how many days the logs of the functions are kept" })
}

/// What all functions share.
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

/// Executes commands and reads views; what calls it is for the user to add.
pub(super) fn commands(template: &Template, queues: &[Queue<'_>]) -> Section {
    let ids = FunctionIds::of(COMMANDS);
    let mut function = function(template, &template.binaries.commands, &ids, "Executes commands");
    // Nobody writes an event before all are there who know it.
    function["DependsOn"] = all_subscribers(queues);
    section(ids, function, policy::commands(template))
}

/// Takes the records of the stream to the topic.
pub(super) fn relay(template: &Template, queues: &[Queue<'_>]) -> Section {
    let ids = FunctionIds::of(RELAY);
    let description = "Takes commits from the events table to the topic";
    let mut function = function(template, &template.binaries.relay, &ids, description);
    // What is published before a queue is subscribed does not reach it.
    function["DependsOn"] = all_subscribers(queues);
    let properties = &mut function["Properties"];
    properties["Timeout"] = json!(RELAY_SECONDS);
    properties["Environment"] = json!({ "Variables": { TOPIC_ARN: reference(TOPIC) } });
    properties["Events"] = json!({ CHANGES: {
        "Type": "DynamoDB",
        "Properties": {
            "Stream": attribute(EVENTS, "StreamArn"),
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": RELAY_BATCH,
            "BisectBatchOnFunctionError": true,
            "FunctionResponseTypes": RESPONSES,
            // No record is given up while the stream has it (-1: without limit). Where it has expired, at 24 hours,
            // the destination is told which ones (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon
            // DynamoDB"); they are in the events table still.
            "MaximumRetryAttempts": -1,
            "MaximumRecordAgeInSeconds": -1,
            "DestinationConfig": { "OnFailure": { "Type": "SQS", "Destination": arn(RELAY_FAILURES) } },
        },
    } });
    let mut resources = section(ids, function, policy::relay());
    resources.insert(RELAY_FAILURES.to_owned(), queue::failures());
    resources.insert(logical::policy(RELAY_FAILURES), policy::encrypted_queue(RELAY_FAILURES));
    resources
}

/// The subscriptions and the event sources of all queues. An event source comes after its queue and its function.
fn all_subscribers(queues: &[Queue<'_>]) -> Value {
    queues.iter().flat_map(|queue| [queue.ids.subscription.clone(), queue.ids.source()]).collect()
}

/// What comes before a function that may execute commands because it has a handler: every subscription, and the queues that
/// only project. Handlers may wait for each other's events in a circle, so they cannot come one after the other.
fn before_handlers(queues: &[Queue<'_>]) -> Value {
    let subscriptions = queues.iter().map(|queue| queue.ids.subscription.clone());
    let projecting = queues.iter().filter(|queue| !queue.handles).map(|queue| queue.ids.source());
    subscriptions.chain(projecting).collect()
}

/// Runs the subscribers of one queue.
pub(super) fn subscriber(template: &Template, queue: &Queue<'_>, queues: &[Queue<'_>]) -> Section {
    let ids = FunctionIds::of(&queue.ids.function.function);
    let description = format!("Runs the subscribers of queue {}", queue.name);
    let mut function = function(template, &template.binaries.subscriber, &ids, &description);
    if queue.handles {
        function["DependsOn"] = before_handlers(queues);
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
            // A role of ours: to those that SAM makes it adds policies for all queues and all streams.
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

pub(super) fn outputs() -> Section {
    Section::from_iter([
        output("CommandsFunctionArn", "The function that executes commands".to_owned(), arn(COMMANDS)),
        output("RelayFunctionArn", "The function between stream and topic".to_owned(), arn(RELAY)),
    ])
}
