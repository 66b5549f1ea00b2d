//! Who may do what: a role per function with what that function asks for, and no more.

use serde_json::{Value, json};

use super::function::RELAY_FAILURES;
use super::intrinsic::{arn, attribute, reference};
use super::queue::Queue;
use super::tables::{DELIVERY, EVENTS, SNAPSHOTS, VIEWS};
use super::topic::TOPIC;

const READ: [&str; 2] = ["dynamodb:GetItem", "dynamodb:Query"];
/// No `UpdateItem` and no `DeleteItem`: a commit, once written, is what it is.
const APPEND: [&str; 3] = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
const SNAPSHOT: [&str; 2] = ["dynamodb:GetItem", "dynamodb:PutItem"];
/// A transaction needs the permissions of its parts (Amazon DynamoDB Developer Guide, "Using IAM with DynamoDB
/// transactions"); those of views are writes.
const PROJECT: [&str; 3] = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
/// What changes or removes a commit. `PutItem` may, too, and cannot be denied: no policy demands a condition.
const ALTER: [&str; 6] = [
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:UpdateItem",
];
/// A stream that is held back, or a record that is no commit.
const PARK: [&str; 1] = ["dynamodb:PutItem"];
/// And which streams are held back, what was discarded, what a handler has done, and whose turn it is to redrive.
const REMEMBER: [&str; 3] = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Query"];
/// As Lambda asks for in the name of a function (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB").
const READ_STREAM: [&str; 3] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
/// The same (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"), and a time of its own for a message that is
/// to be tried again.
const RECEIVE: [&str; 4] =
    ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
/// What becomes of dead letters, and of those that an older program did not know.
const PUT_AWAY: [&str; 5] = [
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
];

pub(super) fn commands() -> Vec<Value> {
    vec![allow(&APPEND, arn(EVENTS)), allow(&READ, arn(VIEWS)), allow(&SNAPSHOT, arn(SNAPSHOTS))]
}

pub(super) fn relay() -> Vec<Value> {
    vec![
        allow(&READ_STREAM, attribute(EVENTS, "StreamArn")),
        // To list streams is an action on all streams of the table.
        allow(&["dynamodb:ListStreams"], json!({ "Fn::Sub": format!("${{{EVENTS}.Arn}}/stream/*") })),
        allow(&PARK, arn(DELIVERY)),
        // How large a message may be is for the topic to say.
        allow(&["sns:GetTopicAttributes", "sns:Publish"], reference(TOPIC)),
        allow(&["sqs:SendMessage"], arn(RELAY_FAILURES)),
    ]
}

pub(super) fn subscriber(queue: &Queue<'_>) -> Vec<Value> {
    // A handler takes `&App`: it may execute commands and read views.
    let events: &[_] = if queue.handles { &APPEND } else { &READ };
    let views: &[_] = if queue.projects { &PROJECT } else { &READ };
    let mut statements = vec![
        allow(&RECEIVE, arn(&queue.ids.queue)),
        allow(&PUT_AWAY, arn(&queue.ids.dead_letters)),
        allow(events, arn(EVENTS)),
        allow(views, arn(VIEWS)),
        allow(&REMEMBER, arn(DELIVERY)),
    ];
    if queue.handles {
        statements.push(allow(&SNAPSHOT, arn(SNAPSHOTS)));
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

/// Lets the topic, and no other one, send to a queue.
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

/// Lets nobody reach a queue but by TLS.
pub(super) fn encrypted_queue(queue: &str) -> Value {
    json!({
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [reference(queue)],
            "PolicyDocument": document(vec![deny_plain_text("sqs:*", arn(queue))]),
        },
    })
}

/// Lets nobody publish but by TLS.
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

fn allow(actions: &[&str], resource: Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}
