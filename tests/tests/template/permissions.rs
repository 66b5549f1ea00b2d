//! The rights of each role.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::delivery::{DeliveryStore, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::record;
use cqrs_core::{AggregateKey, Commit, EventStore};
use cqrs_dynamo::template::Template;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::bank::{Open, Statement, Wealth, Withdraw, account, deposit, tenant};
use cqrs_tests::faults::{Call, Fault, Faults};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::{PREFIX, QUEUES, of_type, resources, template};

/// What a role may do: action and resource.
fn permissions(role: &str) -> BTreeSet<(String, String)> {
    permissions_in(&template(), role)
}

pub(crate) fn permissions_in(template: &Template, role: &str) -> BTreeSet<(String, String)> {
    let role = &resources(template)[role]["Properties"]["Policies"];
    assert_eq!(role.as_array().unwrap().len(), 1);
    let mut permissions = BTreeSet::new();
    for statement in role[0]["PolicyDocument"]["Statement"].as_array().unwrap() {
        if statement["Effect"] == "Deny" {
            continue;
        }
        assert_eq!(statement["Effect"], "Allow");
        let resource = match &statement["Resource"] {
            Value::Object(function) => match function.iter().next().unwrap() {
                (name, Value::Array(path)) if name == "Fn::GetAtt" => {
                    let path: Vec<_> = path.iter().map(|part| part.as_str().unwrap()).collect();
                    path.join(".")
                }
                (_, text) => text.as_str().unwrap().to_owned(),
            },
            other => other.as_str().unwrap().to_owned(),
        };
        for action in statement["Action"].as_array().unwrap() {
            permissions.insert((action.as_str().unwrap().to_owned(), resource.clone()));
        }
    }
    permissions
}

/// What a role may do with one resource.
fn allowed(role: &str, resource: &str) -> BTreeSet<String> {
    permissions(role).into_iter().filter(|(_, of)| of == resource).map(|(action, _)| action).collect()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn roles() -> Vec<String> {
    of_type("AWS::IAM::Role", &resources(&template())).into_keys().collect()
}

#[test]
fn nobody_may_change_or_remove_a_commit() {
    let harmless = ["ConditionCheckItem", "DescribeTable", "GetItem", "PutItem", "Query", "Scan"]
        .map(|action| format!("dynamodb:{action}"));
    let harmless = set(&harmless.each_ref().map(String::as_str));
    for role in roles() {
        let actions = allowed(&role, "EventsTable.Arn");
        assert!(actions.is_subset(&harmless), "{role}: {actions:?}");
    }
    let append =
        set(&["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]);
    assert_eq!(allowed("CommandsFunctionRole", "EventsTable.Arn"), append);
}

/// Whatever is added to a role later.
#[test]
fn every_role_is_denied_what_alters_a_commit() {
    let resources = resources(&template());
    for role in roles() {
        let policy = &resources[&role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
        let denied = policy.as_array().unwrap().iter().find(|statement| statement["Effect"] == "Deny");
        let denied = denied.unwrap_or_else(|| panic!("{role}"));
        assert_eq!(denied["Resource"], json!({ "Fn::GetAtt": ["EventsTable", "Arn"] }));
        let actions =
            ["BatchWriteItem", "DeleteItem", "PartiQLDelete", "PartiQLInsert", "PartiQLUpdate", "UpdateItem"];
        assert_eq!(denied["Action"], json!(actions.map(|action| format!("dynamodb:{action}"))));
    }
}

/// A stream that a transaction only reads is a condition at the place of its next commit, and there are no conditions elsewhere.
#[test]
fn only_those_check_conditions_who_execute_commands() {
    for role in roles() {
        let may = |(action, _): &(String, String)| action == "dynamodb:ConditionCheckItem";
        let checked: Vec<_> = permissions(&role).into_iter().filter(may).map(|(_, table)| table).collect();
        let is_appending = allowed(&role, "EventsTable.Arn").contains("dynamodb:PutItem");
        assert_eq!(checked, if is_appending { vec!["EventsTable.Arn"] } else { vec![] }, "{role}");
    }
}

#[test]
fn only_those_append_who_execute_commands() {
    let all = roles().into_iter();
    let append = |role: &String| allowed(role, "EventsTable.Arn").contains("dynamodb:PutItem");
    let appending: BTreeSet<_> = all.filter(append).collect();
    // A handler may send commands, a projection cannot.
    let expected = ["CommandsFunctionRole", "auditSubscriberRole", "mailX2DoutSubscriberRole"];
    assert_eq!(appending, set(&expected));
}

#[test]
fn only_projections_write_views() {
    let write = |role: &String| allowed(role, "ViewsTable.Arn").contains("dynamodb:PutItem");
    let writing: BTreeSet<_> = roles().into_iter().filter(write).collect();
    assert_eq!(writing, set(&["StatementSubscriberRole", "WealthSubscriberRole"]));
}

#[test]
fn subscribers_remember_what_the_delivery_has_to() {
    let delivery = |id: &str| allowed(&format!("{id}Role"), "DeliveryTable.Arn");
    let (park, see, forget) = ("dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem");
    // Dead letters that an older program left are redriven, whatever their kind.
    for subscriber in ["StatementSubscriber", "mailX2DoutSubscriber", "auditSubscriber"] {
        assert_eq!(delivery(subscriber), set(&[park, see, forget]));
    }
    // Its dead letters, and their number.
    assert_eq!(delivery("RelayFunction"), set(&[park, see]));
    assert_eq!(delivery("CommandsFunction"), set(&[]));
}

#[test]
fn only_the_relay_publishes() {
    let publish = |role: &String| permissions(role).iter().any(|(action, _)| action.starts_with("sns:"));
    let publishing: BTreeSet<_> = roles().into_iter().filter(publish).collect();
    assert_eq!(publishing, set(&["RelayFunctionRole"]));
    assert_eq!(allowed("RelayFunctionRole", "EventsTopic"), set(&["sns:GetTopicAttributes", "sns:Publish"]));
}

#[test]
fn a_subscriber_has_its_own_queue_and_its_own_dead_letters() {
    for (_, id, _) in QUEUES {
        let own: BTreeSet<_> = permissions(&format!("{id}SubscriberRole"))
            .into_iter()
            .filter(|(action, _)| action.starts_with("sqs:"))
            .collect();
        let receive = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"];
        // Both are received from: a newer program redrives what an older one did not know.
        let of = |queue| receive.map(|action| (format!("sqs:{action}"), format!("{id}{queue}.Arn")));
        let mut expected: BTreeSet<_> = [of("Queue"), of("DeadLetters")].into_iter().flatten().collect();
        expected.insert(("sqs:SendMessage".to_owned(), format!("{id}DeadLetters.Arn")));
        assert_eq!(own, expected);
    }
}

/// An index has the views of all projections.
#[test]
fn those_query_indexes_who_read_all_views_where_there_are_any() {
    let query = |template: &Template| -> BTreeSet<_> {
        let permissions = |role: &String| permissions_in(template, role).into_iter();
        let all = roles()
            .into_iter()
            .flat_map(|role| permissions(&role).map(move |granted| (role.clone(), granted)));
        let indexes = all.filter(|(_, (_, resource))| resource.contains("/index/"));
        indexes.map(|(role, (action, resource))| format!("{role}: {action} {resource}")).collect()
    };
    let may = |role: &str| format!("{role}: dynamodb:Query ${{ViewsTable.Arn}}/index/*");
    let readers = ["CommandsFunctionRole", "auditSubscriberRole", "mailX2DoutSubscriberRole"].map(may);
    assert_eq!(query(&template().indexes(1)), BTreeSet::from(readers));
    assert_eq!(query(&template()), set(&[]));
}

#[test]
fn no_permission_is_for_everything() {
    for role in roles() {
        for (action, resource) in permissions_in(&template().indexes(2), &role) {
            assert!(!action.contains('*'), "{role}: {action}");
            // Which streams a table has can only be asked for all of its streams. A role that reads one index may read
            // all.
            let listing = action == "dynamodb:ListStreams" && resource == "${EventsTable.Arn}/stream/*";
            let listing = listing || action == "dynamodb:Query" && resource == "${ViewsTable.Arn}/index/*";
            assert!(listing || !resource.contains('*'), "{role}: {action} on {resource}");
        }
    }
    // A function without a role of its own would get one from SAM, with policies for all queues and streams.
    for (id, function) in of_type("AWS::Serverless::Function", &resources(&template())) {
        assert_eq!(function["Role"], json!({ "Fn::GetAtt": [format!("{id}Role"), "Arn"] }));
    }
}

/// What a role may do to items of a table: the action, the table, and the patterns of their partition keys; none for all.
fn grants(role: &str) -> Vec<(String, String, Option<Vec<String>>)> {
    grants_in(&template(), role)
}

pub(crate) fn grants_in(template: &Template, role: &str) -> Vec<(String, String, Option<Vec<String>>)> {
    let role = &resources(template)[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let mut grants = Vec::new();
    for statement in role.as_array().unwrap().iter().filter(|statement| statement["Effect"] == "Allow") {
        let keys = match &statement["Condition"] {
            Value::Null => None,
            condition => {
                assert_eq!(condition.as_object().unwrap().len(), 1, "{condition}");
                let keys = condition["ForAllValues:StringLike"].as_object().unwrap();
                assert_eq!(keys.keys().collect::<Vec<_>>(), ["dynamodb:LeadingKeys"]);
                Some(serde_json::from_value(keys["dynamodb:LeadingKeys"].clone()).unwrap())
            }
        };
        let table = match &statement["Resource"] {
            resource if resource["Fn::Sub"] == "${ViewsTable.Arn}/index/*" => "ViewsTable/index",
            resource => match &resource["Fn::GetAtt"] {
                Value::Array(path) => path[0].as_str().unwrap(),
                _ => continue,
            },
        };
        for action in statement["Action"].as_array().unwrap() {
            grants.push((action.as_str().unwrap().to_owned(), table.to_owned(), keys.clone()));
        }
    }
    grants
}

/// Whether a role may do something to the items of a partition.
fn may(role: &str, action: &str, table: &str, pk: &str) -> bool {
    grants(role).iter().any(|(granted, on, keys)| {
        let like = |keys: &Vec<String>| keys.iter().any(|pattern| is_like(pk, pattern));
        granted == action && on == table && keys.as_ref().is_none_or(like)
    })
}

/// IAM's `StringLike`, as far as the template uses it.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap()) else { return false };
    let mut pieces: Vec<_> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn a_projection_reaches_its_own_views_only() {
    let (role, put) = ("StatementSubscriberRole", "dynamodb:PutItem");
    for own in
        ["BANK#STATEMENT", "%23#STATEMENT~7", "BANK#ACCOUNT@STATEMENT", "any key@STATEMENT", "@STATEMENT"]
    {
        assert!(may(role, put, "ViewsTable", own), "{own}");
    }
    for foreign in
        ["BANK#WEALTH", "BANK#BANK_STATEMENT", "BANK#WEALTH~7", "BANK#ACCOUNT@WEALTH", "@WEALTH", "STATEMENT"]
    {
        for action in [put, "dynamodb:GetItem", "dynamodb:Query"] {
            assert!(!may(role, action, "ViewsTable", foreign), "{action} {foreign}");
        }
    }
}

#[test]
fn a_function_reaches_what_its_queue_keeps_and_no_more() {
    for (role, own, foreign) in [
        (
            "StatementSubscriberRole",
            ["PARKED#Statement", "LETTER#Statement@discarded"],
            "LETTER#Wealth@discarded",
        ),
        ("auditSubscriberRole", ["PARKED#audit", "INBOX#audit#5f6a"], "INBOX#send_welcome#5f6a"),
    ] {
        for action in ["dynamodb:PutItem", "dynamodb:Query"] {
            for own in own {
                assert!(may(role, action, "DeliveryTable", own), "{role}: {action} {own}");
            }
            for foreign in [foreign, "PARKED#mail-out", "POSITION#Statement", "RELAY#topic", "LETTER#@relay"]
            {
                assert!(!may(role, action, "DeliveryTable", foreign), "{role}: {action} {foreign}");
            }
        }
    }
    assert!(may("RelayFunctionRole", "dynamodb:PutItem", "DeliveryTable", "LETTER#@relay"));
    assert!(may("RelayFunctionRole", "dynamodb:Query", "DeliveryTable", "LETTER#@relay"));
    assert!(!may("RelayFunctionRole", "dynamodb:PutItem", "DeliveryTable", "PARKED#audit"));
}

/// A handler that shares a queue with a projection reads all views, and writes those of the projection.
#[test]
fn a_shared_queue_may_do_what_both_may() {
    let mut wiring = crate::wiring();
    for subscriber in &mut wiring.subscribers {
        if subscriber.name == "Statement" {
            subscriber.queue = "audit";
        }
    }
    let rendered = resources(&Template::of(&wiring).prefix(PREFIX));
    let statements =
        &rendered["auditSubscriberRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let views: Vec<_> = statements
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Resource"] == json!({ "Fn::GetAtt": ["ViewsTable", "Arn"] }))
        .map(|statement| (statement["Action"].clone(), statement["Condition"].is_null()))
        .collect();
    assert_eq!(
        views,
        [
            (
                json!(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]),
                false
            ),
            (json!(["dynamodb:GetItem", "dynamodb:Query"]), true)
        ]
    );
}

/// An app on a DynamoDB that refuses what a role may not do, as IAM would.
fn app(database: &Embedded, role: &str) -> App {
    let dynamo = guarded(database, grants(role));
    App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap()
}

pub(crate) fn guarded(database: &Embedded, grants: Vec<(String, String, Option<Vec<String>>)>) -> Dynamo {
    let guard = Faults::new(database, move |call| {
        let denied = asked(call).into_iter().find(|(action, table, pk)| {
            !grants.iter().any(|(granted, on, keys)| {
                granted == action
                    && on == table
                    && keys.as_ref().is_none_or(|keys| keys.iter().any(|pattern| is_like(pk, pattern)))
            })
        });
        match denied {
            None => Fault::None,
            Some(denied) => {
                eprintln!("denied: {denied:?}");
                Fault::Answer(400, "AccessDeniedException")
            }
        }
    });
    guard.dynamo().with_tables(Tables::with_prefix(PREFIX))
}

/// What a request asks for: actions, with the table and the partition of each.
fn asked(call: &Call) -> Vec<(String, String, String)> {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    let permission = |action: &str, request: &Value| {
        let table = request["TableName"].as_str().unwrap().strip_prefix(PREFIX).unwrap();
        let table = format!("{}{}Table", table[..1].to_uppercase(), &table[1..]);
        // An index has an ARN of its own.
        let table = if request["IndexName"].is_null() { table } else { format!("{table}/index") };
        let places =
            [&request["Key"]["pk"], &request["Item"]["pk"], &request["ExpressionAttributeValues"][":pk"]];
        let pk = places.iter().find_map(|place| place["S"].as_str()).unwrap_or_default();
        // A scan has no partition, so no condition on one narrows it.
        assert!(!pk.is_empty() || action == "Scan", "{request}");
        (format!("dynamodb:{action}"), table, pk.to_owned())
    };
    let Value::Array(writes) = &body["TransactItems"] else {
        return vec![permission(&call.operation, &body)];
    };
    let writes = writes.iter().flat_map(|write| write.as_object().unwrap());
    writes
        .map(|(kind, write)| match kind.as_str() {
            "ConditionCheck" => permission("ConditionCheckItem", write),
            kind => permission(&format!("{kind}Item"), write),
        })
        .collect()
}

/// An embedded DynamoDB with tables, two accounts, and three commits of one of them.
pub(crate) async fn bank() -> (Embedded, Vec<Commit>) {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config()).with_tables(Tables::with_prefix(PREFIX));
    dynamo.create_tables().await.unwrap();
    let app = app(&database, "CommandsFunctionRole");
    for number in ["fees", "4711"] {
        app.execute(&account(number), Open { owner: number.to_owned() }).await.unwrap();
    }
    app.execute(&account("4711"), deposit(100)).await.unwrap();
    // Another process does not know it, and loses.
    let other = self::app(&database, "CommandsFunctionRole");
    other.load(&account("4711")).await.unwrap();
    app.execute(&account("4711"), Withdraw { cents: 40 }).await.unwrap();
    other.execute(&account("4711"), Withdraw { cents: 60 }).await.unwrap();
    let stream = account("4711").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::NONE, Version::new(4)).await.unwrap();
    (database, page.commits)
}

async fn take(app: &App, queue: &str, commit: &Commit) -> Verdict {
    let received = Received::new(Message::of(app, commit).body);
    app.consumer(queue).unwrap().take(&[received]).await.remove(0)
}

#[tokio::test]
async fn the_commands_function_may_do_what_commands_and_reads_need() {
    let (database, _) = bank().await;
    let app = app(&database, "CommandsFunctionRole");
    assert_eq!(app.load(&account("4711")).await.unwrap().state.balance, 0);
    assert_eq!(app.history(&account("4711")).count().await, 4);
    assert_eq!(app.view::<Statement>(&account("4711")).await.unwrap(), None);
    assert_eq!(app.views::<Statement>(&tenant()).count().await, 0);
}

/// Also one that only reads a stream; and only for those who append.
#[tokio::test]
async fn transactions_are_executed_by_those_who_append_and_by_nobody_else() {
    let (database, _) = bank().await;
    for (role, may) in [
        ("CommandsFunctionRole", true),
        ("auditSubscriberRole", true),
        ("StatementSubscriberRole", false),
        ("RelayFunctionRole", false),
    ] {
        let app = app(&database, role);
        let (fees, new) = (account("fees"), account(role));
        let both = app.transaction().execute(&new, Open { owner: "Ada".into() }).execute(&fees, deposit(1));
        let done = both.unchanged(&account("4711")).await;
        assert_eq!(done.is_ok(), may, "{role}: {done:?}");
        // A transaction with one commit and a condition, too.
        let one = app.transaction().execute(&fees, deposit(1)).unchanged(&account("4711")).await;
        assert_eq!(one.is_ok(), may, "{role}: {one:?}");
    }
}

#[tokio::test]
async fn an_index_is_queried_by_those_who_read_views_and_by_nobody_else() {
    let (database, _) = bank().await;
    for (role, may) in [
        ("CommandsFunctionRole", true),
        ("auditSubscriberRole", true),
        ("StatementSubscriberRole", false),
        ("RelayFunctionRole", false),
    ] {
        let dynamo = guarded(&database, grants_in(&template().indexes(1), role));
        let query = dynamo.client().query().table_name(format!("{PREFIX}views")).index_name("index1");
        let query = query.key_condition_expression("index1pk = :pk");
        let query =
            query.expression_attribute_values(":pk", AttributeValue::S("BANK#STATEMENT#by#a".to_owned()));
        let error = query.send().await.unwrap_err().into_service_error();
        // The table of this program has no index; who may not ask does not hear of it.
        let code = aws_sdk_dynamodb::error::ProvideErrorMetadata::code(&error);
        let expected = if may { "ValidationException" } else { "AccessDeniedException" };
        assert_eq!(code, Some(expected), "{role}");
    }
}

#[tokio::test]
async fn a_subscriber_may_do_what_its_kind_needs() {
    let (database, commits) = bank().await;
    for (queue, id, _) in QUEUES {
        if queue == "mail-out" {
            continue; // It is in no program, only in the template.
        }
        let app = app(&database, &format!("{id}SubscriberRole"));
        assert!(app.wiring().subscribers.iter().any(|subscriber| subscriber.queue == queue));
        let settled = async || app.consumer(queue).unwrap().settle(std::future::ready(true)).await;
        settled().await;
        // What was lost before it is read from the store.
        assert_eq!(take(&app, queue, &commits[3]).await, Verdict::Done, "{queue}");
        // A commit that cannot be taken holds its stream back.
        let mut broken = commits[3].clone();
        broken.version = broken.version.next();
        broken.events[0].data = json!({});
        let dynamo = Dynamo::from_conf(&database.sdk_config()).with_tables(Tables::with_prefix(PREFIX));
        cqrs_tests::raw::put(&dynamo, record::encode(&broken)).await;
        let verdict = take(&app, queue, &broken).await;
        assert!(matches!(verdict, Verdict::Dead { .. }), "{queue}: {verdict:?}");
        settled().await;
    }
    // It was looked whether the projections have missed anything.
    let missing = app(&database, "CommandsFunctionRole").unreplayed().await;
    assert!(missing.is_err(), "who executes commands may not look");
    let dynamo = Dynamo::from_conf(&database.sdk_config()).with_tables(Tables::with_prefix(PREFIX));
    let marks = dynamo.event_store().delivery().positions("@projections").await.unwrap();
    assert_eq!(marks.keys().collect::<Vec<_>>(), ["Statement", "Wealth"]);
    assert!(marks.values().all(|mark| !mark.contains("begun")), "{marks:?}");
    let reader = app(&database, "CommandsFunctionRole");
    let statement = reader.view::<Statement>(&account("4711")).await.unwrap().unwrap();
    assert_eq!(statement.lines, [100, -40, -60]);
    assert_eq!(reader.load(&account("fees")).await.unwrap().state.balance, 1);
}

/// The delivery also writes to a replay's copies while it runs.
#[tokio::test]
async fn a_projection_may_do_what_a_replay_needs_of_it() {
    let (database, commits) = bank().await;
    let role = "WealthSubscriberRole";
    let app = app(&database, role);
    assert_eq!(take(&app, "Wealth", &commits[1]).await, Verdict::Done);
    // Interrupted before the new views take the place of the old ones.
    let interrupted = Faults::new(&database, |call| match call.operation.as_str() {
        "Scan" if call.is_for(&format!("{PREFIX}views")) => Fault::Answer(500, "InternalServerError"),
        _ => Fault::None,
    });
    let dynamo = interrupted.dynamo_without_retries().with_tables(Tables::with_prefix(PREFIX));
    let operator = App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap();
    operator.replay::<Wealth>().await.unwrap_err();

    let front = self::app(&database, "CommandsFunctionRole");
    front.execute(&account("4711"), deposit(7)).await.unwrap();
    let stream = account("4711").stream().unwrap();
    let page = dynamo.event_store().read(&stream, Version::new(4), Version::new(5)).await.unwrap();
    assert_eq!(take(&app, "Wealth", &page.commits[0]).await, Verdict::Done);
    let shadow = dynamo.client().query().table_name(format!("{PREFIX}views"));
    let shadow = shadow.key_condition_expression("pk = :pk");
    let shadow = shadow.expression_attribute_values(":pk", AttributeValue::S("BANK#WEALTH~1".to_owned()));
    let shadow = shadow.send().await.unwrap();
    let wealth = shadow.items()[0]["data"].as_m().unwrap();
    assert_eq!(wealth["folded"], AttributeValue::N("5".to_owned()));
}
