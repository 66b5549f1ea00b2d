//! The export of the events table by the clock.

use cqrs_dynamo::template::TemplateFault;
use serde_json::{Value, json};

use crate::{of_type, resources, template};

#[test]
fn the_schedule_exports_the_events_and_may_do_nothing_else() {
    let all = resources(&template().exports("rate(1 day)"));
    let schedule = &of_type("AWS::Scheduler::Schedule", &all)["ExportsSchedule"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 day)");
    let target = &schedule["Target"];
    assert_eq!(target["RoleArn"], json!({ "Fn::GetAtt": ["ExportsRole", "Arn"] }));
    let request: Value = serde_json::from_str(target["Input"]["Fn::Sub"].as_str().unwrap()).unwrap();
    assert_eq!(
        request,
        json!({
            "TableArn": "${EventsTable.Arn}", "S3Bucket": "${ExportsBucket}", "ExportFormat": "DYNAMODB_JSON",
            "ClientToken": "<aws.scheduler.execution-id>",
        })
    );
    let role = &of_type("AWS::IAM::Role", &all)["ExportsRole"];
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let allowed: Vec<(&Value, &Value)> =
        statements.iter().map(|statement| (&statement["Action"], &statement["Resource"])).collect();
    assert_eq!(
        allowed,
        [
            (&json!(["dynamodb:ExportTableToPointInTime"]), &json!({ "Fn::GetAtt": ["EventsTable", "Arn"] })),
            (
                &json!(["s3:AbortMultipartUpload", "s3:PutObject", "s3:PutObjectAcl"]),
                &json!({ "Fn::Sub": "${ExportsBucket.Arn}/*" })
            ),
        ]
    );
    let recovery = &all["EventsTable"]["Properties"]["PointInTimeRecoverySpecification"];
    assert_eq!(recovery["PointInTimeRecoveryEnabled"], true, "it exports out of that");
    assert_eq!(all["ExportsBucket"]["DeletionPolicy"], "Retain");
    assert!(!resources(&template()).contains_key("ExportsBucket"), "only where it was asked for");
}

#[test]
fn a_schedule_that_is_none_is_a_fault() {
    for schedule in ["daily", "rate(1 day", "at(2026-11-29T00:00:00)", ""] {
        let error = template().exports(schedule).render().unwrap_err();
        let faults = error.faults;
        assert!(
            matches!(&faults[..], [TemplateFault::Schedule { schedule: told }] if told == schedule),
            "{faults:?}"
        );
    }
}
