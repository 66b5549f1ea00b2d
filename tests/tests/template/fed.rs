//! Projections that one function feeds from the stream.

use std::collections::BTreeSet;

use aws_lambda_events::event::dynamodb::Event;
use cqrs_core::app::Wiring;
use cqrs_core::delivery::DeliveryStore;
use cqrs_core::prelude::*;
use cqrs_core::store::record::encode;
use cqrs_dynamo::lambda::ProjectionsFunction;
use cqrs_dynamo::template::{Template, TemplateFault};
use cqrs_dynamo::{Dynamo, Tables};
use cqrs_tests::bank::{Statement, account};
use cqrs_tests::streamed::{event, record};
use serde_json::{Value, json};

use crate::permissions::{bank, grants_in, guarded, permissions_in};
use crate::{PREFIX, of_type, projections, resources, template, wiring};

const ROLE: &str = "ProjectionsFunctionRole";

fn fed() -> Template {
    template().projections("bank-projections")
}

/// The same without handlers.
fn alone() -> Template {
    Template::of(&projections()).prefix(PREFIX).projections("bank-projections")
}

#[test]
fn projections_have_a_function_and_no_queues() {
    let (queued, fed) = (resources(&template()), resources(&fed()));
    let is_of_projections = |id: &str| id.starts_with("Statement") || id.starts_with("Wealth");
    let added: BTreeSet<_> = fed.keys().filter(|id| !queued.contains_key(*id)).collect();
    let expected = ["AgeAlarm", "Failures", "FailuresAlarm", "FailuresPolicy", "Function", "LettersAlarm"];
    let mut expected: BTreeSet<_> = expected.iter().map(|part| format!("Projections{part}")).collect();
    expected.extend(["Role", "Logs"].map(|part| format!("ProjectionsFunction{part}")));
    assert_eq!(added, expected.iter().collect());
    for (id, resource) in &queued {
        assert_eq!(fed.contains_key(id), !is_of_projections(id), "{id}");
        // What handlers have is the same, but for what comes before it.
        if let Some(kept) = fed.get(id) {
            assert_eq!(kept["Properties"], resource["Properties"], "{id}");
        }
    }
    let function = &fed["ProjectionsFunction"]["Properties"];
    assert_eq!(function["CodeUri"], "target/lambda/bank-projections/");
    let mut relay = fed["RelayFunction"]["Properties"]["Events"].clone();
    let failures = json!({ "Fn::GetAtt": ["ProjectionsFailures", "Arn"] });
    relay["Changes"]["Properties"]["DestinationConfig"]["OnFailure"]["Destination"] = failures;
    assert_eq!(function["Events"], relay, "it reads the stream as the relay does");
}

#[test]
fn without_handlers_there_is_neither_topic_nor_relay() {
    let all = resources(&alone());
    for kind in ["AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription"] {
        assert!(of_type(kind, &all).is_empty(), "{kind}");
    }
    let functions: Vec<_> = of_type("AWS::Serverless::Function", &all).into_keys().collect();
    assert_eq!(functions, ["CommandsFunction", "ProjectionsFunction"]);
    let queues: Vec<_> = of_type("AWS::SQS::Queue", &all).into_keys().collect();
    assert_eq!(queues, ["ProjectionsFailures"]);
    let rendered = alone().render().unwrap();
    let outputs: Vec<_> = rendered["Outputs"].as_object().unwrap().keys().collect();
    assert!(outputs.iter().any(|id| *id == "ProjectionsFunctionArn"), "{outputs:?}");
    assert!(
        !outputs.iter().any(|id| ["EventsTopicArn", "RelayFunctionArn"].contains(&id.as_str())),
        "{outputs:?}"
    );
    assert!(!rendered.to_string().contains("EventsTopic\""), "nothing names it");
    // A queue that stays for a rollback goes on listening.
    let all = resources(&alone().retired("Statement", ["Deposited"]));
    assert!(all.contains_key("StatementSubscription") && all.contains_key("RelayFunction"));
    assert!(!all.contains_key("StatementSubscriber"));
    // If there are no subscribers, nothing feeds them.
    let nobody = Template::of(&Wiring::default()).projections("p");
    let functions: Vec<_> = of_type("AWS::Serverless::Function", &resources(&nobody)).into_keys().collect();
    assert_eq!(functions, ["CommandsFunction"]);
}

#[test]
fn there_is_an_alarm_on_lag_on_dead_letters_and_on_what_is_lost() {
    let all = resources(&fed());
    let alarm = |id: &str| all[id]["Properties"].clone();
    let age = alarm("ProjectionsAgeAlarm");
    let of_relay = alarm("RelayAgeAlarm");
    for part in ["Namespace", "MetricName", "Threshold", "EvaluationPeriods"] {
        assert_eq!(age[part], of_relay[part], "{part}");
    }
    let function = json!([{ "Name": "FunctionName", "Value": { "Ref": "ProjectionsFunction" } }]);
    assert_eq!((&age["MetricName"], &age["Dimensions"]), (&json!("IteratorAge"), &function));
    let letters = alarm("ProjectionsLettersAlarm");
    // What `lambda::ProjectionsFunction` writes into its log.
    assert_eq!((&letters["Namespace"], &letters["MetricName"]), (&json!("Foldline"), &json!("DeadLetters")));
    assert_eq!((&letters["Dimensions"], &letters["Threshold"]), (&function, &json!(0)));
    assert_eq!(letters["TreatMissingData"], "ignore", "the state lasts while nothing happens");
    let failures = alarm("ProjectionsFailuresAlarm");
    let name =
        json!([{ "Name": "QueueName", "Value": { "Fn::GetAtt": ["ProjectionsFailures", "QueueName"] } }]);
    assert_eq!(failures["Dimensions"], name);
}

#[test]
fn the_role_reaches_no_topic_and_no_queue_of_messages() {
    let granted = permissions_in(&fed(), ROLE);
    let of =
        |service: &str| granted.iter().filter(|(action, _)| action.starts_with(service)).collect::<Vec<_>>();
    assert!(of("sns:").is_empty());
    let failures = ("sqs:SendMessage".to_owned(), "ProjectionsFailures.Arn".to_owned());
    assert_eq!(of("sqs:"), [&failures]);
    assert!(
        !granted.contains(&("dynamodb:PutItem".to_owned(), "EventsTable.Arn".to_owned())),
        "it appends nothing"
    );
    assert!(!granted.iter().any(|(_, resource)| resource == "SnapshotsTable.Arn"));
}

#[tokio::test]
async fn the_role_may_do_all_that_the_function_does() {
    let (database, commits) = bank().await;
    let dynamo = guarded(&database, grants_in(&fed(), ROLE));
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).without_handlers().build().unwrap();
    let function = ProjectionsFunction::new(&app);
    let mut broken = commits[3].clone();
    broken.version = broken.version.next();
    broken.events[0].data = json!({});
    let mut unknown = broken.clone();
    unknown.version = broken.version.next();
    unknown.events[0].name = "Refunded".to_owned();
    let open = Dynamo::from_conf(&database.sdk_config()).with_tables(Tables::with_prefix(PREFIX));
    for commit in [&broken, &unknown] {
        cqrs_tests::raw::put(&open, encode(commit)).await;
    }
    let mut items: Vec<Value> =
        commits[3..].iter().chain([&broken, &unknown]).map(|commit| encode(commit).into()).collect();
    items.push(json!({ "pk": "BANK#ACCOUNT", "sk": "no commit" }));
    let records: Vec<_> =
        items.iter().zip(1..).map(|(item, number)| record("INSERT", &format!("{number}"), item)).collect();
    let event: Event = serde_json::from_value(event(&records)).unwrap();
    for _ in 0..2 {
        let answer = function.answer(event.clone(), std::future::pending()).await;
        assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
    }
    // What an older program did not know is tried once more.
    let store = open.event_store().delivery();
    for mut letter in store.letters("Statement", None).await.unwrap() {
        letter.reason.push_str("; a newer program may have stored it");
        store.put_letter(&letter).await.unwrap();
    }
    let found = function.look_at_dead_letters(std::future::pending()).await.unwrap();
    assert!(found.letters >= 3 && !found.waiting, "{found:?}");
    let statement = app.view::<Statement>(&account("4711")).await.unwrap().unwrap();
    assert_eq!(statement.lines, [100, -40, -60]);
}

/// Its function would take the projection, which is fed already, and may not write its views.
#[test]
fn a_queue_that_a_fed_projection_shares_with_a_handler_is_a_fault() {
    let mut wiring = wiring();
    for subscriber in wiring.subscribers.iter_mut().filter(|subscriber| subscriber.name == "Wealth") {
        subscriber.queue = "mail-out";
    }
    let shared = Template::of(&wiring).prefix(PREFIX);
    shared.render().unwrap();
    let error = shared.projections("bank-projections").render().unwrap_err();
    let expected = TemplateFault::SharedQueue {
        queue: "mail-out".to_owned(),
        handler: "send_receipt".to_owned(),
        projection: "Wealth".to_owned(),
    };
    assert_eq!(error.faults, [expected]);
    assert!(error.to_string().contains("remove `queue = \"mail-out\"` from the projection"), "{error}");
}
