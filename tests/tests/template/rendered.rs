//! The template as a whole.

use aws_sdk_dynamodb::types::StreamViewType;
use cqrs_dynamo::Dynamo;
use cqrs_dynamo::template::{Http, Template};
use serde_json::{Value, json};

use crate::{PREFIX, lint, linted, projections, resources, template, wiring};

#[test]
fn the_linter_finds_nothing() {
    let large = template().max_message_bytes(1024 * 1024).provisioned_pollers(2, 20);
    let large = large.retired("mailer", ["Opened"]).retired("clerk", []);
    let fed = template().projections("projections");
    let alone = Template::of(&projections()).prefix(PREFIX).projections("projections");
    let templates = [
        ("standard", template()),
        ("fifo", template().fifo(true)),
        ("large", large),
        ("fed", fed),
        ("alone", alone),
        ("exports", template().exports("rate(1 day)")),
        ("api", template().http(Http::Api)),
        ("url", template().http(Http::FunctionUrl)),
    ];
    lint(templates.map(|(name, template)| (name, template.render().unwrap())));
}

/// Rules about functions, event sources and time limits apply to the resources that SAM makes, not to the source.
#[test]
fn the_linter_looks_at_what_sam_makes_of_a_template() {
    let wrong = |change: fn(&mut Value)| {
        let mut rendered = template().render().unwrap();
        change(&mut rendered);
        rendered
    };
    let short = wrong(|template| {
        template["Resources"]["StatementQueue"]["Properties"]["VisibilityTimeout"] = json!(5);
    });
    let unknown = wrong(|template| template["Globals"]["Function"]["Runtime"] = json!("provided.al2000"));
    let endless = wrong(|template| template["Globals"]["Function"]["Timeout"] = json!(901));
    let many = wrong(|template| {
        let function = &mut template["Resources"]["StatementSubscriber"]["Properties"];
        function["Events"]["Messages"]["Properties"]["BatchSize"] = json!(10_001);
    });
    for (name, template, found) in [
        ("short", short, "E3505 Queue visibility timeout (5) is less than Function timeout"),
        ("unknown", unknown, "'provided.al2000' is not one of"),
        ("endless", endless, "is less than Function timeout (901) seconds"),
        ("many", many, "10001 is greater than the maximum of 10000"),
    ] {
        let (is_clean, text) = linted([(name, template)], false);
        assert!(!is_clean && text.contains(found) && text.contains("transformed.json"), "{name}: {text}");
    }
}

#[test]
fn the_function_for_commands_is_served_by_http_and_may_do_no_more_than_before() {
    let plain = resources(&template());
    for (http, property) in [(Http::Api, "Events"), (Http::FunctionUrl, "FunctionUrlConfig")] {
        let served = template().http(http);
        assert!(served.render().unwrap()["Outputs"]["HttpUrl"]["Value"].is_object());
        let mut served = resources(&served);
        let function = served.get_mut("CommandsFunction").unwrap()["Properties"].as_object_mut().unwrap();
        assert!(function.remove(property).is_some());
        for (id, metric) in [("CommandsErrorsAlarm", "Errors"), ("CommandsThrottlesAlarm", "Throttles")] {
            let alarm = served.remove(id).unwrap();
            assert_eq!(
                (&alarm["Properties"]["MetricName"], &alarm["Properties"]["Statistic"]),
                (&json!(metric), &json!("Sum"))
            );
        }
        assert_eq!(served, plain);
    }
}

#[test]
fn the_text_is_the_same_each_time() {
    let mut reversed = wiring();
    reversed.events.reverse();
    reversed.subscribers.reverse();
    let text = template().to_json().unwrap();
    assert_eq!(text, template().to_json().unwrap());
    assert_eq!(text, Template::of(&reversed).prefix(PREFIX).to_json().unwrap());
}

#[tokio::test]
async fn tables_are_those_that_create_tables_makes() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let resources = resources(&Template::of(&wiring()));
    // What is lost of the snapshots is made again.
    for (id, name, recovered) in [
        ("EventsTable", "events", true),
        ("ViewsTable", "views", true),
        ("SnapshotsTable", "snapshots", false),
        ("DeliveryTable", "delivery", true),
    ] {
        let made = dynamo.client().describe_table().table_name(name).send().await.unwrap().table.unwrap();
        let table = &resources[id]["Properties"];
        assert_eq!(table["TableName"], name);
        let mut attributes: Vec<_> = made
            .attribute_definitions()
            .iter()
            .map(|of| json!({ "AttributeName": of.attribute_name(), "AttributeType": of.attribute_type().as_str() }))
            .collect();
        attributes.sort_by_key(Value::to_string);
        assert_eq!(table["AttributeDefinitions"], json!(attributes));
        let keys = made.key_schema().iter();
        let keys: Vec<_> = keys
            .map(|of| json!({ "AttributeName": of.attribute_name(), "KeyType": of.key_type().as_str() }))
            .collect();
        assert_eq!(table["KeySchema"], json!(keys));
        let images = made.stream_specification().and_then(|stream| stream.stream_view_type());
        let images = images.map(StreamViewType::as_str);
        assert_eq!(table["StreamSpecification"]["StreamViewType"].as_str(), images);
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
        let recovery = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
        assert_eq!(*recovery, json!(recovered), "{name}");
    }
    let expiry = &resources["DeliveryTable"]["Properties"]["TimeToLiveSpecification"];
    assert_eq!(*expiry, json!({ "AttributeName": "expiresAt", "Enabled": true }));
    assert_eq!(resources["EventsTable"]["DeletionPolicy"], "Retain");
    assert_eq!(resources["EventsTable"]["UpdateReplacePolicy"], "Retain");
}
