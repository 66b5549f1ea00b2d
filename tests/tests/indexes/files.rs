//! A file that an earlier version made, without indexes.

use cqrs_core::prelude::*;
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Open, Statement, Wealth, deposit};
use tempfile::TempDir;

use crate::{indexes, item, make_plain, put, query, sort_keys};

#[tokio::test]
async fn a_file_of_an_earlier_version_gets_its_indexes_when_it_is_opened_and_keeps_its_views() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    {
        let database = Embedded::open(&path).unwrap();
        let dynamo = Dynamo::from_conf(&database.sdk_config());
        make_plain(dynamo.client(), "views").await;
        // The other tables are as they were.
        let only =
            |name: &str| cqrs_dynamo::Tables { views: name.to_owned(), ..cqrs_dynamo::Tables::default() };
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
