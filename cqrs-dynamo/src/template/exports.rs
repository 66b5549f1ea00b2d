//! The resources that export the events table into a bucket by a schedule.

use serde_json::{Value, json};

use super::Section;
use super::intrinsic::{self, arn, reference};
use super::policy::{allow, document};
use crate::names::logical::{EVENTS, EXPORTS, EXPORTS_ROLE, EXPORTS_SCHEDULE, policy};

/// A request of DynamoDB as the target of a schedule (Amazon EventBridge Scheduler User Guide, "Universal targets").
const TARGET: &str = "arn:${AWS::Partition}:scheduler:::aws-sdk:dynamodb:exportTableToPointInTime";

/// The rights that DynamoDB needs to write the export.
const PUT: [&str; 3] = ["s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectAcl"];

pub(super) fn resources(schedule: &str) -> Section {
    Section::from_iter([
        (EXPORTS.to_owned(), bucket()),
        (policy(EXPORTS), bucket_policy()),
        (EXPORTS_ROLE.to_owned(), role()),
        (EXPORTS_SCHEDULE.to_owned(), self::schedule(schedule)),
    ])
}

fn bucket() -> Value {
    json!({
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } },
                ],
            },
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true,
                "BlockPublicPolicy": true,
                "IgnorePublicAcls": true,
                "RestrictPublicBuckets": true,
            },
        },
    })
}

fn bucket_policy() -> Value {
    json!({
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": reference(EXPORTS),
            "PolicyDocument": document(vec![json!({
                "Sid": "EncryptedTransportOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn(EXPORTS), objects()],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            })]),
        },
    })
}

/// The rights of the schedule, and of DynamoDB on its behalf (Amazon DynamoDB Developer Guide, "Requesting a table
/// export").
fn role() -> Value {
    let account = json!({ "StringEquals": { "aws:SourceAccount": reference("AWS::AccountId") } });
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": document(vec![json!({
                "Effect": "Allow",
                "Principal": { "Service": "scheduler.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": account,
            })]),
            "Policies": [{
                "PolicyName": "Exports",
                "PolicyDocument": document(vec![
                    allow(&["dynamodb:ExportTableToPointInTime"], arn(EVENTS)),
                    allow(&PUT, objects()),
                ]),
            }],
        },
    })
}

fn schedule(expression: &str) -> Value {
    // A request that is repeated under one token is one export.
    let request = json!({
        "ClientToken": "<aws.scheduler.execution-id>",
        "ExportFormat": "DYNAMODB_JSON",
        "S3Bucket": format!("${{{EXPORTS}}}"),
        "TableArn": format!("${{{EVENTS}.Arn}}"),
    });
    json!({
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Description": "Exports the events table",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "ScheduleExpression": expression,
            "Target": {
                "Arn": { "Fn::Sub": TARGET },
                "RoleArn": arn(EXPORTS_ROLE),
                "Input": { "Fn::Sub": request.to_string() },
            },
        },
    })
}

fn objects() -> Value {
    json!({ "Fn::Sub": format!("${{{EXPORTS}.Arn}}/*") })
}

pub(super) fn output() -> (String, Value) {
    intrinsic::output("ExportsBucketName", "The bucket of the exports".to_owned(), reference(EXPORTS))
}
