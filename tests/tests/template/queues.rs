//! Queues, and the functions behind them.

use std::time::Duration;

use cqrs_core::app::Settings;
use serde_json::{Value, json};

use crate::{PREFIX, QUEUES, of_type, resources, template};

#[test]
fn every_queue_of_the_wiring_has_dead_letters_and_a_filtered_subscription() {
    for (fifo, suffix) in [(false, ""), (true, ".fifo")] {
        let all = resources(&template().fifo(fifo));
        assert_eq!(all["EventsTopic"]["Properties"]["TopicName"], format!("{PREFIX}events{suffix}"));
        assert_eq!(all["EventsTopic"]["Properties"]["KmsMasterKeyId"], "alias/aws/sns");
        for (name, id, events) in QUEUES {
            let (queue_id, letters_id) = (format!("{id}Queue"), format!("{id}DeadLetters"));
            let queue = &all[&queue_id]["Properties"];
            let letters = &all[&letters_id]["Properties"];
            assert_eq!(queue["QueueName"], format!("{PREFIX}{name}{suffix}"));
            assert_eq!(letters["QueueName"], format!("{PREFIX}{name}-dlq{suffix}"));
            let letters_arn = json!({ "Fn::GetAtt": [letters_id, "Arn"] });
            assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], letters_arn);
            // Later than the consumer itself gives up, which parks the stream.
            let receives = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap();
            assert!(receives > Settings::default().delivery.attempts.into());

            let subscription = &all[&format!("{id}Subscription")]["Properties"];
            assert_eq!(subscription["Endpoint"], json!({ "Fn::GetAtt": [queue_id, "Arn"] }));
            assert_eq!(subscription["TopicArn"], json!({ "Ref": "EventsTopic" }));
            assert_eq!(subscription["RawMessageDelivery"], true);
            assert_eq!(subscription["FilterPolicy"], json!({ "types": events }));
            assert_eq!(subscription["RedrivePolicy"]["deadLetterTargetArn"], letters_arn);

            for (target, policy) in [(&queue_id, "QueuePolicy"), (&letters_id, "DeadLettersPolicy")] {
                let policy = &all[&format!("{id}{policy}")]["Properties"];
                assert_eq!(policy["Queues"], json!([{ "Ref": target }]));
                let statement = &policy["PolicyDocument"]["Statement"];
                let arn = json!({ "Fn::GetAtt": [target, "Arn"] });
                let expected = json!([
                    {
                        "Effect": "Allow",
                        "Principal": { "Service": "sns.amazonaws.com" },
                        "Action": "sqs:SendMessage",
                        "Resource": arn,
                        "Condition": { "ArnEquals": { "aws:SourceArn": { "Ref": "EventsTopic" } } },
                    },
                    without_tls("sqs:*", &arn),
                ]);
                assert_eq!(*statement, expected);
            }

            let alarm = &all[&format!("{id}DeadLettersAlarm")]["Properties"];
            assert_eq!(alarm["MetricName"], "ApproximateNumberOfMessagesVisible");
            let dimension =
                json!([{ "Name": "QueueName", "Value": { "Fn::GetAtt": [letters_id, "QueueName"] } }]);
            assert_eq!(alarm["Dimensions"], dimension);
            assert_eq!(alarm["Threshold"], 0);
        }
        let queues = of_type("AWS::SQS::Queue", &all);
        // And the one for what the relay could not publish, which no FIFO queue can be.
        assert_eq!(queues.len(), 2 * QUEUES.len() + 1);
        for (id, queue) in queues {
            assert_eq!(queue["SqsManagedSseEnabled"], true, "{id}");
            let is_fifo = fifo && id != "RelayFailures";
            assert_eq!(queue["FifoQueue"] == true, is_fifo, "{id}");
            assert_eq!(queue["ContentBasedDeduplication"] == false, is_fifo, "{id}");
        }
        assert_eq!(of_type("AWS::SNS::Subscription", &all).len(), QUEUES.len());
    }
}

#[test]
fn every_queue_and_the_relay_have_an_alarm_on_lag() {
    // In seconds; a fraction counts as a whole one.
    for (lag, seconds) in [(None, 300), (Some(90_000), 90), (Some(600_001), 601)] {
        let template = match lag {
            Some(millis) => template().max_lag(Duration::from_millis(millis)),
            None => template(),
        };
        let all = resources(&template);
        for (_, id, _) in QUEUES {
            let alarm = &all[&format!("{id}LagAlarm")]["Properties"];
            let name = json!({ "Fn::GetAtt": [format!("{id}Queue"), "QueueName"] });
            let expected = json!({
                "AlarmDescription": alarm["AlarmDescription"],
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{ "Name": "QueueName", "Value": name }],
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 3,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": seconds,
                "TreatMissingData": "notBreaching",
                "AlarmActions": all[&format!("{id}DeadLettersAlarm")]["Properties"]["AlarmActions"],
            });
            assert_eq!(*alarm, expected);
        }
        let relay = &all["RelayAgeAlarm"]["Properties"];
        assert_eq!(
            (&relay["MetricName"], &relay["Threshold"]),
            (&json!("IteratorAge"), &json!(seconds * 1000))
        );
        let altered = &all["RelayLettersAlarm"]["Properties"];
        let relay = json!([{ "Name": "FunctionName", "Value": { "Ref": "RelayFunction" } }]);
        assert_eq!((&altered["MetricName"], &altered["Dimensions"]), (&json!("DeadLetters"), &relay));
        // And one for the dead letters of each queue, and one for what the relay lost.
        assert_eq!(of_type("AWS::CloudWatch::Alarm", &all).len(), 2 * QUEUES.len() + 3);
    }
}

#[test]
fn every_queue_has_a_function_that_knows_its_queue_and_its_dead_letters() {
    let all = resources(&template().code("../out/").subscriber("bank-subscriber"));
    for (name, id, _) in QUEUES {
        let function = &all[&format!("{id}Subscriber")]["Properties"];
        assert_eq!(function["CodeUri"], "../out/bank-subscriber/");
        assert_eq!(function["Role"], json!({ "Fn::GetAtt": [format!("{id}SubscriberRole"), "Arn"] }));
        let variables = json!({
            "CQRS_QUEUE": name,
            "CQRS_DEAD_LETTERS_URL": { "Ref": format!("{id}DeadLetters") },
        });
        assert_eq!(function["Environment"]["Variables"], variables);
        let source = &function["Events"]["Messages"]["Properties"];
        assert_eq!(source["Queue"], json!({ "Fn::GetAtt": [format!("{id}Queue"), "Arn"] }));
    }
    let relay = &all["RelayFunction"]["Properties"];
    assert_eq!(relay["CodeUri"], "../out/relay/");
    assert_eq!(relay["Environment"]["Variables"], json!({ "CQRS_TOPIC_ARN": { "Ref": "EventsTopic" } }));
    let globals = template().render().unwrap()["Globals"]["Function"].take();
    assert_eq!(globals["Environment"]["Variables"], json!({ "CQRS_PREFIX": PREFIX }));
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["Handler"], "bootstrap");
}

#[test]
fn every_event_source_takes_partial_failures() {
    let functions = of_type("AWS::Serverless::Function", &resources(&template()));
    assert_eq!(functions.len(), QUEUES.len() + 2);
    let mut sources = 0;
    for (id, function) in functions {
        for source in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            assert_eq!(
                source["Properties"]["FunctionResponseTypes"],
                json!(["ReportBatchItemFailures"]),
                "{id}"
            );
            sources += 1;
        }
    }
    assert_eq!(sources, QUEUES.len() + 1);
}

#[test]
fn the_relay_reads_every_record_until_it_is_published() {
    let all = resources(&template());
    let relay = &all["RelayFunction"];
    let source = &relay["Properties"]["Events"]["Changes"];
    assert_eq!(source["Type"], "DynamoDB");
    let source = &source["Properties"];
    assert_eq!(source["Stream"], json!({ "Fn::GetAtt": ["EventsTable", "StreamArn"] }));
    assert_eq!(source["StartingPosition"], "TRIM_HORIZON");
    assert_eq!(source["BisectBatchOnFunctionError"], true);
    assert_eq!(source["MaximumRetryAttempts"], -1);
    assert_eq!(source["MaximumRecordAgeInSeconds"], -1);
    let failures = json!({ "Fn::GetAtt": ["RelayFailures", "Arn"] });
    assert_eq!(source["DestinationConfig"]["OnFailure"]["Destination"], failures);
}

#[test]
fn a_batch_is_handed_over_again_only_when_its_function_has_surely_ended() {
    let long = template().timeout(Duration::from_millis(44_001));
    for (template, seconds) in [(template(), 30), (long, 45)] {
        let rendered = template.render().unwrap();
        assert_eq!(rendered["Globals"]["Function"]["Timeout"], seconds);
        for (_, id, _) in QUEUES {
            assert!(rendered["Resources"][format!("{id}Subscriber")]["Properties"]["Timeout"].is_null());
            let queue = &rendered["Resources"][format!("{id}Queue")]["Properties"];
            assert_eq!(queue["VisibilityTimeout"], 6 * seconds);
        }
    }
}

#[test]
fn a_function_scales_by_need_or_by_pollers_and_never_by_both() {
    let by_need = json!({ "MaximumConcurrency": 10 });
    let by_pollers = json!({ "MinimumPollers": 3, "MaximumPollers": 30 });
    for (template, need, pollers) in [
        (template(), Some(&by_need), None),
        (template().concurrency(5).provisioned_pollers(3, 30), None, Some(&by_pollers)),
        (template().provisioned_pollers(3, 30).concurrency(10), Some(&by_need), None),
    ] {
        let all = resources(&template);
        for (_, id, _) in QUEUES {
            let source = &all[&format!("{id}Subscriber")]["Properties"]["Events"]["Messages"]["Properties"];
            assert_eq!(source.get("ScalingConfig"), need);
            assert_eq!(source.get("ProvisionedPollerConfig"), pollers);
        }
    }
}

#[test]
fn a_topic_takes_what_it_is_told_to_and_its_queues_take_more() {
    for (template, bytes) in
        [(template(), None), (template().max_message_bytes(1_000_000), Some(json!(1_000_000)))]
    {
        let all = resources(&template);
        let topic = &all["EventsTopic"];
        assert_eq!(topic["Properties"].get("MaximumMessageSize"), bytes.as_ref());
        for (id, queue) in of_type("AWS::SQS::Queue", &all) {
            assert_eq!(queue["MaximumMessageSize"], 1_048_576, "{id}");
        }
        // The queues come first: a message that one of them does not accept is lost.
        let first = topic["DependsOn"].as_array().map_or(&[][..], Vec::as_slice);
        for (_, id, _) in QUEUES {
            for queue in [format!("{id}Queue"), format!("{id}DeadLetters")] {
                assert_eq!(first.contains(&json!(queue)), bytes.is_some(), "{queue}: {first:?}");
            }
        }
    }
}

/// Denies requests without TLS.
fn without_tls(action: &str, resource: &Value) -> Value {
    json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

#[test]
fn nobody_reaches_the_topic_or_the_relays_failures_without_tls() {
    let all = resources(&template());
    let of = |policy: &str| all[policy]["Properties"]["PolicyDocument"]["Statement"].clone();
    assert_eq!(
        of("EventsTopicPolicy"),
        json!([without_tls("sns:Publish", &json!({ "Ref": "EventsTopic" }))])
    );
    let failures = json!({ "Fn::GetAtt": ["RelayFailures", "Arn"] });
    assert_eq!(of("RelayFailuresPolicy"), json!([without_tls("sqs:*", &failures)]));
}
