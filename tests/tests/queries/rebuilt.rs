//! Lists while a projection across streams is rebuilt.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use cqrs_core::App;
use cqrs_core::view::{ViewId, ViewStore};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Fault, Faults};

use crate::embedded;
use crate::shop::{GoodKey, Label, Level, Named, Stock, Stocked, tenant};

fn good(name: &str, size: u64) -> Stocked {
    let (group, name, label) = ("x".to_owned(), name.to_owned(), Label("l".to_owned()));
    Stocked { group, name, label, number: 1, size, level: Level::Low, when: None, open: true }
}

/// Shadows are built separately, and are in no list until they are swapped in; then the list has each view once.
#[tokio::test]
async fn a_list_has_no_view_twice_while_it_is_rebuilt() {
    let (dynamo, app) = embedded().await;
    let here = tenant("T");
    for number in 0..12 {
        app.execute(&GoodKey::new(&here, format!("{number:02}")), Stock(good(&format!("n{number:02}"), 1)))
            .await
            .unwrap();
    }
    app.run_until_idle().await.unwrap();
    let list = || async {
        let page = app.query::<Named>(&here).by_size(1).await.unwrap();
        page.views.iter().map(|found| found.key.name().clone()).collect::<Vec<_>>()
    };
    let before = list().await;
    assert_eq!(before.len(), 12);

    // An entry that no fold has made: the replay removes it.
    let views = dynamo.views();
    let mut lost = views.get(&ViewId::new("T#NAMED", "NAMED#x#n03")).await.unwrap().unwrap();
    lost.entries[0].pk.push('9');
    let expected = lost.revision();
    lost.version = lost.version.next();
    let _ = views.put(&lost, expected).await.unwrap();
    assert_eq!(list().await.len(), 11);

    let pages = Mutex::new(Vec::new());
    let replay = app.replay::<Named>();
    let looks = async {
        for _ in 0..20 {
            let page = list().await;
            pages.lock().unwrap().push(page);
            tokio::task::yield_now().await;
        }
    };
    let (replayed, ()) = futures_util::join!(replay.into_future(), looks);
    replayed.unwrap();
    for mut page in pages.into_inner().unwrap() {
        let length = page.len();
        page.sort();
        page.dedup();
        assert!(page.len() == length && (11..=12).contains(&length), "{page:?}");
    }
    assert_eq!(list().await, before);
}

/// The partitions that a table, or an index, holds items of that have views.
async fn partitions(client: &Client, index: Option<&str>) -> BTreeSet<String> {
    let scan = client.scan().table_name("views").set_index_name(index.map(str::to_owned));
    let items = scan.filter_expression("attribute_exists(updatedAt)").send().await.unwrap().items.unwrap();
    items.iter().map(|item| item["pk"].as_s().unwrap().clone()).collect()
}

/// An entry in an index costs a write unit, even if no list leads to it.
#[tokio::test]
async fn what_is_built_aside_stands_in_no_index_until_it_is_swapped_in() {
    let database = Embedded::in_memory().unwrap();
    Dynamo::from_conf(&database.sdk_config()).create_tables().await.unwrap();
    let plain = Client::new(&database.sdk_config());
    let seen = Arc::new(Mutex::new([BTreeSet::new(), BTreeSet::new()]));
    let notes = Arc::clone(&seen);
    let faults = Faults::after(&database, move |_| {
        let (client, notes) = (plain.clone(), Arc::clone(&notes));
        Box::pin(async move {
            let found = [partitions(&client, None).await, partitions(&client, Some("index1")).await];
            let mut notes = notes.lock().unwrap();
            notes.iter_mut().zip(found).for_each(|(noted, found)| noted.extend(found));
            Fault::None
        })
    });
    let app = App::builder(faults.dynamo_without_retries()).only(["Named"]).build().unwrap();
    for number in 0..3 {
        let key = GoodKey::new(&tenant("T"), format!("{number}"));
        app.execute(&key, Stock(good(&format!("n{number}"), 1))).await.unwrap();
    }
    app.run_until_idle().await.unwrap();
    app.replay::<Named>().await.unwrap();
    let [table, index] = &*seen.lock().unwrap();
    assert!(table.len() > 1, "views are built aside: {table:?}");
    assert_eq!(index.iter().collect::<Vec<_>>(), ["T#NAMED"]);
}
