//! The rights: a role per function, with exactly what that function needs.
//!
//! Items are narrowed by their partition keys if the framework alone makes the keys: in the views table, to the views
//! of a queue's projections, and in the delivery table, to the items of a queue and its subscribers. In the events and
//! snapshots tables they are not narrowed. There, the keys follow templates that a user may write and change, every
//! handler may send a command to every aggregate, and a projection reads the streams of everything that it listens to,
//! whatever their keys.

use cqrs_core::app::WiringSubscriber;
use serde_json::{Value, json};

use super::Template;
use super::intrinsic::{arn, attribute, reference};
use super::leading_keys;
use super::projections::Projections;
use super::queue::Queue;
use crate::names::logical::{
    DELIVERY, EVENTS, PROJECTIONS_FAILURES, RELAY_FAILURES, RESERVATIONS, SNAPSHOTS, TIMERS, TOPIC, VIEWS,
};

const READ: [&str; 2] = ["dynamodb:GetItem", "dynamodb:Query"];
/// No `UpdateItem` and no `DeleteItem`: a commit never changes after it is written. `ConditionCheckItem` is for the
/// streams that a transaction only reads.
const APPEND: [&str; 4] =
    ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
const SNAPSHOT: [&str; 2] = ["dynamodb:GetItem", "dynamodb:PutItem"];
/// A value is freed by removing its item.
const RESERVE: [&str; 3] = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"];
/// A function that executes commands may schedule others, and cancel them. A process sets deadlines.
const SCHEDULE: [&str; 2] = ["dynamodb:DeleteItem", "dynamodb:PutItem"];
/// Due timers are found, and removed when they were fired. A deadline may set another one, and a failed timer replaces
/// the original.
const SWEEP: [&str; 3] = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"];
/// A transaction needs the permissions of its parts (Amazon DynamoDB Developer Guide, "Using IAM with DynamoDB
/// transactions"); those of views are writes.
///
/// `BatchGetItem` is for functions that build the views of another fold. No function writes by PartiQL: views at their
/// aggregates' keys are replayed from elsewhere.
const PROJECT: [&str; 4] =
    ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
/// To build the views of another fold.
const BUILD: [&str; 2] = ["dynamodb:DescribeTable", "dynamodb:Scan"];
/// The actions that change or remove a commit. `PutItem` may do so too, but cannot be denied: no policy can demand a
/// condition.
const ALTER: [&str; 6] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:UpdateItem",
];
/// To keep dead letters, and to count them.
const KEEP: [&str; 2] = ["dynamodb:PutItem", "dynamodb:Query"];
/// To remember which streams are held back, how often a commit has failed, what was discarded, what a handler has finished, and
/// which process may redrive.
const REMEMBER: [&str; 3] = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"];
/// The rights that Lambda needs in the name of a function (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon
/// DynamoDB").
const READ_STREAM: [&str; 3] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
/// The same (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"), and the right to set a message's own time for
/// its next attempt.
const RECEIVE: [&str; 4] =
    ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
/// To handle dead letters, and messages that an older program did not know.
const PUT_AWAY: [&str; 5] = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
];

pub(super) fn commands(template: &Template) -> Vec<Value> {
    let mut statements =
        vec![allow(&APPEND, arn(EVENTS)), allow(&READ, arn(VIEWS)), allow(&SNAPSHOT, arn(SNAPSHOTS))];
    statements.extend(query_indexes(template));
    statements.extend(reserve(template));
    statements.extend(schedule(template));
    statements
}

/// To execute what is due. A command reads no views. A command that cannot be executed becomes a dead letter.
pub(super) fn timers(template: &Template) -> Vec<Value> {
    let mut statements = vec![
        allow(&APPEND, arn(EVENTS)),
        allow(&SNAPSHOT, arn(SNAPSHOTS)),
        allow(&SWEEP, arn(TIMERS)),
        allow_keys(&KEEP, arn(DELIVERY), &leading_keys::of_timers(&template.wiring.subscribers)),
    ];
    statements.extend(reserve(template));
    statements
}

fn schedule(template: &Template) -> Option<Value> {
    template.timers.then(|| allow(&SCHEDULE, arn(TIMERS)))
}

/// To take and to free unique values, for functions that execute commands. A page of the events table shows whether
/// a stream is the first of its aggregate.
fn reserve(template: &Template) -> Vec<Value> {
    if !template.reservations {
        return Vec::new();
    }
    vec![allow(&RESERVE, arn(RESERVATIONS)), allow(&["dynamodb:Scan"], arn(EVENTS))]
}

/// An index holds the views of all projections, so only functions that read all of them have this. A query of an index
/// is an action on the index, and not on its table.
fn query_indexes(template: &Template) -> Option<Value> {
    let all = json!({ "Fn::Sub": format!("${{{VIEWS}.Arn}}/index/*") });
    (template.indexes > 0).then(|| allow(&["dynamodb:Query"], all))
}

pub(super) fn relay() -> Vec<Value> {
    let mut statements = read_stream();
    statements.extend([
        allow_keys(&KEEP, arn(DELIVERY), &leading_keys::of_relay()),
        // The topic decides how large a message may be.
        allow(&["sns:GetTopicAttributes", "sns:Publish"], reference(TOPIC)),
        allow(&["sqs:SendMessage"], arn(RELAY_FAILURES)),
    ]);
    statements
}

/// No topic, and only the one queue to which Lambda itself reports expired records.
pub(super) fn projections(projections: &Projections<'_>) -> Vec<Value> {
    let mut statements = read_stream();
    statements.extend([
        allow(&READ, arn(EVENTS)),
        allow(&BUILD, arn(EVENTS)),
        allow_keys(&REMEMBER, arn(DELIVERY), &leading_keys::of_fed(projections)),
        project(&projections.subscribers),
        allow(&["sqs:SendMessage"], arn(PROJECTIONS_FAILURES)),
    ]);
    statements
}

fn read_stream() -> Vec<Value> {
    vec![
        allow(&READ_STREAM, attribute(EVENTS, "StreamArn")),
        // To list streams is an action on all streams of the table.
        allow(&["dynamodb:ListStreams"], json!({ "Fn::Sub": format!("${{{EVENTS}.Arn}}/stream/*") })),
    ]
}

/// To write the views of the projections among some subscribers.
fn project(subscribers: &[&WiringSubscriber]) -> Value {
    match leading_keys::of_views(subscribers) {
        Some(keys) => allow_keys(&PROJECT, arn(VIEWS), &keys),
        None => allow(&PROJECT, arn(VIEWS)),
    }
}

pub(super) fn subscriber(template: &Template, queue: &Queue<'_>) -> Vec<Value> {
    // A handler takes `&App`: it may execute commands and read views.
    let events: &[_] = if queue.handles { &APPEND } else { &READ };
    // A page of the events table shows whether a new projection has missed anything.
    let look = queue.projects.then(|| allow(&BUILD, arn(EVENTS)));
    let mut statements = vec![
        allow(&RECEIVE, arn(&queue.ids.queue)),
        allow(&PUT_AWAY, arn(&queue.ids.dead_letters)),
        allow(events, arn(EVENTS)),
        allow_keys(&REMEMBER, arn(DELIVERY), &leading_keys::of_delivery(queue)),
    ];
    statements.extend(look);
    if queue.projects {
        statements.push(project(&queue.subscribers));
    }
    if queue.handles {
        statements.push(allow(&READ, arn(VIEWS)));
        statements.extend(query_indexes(template));
        statements.push(allow(&SNAPSHOT, arn(SNAPSHOTS)));
        statements.extend(reserve(template));
        statements.extend(schedule(template));
    }
    statements
}

pub(super) fn write_logs(group: &str) -> Value {
    allow(&["logs:CreateLogStream", "logs:PutLogEvents"], arn(group))
}

/// A policy that is added to the role later does not let it alter a commit either.
pub(super) fn role(mut statements: Vec<Value>) -> Value {
    statements.push(json!({ "Effect": "Deny", "Action": ALTER, "Resource": arn(EVENTS) }));
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": document(vec![json!({
                "Effect": "Allow",
                "Principal": { "Service": "lambda.amazonaws.com" },
                "Action": "sts:AssumeRole",
            })]),
            "Policies": [{ "PolicyName": "function", "PolicyDocument": document(statements) }],
        },
    })
}

/// Lets the topic, and only it, send to a queue.
pub(super) fn send_from_topic(queue: &str) -> Value {
    json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [reference(queue)],
            "PolicyDocument": document(vec![json!({
                "Effect": "Allow",
                "Principal": { "Service": "sns.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn(queue),
                "Condition": { "ArnEquals": { "aws:SourceArn": reference(TOPIC) } },
            }), deny_plain_text("sqs:*", arn(queue))]),
        },
    })
}

/// Denies access to a queue without TLS.
pub(super) fn encrypted_queue(queue: &str) -> Value {
    json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [reference(queue)],
            "PolicyDocument": document(vec![deny_plain_text("sqs:*", arn(queue))]),
        },
    })
}

/// Denies publishing without TLS.
pub(super) fn encrypted_topic(topic: &str) -> Value {
    json!({
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [reference(topic)],
            "PolicyDocument": document(vec![deny_plain_text("sns:Publish", reference(topic))]),
        },
    })
}

fn deny_plain_text(action: &str, resource: Value) -> Value {
    json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

pub(super) fn allow(actions: &[&str], resource: Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// The same for items whose partition keys match these patterns.
///
/// `ForAllValues` also holds if a request has no such key: for `Scan`, which is never granted together with it.
/// `BatchGetItem`, `GetItem`, `PutItem`, `DeleteItem` and `Query` have it, also as parts of a transaction (Service
/// Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB").
fn allow_keys(actions: &[&str], resource: Value, keys: &[String]) -> Value {
    let mut statement = allow(actions, resource);
    statement["Condition"] = json!({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } });
    statement
}

pub(super) fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}
