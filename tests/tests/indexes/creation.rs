//! `create_tables` makes the indexes of the views table, whatever its state.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use cqrs_core::StoreError;
use cqrs_core::causes::chain;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::emulator::{Emulator, prefix};
use cqrs_tests::faults::{Call, Fault, Faults};
use serde_json::json;

use crate::{describe, indexes, item, make_plain, put, query, sort_keys};

const BOTH: [&str; 2] = ["index1", "index2"];

/// Requests to an embedded database that change tables, and the decision about each request.
fn watched(
    database: &Embedded,
    plan: impl Fn(&Call) -> Fault + Send + Sync + 'static,
) -> (Dynamo, Arc<Mutex<Vec<Call>>>) {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let faults = Faults::new(database, move |call| {
        if ["CreateTable", "UpdateTable"].contains(&call.operation.as_str()) {
            seen.lock().unwrap().push(call.clone());
        }
        plan(call)
    });
    (faults.dynamo_without_retries(), calls)
}

/// Adds an index to the views table without `create_tables`.
async fn add(client: &Client, table: &str, name: &str, keys: [&str; 2], projection: ProjectionType) {
    let mut action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(name)
        .projection(Projection::builder().projection_type(projection).build());
    let mut request = client.update_table().table_name(table);
    for (key, kind) in keys.into_iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute =
            AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(attribute.build().unwrap());
        action = action
            .key_schema(KeySchemaElement::builder().attribute_name(key).key_type(kind).build().unwrap());
    }
    let update = GlobalSecondaryIndexUpdate::builder().create(action.build().unwrap()).build();
    request.global_secondary_index_updates(update).send().await.unwrap();
}

#[tokio::test]
async fn a_new_table_is_made_with_all_its_indexes() {
    let database = Embedded::in_memory().unwrap();
    let (dynamo, calls) = watched(&database, |_| Fault::None);
    dynamo.create_tables().await.unwrap();
    let calls = calls.lock().unwrap().clone();
    assert_eq!(calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["CreateTable"; 4]);
    for table in ["events", "snapshots", "delivery"] {
        assert_eq!(indexes(dynamo.client(), table).await, [""; 0], "{table}");
    }
    let description = describe(dynamo.client(), "views").await;
    assert_eq!(indexes(dynamo.client(), "views").await, BOTH);
    for index in description.global_secondary_indexes() {
        let name = index.index_name().unwrap();
        let keys: Vec<_> = index.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
        assert_eq!(keys, [format!("{name}pk"), format!("{name}sk")]);
        assert_eq!(index.projection().unwrap().projection_type(), Some(&ProjectionType::All));
    }
    // Nothing is left to do.
    let spent = dynamo.spent(dynamo.create_tables()).await;
    spent.output.unwrap();
    assert!(spent.names.iter().all(|name| name.starts_with("Describe")), "{:?}", spent.names);
}

#[tokio::test]
async fn a_table_with_data_gets_what_is_missing_and_its_entries() {
    for client_of in [true, false] {
        let dynamo = match client_of {
            true => Dynamo::from_conf(&Embedded::in_memory().unwrap().sdk_config()),
            false => Dynamo::from_conf(&Emulator::ministack().sdk_config()),
        };
        let dynamo = dynamo.with_tables(Tables::with_prefix(&prefix()));
        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        make_plain(client, table).await;
        for number in 0..5 {
            put(client, table, item("p", &format!("{number}"), "T#V#by#a", &format!("{}", 9 - number))).await;
        }
        let mut unlisted = item("p", "unlisted", "T#V#by#a", "5");
        unlisted.remove("index1pk");
        put(client, table, unlisted).await;

        dynamo.create_tables().await.unwrap();
        assert_eq!(indexes(client, table).await, BOTH);
        let page = query(client, table, "T#V#by#a").send().await.unwrap();
        assert_eq!(sort_keys(page.items()), ["4", "3", "2", "1", "0"]);
        put(client, table, item("p", "5", "T#V#by#a", "0")).await;
        let page = query(client, table, "T#V#by#a").limit(2).send().await.unwrap();
        assert_eq!(sort_keys(page.items()), ["5", "4"]);
        dynamo.create_tables().await.unwrap();
    }
}

/// A description of the views table as DynamoDB gives it while it works on these indexes: the table can be used again
/// before the indexes can.
fn described(indexes: &[(&str, &str)]) -> &'static str {
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let keys = |pk: &str, sk: &str| json!([{ "AttributeName": pk, "KeyType": "HASH" }, { "AttributeName": sk, "KeyType": "RANGE" }]);
    let mut attributes = vec![attribute("pk"), attribute("sk")];
    let mut made = Vec::new();
    for (name, status) in indexes {
        let (pk, sk) = (format!("{name}pk"), format!("{name}sk"));
        attributes.extend([attribute(&pk), attribute(&sk)]);
        made.push(json!({
            "IndexName": name, "IndexStatus": status, "KeySchema": keys(&pk, &sk),
            "Projection": { "ProjectionType": "ALL" },
        }));
    }
    let table = json!({
        "TableName": "views", "TableStatus": "ACTIVE", "KeySchema": keys("pk", "sk"),
        "AttributeDefinitions": attributes, "GlobalSecondaryIndexes": made,
    });
    json!({ "Table": table }).to_string().leak()
}

/// A table takes one index at a time, so nothing is requested while one is being made or deleted.
#[tokio::test]
async fn each_index_waits_for_the_one_before_and_the_end_for_all() {
    // What is described after so many updates, and how often; the tables are looked at twice before their indexes are.
    const LOOKS: [usize; 3] = [4, 2, 2];
    let busy = [
        described(&[("mine", "CREATING")]),
        described(&[("index1", "CREATING")]),
        described(&[("index1", "ACTIVE"), ("index2", "CREATING")]),
    ];
    let database = Embedded::in_memory().unwrap();
    make_plain(Dynamo::from_conf(&database.sdk_config()).client(), "views").await;
    let progress = Arc::new(Mutex::new((0_usize, [0; 3])));
    let seen = Arc::clone(&progress);
    let (dynamo, calls) = watched(&database, move |call| {
        let (updates, looks) = &mut *seen.lock().unwrap();
        match call.operation.as_str() {
            "UpdateTable" => {
                assert_eq!(
                    looks[*updates], LOOKS[*updates],
                    "an index was asked for while another one is being worked on"
                );
                *updates += 1;
                Fault::None
            }
            "DescribeTable" if call.is_for("views") && looks[*updates] < LOOKS[*updates] => {
                looks[*updates] += 1;
                Fault::Reply(busy[*updates])
            }
            _ => Fault::None,
        }
    });
    dynamo.create_tables().await.unwrap();
    assert_eq!(*progress.lock().unwrap(), (2, LOOKS));
    let calls = calls.lock().unwrap();
    let made: Vec<_> = calls.iter().filter(|call| call.operation == "UpdateTable").collect();
    assert_eq!(made.len(), 2);
    for (call, index) in made.iter().zip(BOTH) {
        assert_eq!(call.body.matches("IndexName").count(), 1, "{}", call.body);
        assert!(call.body.contains(&format!("\"IndexName\":\"{index}\"")), "{}", call.body);
    }
}

/// Deleting an index takes it from the programs that query it, and the table gets it anew.
#[tokio::test]
async fn an_index_that_is_being_deleted_is_not_there() {
    let leaving = described(&[("index1", "DELETING"), ("index2", "ACTIVE")]);
    let database = Embedded::in_memory().unwrap();
    let plain = Dynamo::from_conf(&database.sdk_config());
    make_plain(plain.client(), "views").await;
    add(plain.client(), "views", "index2", ["index2pk", "index2sk"], ProjectionType::All).await;
    let looks = AtomicUsize::new(0);
    let (dynamo, _) = watched(&database, move |call| match call.operation.as_str() {
        "DescribeTable" if call.is_for("views") && looks.fetch_add(1, Ordering::Relaxed) < 4 => {
            Fault::Reply(leaving)
        }
        _ => Fault::None,
    });
    dynamo.create_tables().await.unwrap();
    assert_eq!(indexes(plain.client(), "views").await, BOTH);
}

#[tokio::test]
async fn a_table_that_is_being_changed_is_waited_for() {
    for code in ["ResourceInUseException", "LimitExceededException"] {
        let database = Embedded::in_memory().unwrap();
        make_plain(Dynamo::from_conf(&database.sdk_config()).client(), "views").await;
        let refused = AtomicUsize::new(0);
        let (dynamo, _) = watched(&database, move |call| match call.operation.as_str() {
            "UpdateTable" if refused.fetch_add(1, Ordering::Relaxed) == 0 => Fault::Answer(400, code),
            _ => Fault::None,
        });
        dynamo.create_tables().await.unwrap();
        assert_eq!(indexes(dynamo.client(), "views").await, BOTH, "{code}");
    }
}

#[tokio::test]
async fn another_process_may_make_the_same_index_at_the_same_moment() {
    let database = Embedded::in_memory().unwrap();
    let other = Dynamo::from_conf(&database.sdk_config());
    make_plain(other.client(), "views").await;
    let client = other.client().clone();
    let faults = Faults::after(&database, move |call| {
        let client = client.clone();
        Box::pin(async move {
            if call.operation == "UpdateTable" && indexes(&client, "views").await.is_empty() {
                add(&client, "views", "index1", ["index1pk", "index1sk"], ProjectionType::All).await;
            }
            Fault::None
        })
    });
    faults.dynamo_without_retries().create_tables().await.unwrap();
    assert_eq!(indexes(other.client(), "views").await, BOTH);
}

#[tokio::test]
async fn several_processes_may_make_all_of_it_at_once() {
    let table = prefix();
    let dynamo =
        || Dynamo::from_conf(&Emulator::ministack().sdk_config()).with_tables(Tables::with_prefix(&table));
    let (first, second, third) = (dynamo(), dynamo(), dynamo());
    make_plain(first.client(), &first.tables().views).await;
    let all = futures_util::join!(first.create_tables(), second.create_tables(), third.create_tables());
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok(), "{all:?}");
    assert_eq!(indexes(first.client(), &first.tables().views).await, BOTH);
}

#[tokio::test]
async fn an_index_of_that_name_that_is_another_one_is_refused_with_a_way_out() {
    for (keys, projection) in [
        (["index1pk", "sk"], ProjectionType::All),
        (["index1sk", "index1pk"], ProjectionType::All),
        (["index1pk", "index1sk"], ProjectionType::KeysOnly),
    ] {
        let dynamo = Dynamo::from_conf(&Embedded::in_memory().unwrap().sdk_config());
        make_plain(dynamo.client(), "views").await;
        add(dynamo.client(), "views", "index1", keys, projection).await;
        let error = dynamo.create_tables().await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        let said = chain(&error);
        for part in
            ["table `views`", "`index1`", "`index1pk` (S)", "`index1sk` (S)", "`ALL`", "Delete the index"]
        {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(indexes(dynamo.client(), "views").await, ["index1"], "nothing else is made");
    }
}

#[tokio::test]
async fn an_index_that_nobody_here_needs_stays() {
    let dynamo = Dynamo::from_conf(&Embedded::in_memory().unwrap().sdk_config());
    make_plain(dynamo.client(), "views").await;
    add(dynamo.client(), "views", "index3", ["index3pk", "index3sk"], ProjectionType::All).await;
    add(dynamo.client(), "views", "mine", ["owner", "sk"], ProjectionType::KeysOnly).await;
    dynamo.create_tables().await.unwrap();
    assert_eq!(indexes(dynamo.client(), "views").await, ["index1", "index2", "index3", "mine"]);
}

/// Real time does not pass: the runtime advances it.
#[tokio::test(start_paused = true)]
async fn an_index_that_does_not_get_ready_is_given_up_and_the_error_says_how_far_it_is() {
    let database = Embedded::in_memory().unwrap();
    make_plain(Dynamo::from_conf(&database.sdk_config()).client(), "views").await;
    let (dynamo, calls) = watched(&database, |call| match call.operation.as_str() {
        "UpdateTable" if call.body.contains("index2") => Fault::Answer(400, "LimitExceededException"),
        _ => Fault::None,
    });
    let error = dynamo.create_tables().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let said = chain(&error);
    for part in ["1 of 2 indexes", "five minutes", "call `create_tables()` again", "LimitExceeded"] {
        assert!(said.contains(part), "{said}");
    }
    let asked = calls.lock().unwrap().iter().filter(|call| call.operation == "UpdateTable").count();
    assert!((500..=610).contains(&asked), "{asked}");
}

/// A table that somebody made by hand, with provisioned capacity.
#[tokio::test]
async fn an_index_of_a_provisioned_table_has_the_capacity_of_the_table() {
    let database = Embedded::in_memory().unwrap();
    let (dynamo, calls) = watched(&database, |_| Fault::None);
    make_plain(dynamo.client(), "views").await;
    let throughput = aws_sdk_dynamodb::types::ProvisionedThroughput::builder();
    let throughput = throughput.read_capacity_units(7).write_capacity_units(3).build().unwrap();
    let update = dynamo.client().update_table().table_name("views");
    let update = update.billing_mode(aws_sdk_dynamodb::types::BillingMode::Provisioned);
    update.provisioned_throughput(throughput).send().await.unwrap();
    calls.lock().unwrap().clear();
    dynamo.create_tables().await.unwrap();
    let calls = calls.lock().unwrap();
    let made: Vec<_> = calls.iter().filter(|call| call.operation == "UpdateTable").collect();
    assert_eq!(made.len(), 2);
    let wanted = r#""ProvisionedThroughput":{"ReadCapacityUnits":7,"WriteCapacityUnits":3}"#;
    assert!(made.iter().all(|call| call.body.contains(wanted)), "{made:?}");
}
