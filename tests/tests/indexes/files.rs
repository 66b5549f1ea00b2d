//! Indexes in the file of an embedded database: one that an earlier version made without them, and a large one.

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded, Tables};
use cqrs_tests::bank::{self, Open, Statement, Wealth, deposit};
use dynoxide::storage::Storage;
use tempfile::TempDir;

use crate::{describe, indexes, item, make_plain, put, query, sort_keys};

#[tokio::test]
async fn a_file_of_an_earlier_version_gets_its_indexes_when_it_is_opened_and_keeps_its_views() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    {
        let database = Embedded::open(&path).unwrap();
        let dynamo = Dynamo::from_conf(&database.sdk_config());
        make_plain(dynamo.client(), "views").await;
        // The other tables are as they were.
        let only = |name: &str| Tables { views: name.to_owned(), ..Tables::default() };
        dynamo.clone().with_tables(only("elsewhere")).create_tables().await.unwrap();
        assert_eq!(indexes(dynamo.client(), "views").await, [""; 0]);
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement", "Wealth"]);
        let app = app.build().unwrap();
        for number in ["1", "2"] {
            app.execute(&bank::account(number), Open { owner: "Ada".into() }).await.unwrap();
            app.execute(&bank::account(number), deposit(40)).await.unwrap();
        }
        app.run_until_idle().await.unwrap();
        put(dynamo.client(), "views", item("T#V", "1", "T#V#by#a", "1")).await;
    }
    let dynamo = Dynamo::embedded(&path).await.unwrap();
    assert_eq!(indexes(dynamo.client(), "views").await, ["index1", "index2"]);
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement", "Wealth"]);
    let app = app.build().unwrap();
    let statement = app.view::<Statement>(&bank::account("1")).await.unwrap();
    assert_eq!(statement, Some(Statement { lines: vec![40] }));
    // They are written on, and so are those beside them.
    app.execute(&bank::account("1"), deposit(2)).await.unwrap();
    app.run_until_idle().await.unwrap();
    let key = bank::WealthKey::new(&bank::tenant(), "Ada");
    assert_eq!(app.view::<Wealth>(&key).await.unwrap(), Some(Wealth { cents: 82, folded: 5 }));
    put(dynamo.client(), "views", item("T#V", "2", "T#V#by#a", "0")).await;
    let page = query(dynamo.client(), "views", "T#V#by#a").send().await.unwrap();
    assert_eq!(sort_keys(page.items()), ["2", "1"]);
}

/// SQLite's own indexes answer what dynoxide 3.2 asks of an index, and what this crate asks in addition.
#[tokio::test]
async fn no_look_up_of_an_index_goes_through_all_there_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    drop(Dynamo::embedded(&path).await.unwrap());
    let storage = Storage::new(path.to_str().unwrap()).unwrap();
    for asked in [
        "SELECT gsi_pk, gsi_sk, item_json FROM \"views::gsi::index1\" WHERE gsi_pk = ?1 AND gsi_sk BETWEEN ?2 AND ?3 \
         AND (gsi_sk, table_pk, table_sk) > (?4, ?5, ?6) ORDER BY gsi_sk ASC, table_pk ASC, table_sk ASC LIMIT 20",
        "SELECT gsi_pk, gsi_sk, item_json FROM \"views::gsi::index1\" WHERE gsi_pk = ?1 \
         AND (gsi_sk, table_pk, table_sk) < (?4, ?5, ?6) ORDER BY gsi_sk DESC, table_pk DESC, table_sk DESC LIMIT 20",
        "DELETE FROM \"views::gsi::index1\" WHERE table_pk = ?1 AND table_sk = ?2",
        "SELECT item.item_size FROM \"views::gsi::index1\" AS entry \
         JOIN \"views\" AS item ON item.pk = entry.table_pk AND item.sk = entry.table_sk \
         WHERE entry.gsi_pk = ?1 AND (entry.gsi_sk, entry.table_pk, entry.table_sk) < (?2, ?3, ?4) \
         ORDER BY entry.gsi_sk DESC, entry.table_pk DESC, entry.table_sk DESC LIMIT 4096",
    ] {
        let mut statement = storage.conn().prepare(&format!("EXPLAIN QUERY PLAN {asked}")).unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>(3).unwrap());
        }
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{asked}: {steps:?}");
    }
}

/// A table is described when a program starts, however much is in it.
#[tokio::test]
async fn a_large_table_with_indexes_is_described_without_being_counted() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let client = dynamo.client();
    for numbers in (0..2_000).collect::<Vec<_>>().chunks(25) {
        let puts = numbers.iter().map(|number| {
            let item = item("p", &format!("{number:04}"), "T#V#by#a", &format!("{number:04}"));
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        });
        client.batch_write_item().request_items("views", puts.collect()).send().await.unwrap();
    }
    // Writing over one does not make more of them; an estimate takes it for one more.
    put(client, "views", item("p", "0000", "T#V#by#a", "0000")).await;
    let description = describe(client, "views").await;
    assert_eq!(description.item_count(), Some(2_001), "it was counted");
    let names: Vec<_> =
        description.global_secondary_indexes().iter().map(|index| index.index_name()).collect();
    assert_eq!(names, [Some("index1"), Some("index2")]);
    dynamo.create_tables().await.unwrap();
    assert_eq!(indexes(client, "views").await, ["index1", "index2"]);
}
