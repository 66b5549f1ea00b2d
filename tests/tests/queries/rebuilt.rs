//! Lists while a projection across streams is rebuilt.

use std::sync::Mutex;

use cqrs_core::view::{ViewId, ViewStore};

use crate::embedded;
use crate::shop::{GoodKey, Label, Level, Named, Stock, Stocked, tenant};

fn good(name: &str, size: u64) -> Stocked {
    let (group, name, label) = ("x".to_owned(), name.to_owned(), Label("l".to_owned()));
    Stocked { group, name, label, number: 1, size, level: Level::Low, when: None, open: true }
}

/// Shadows are built aside, and stand in no list until they are swapped in; then the list has each view once.
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

    // An entry that no fold has made: the replay takes it away.
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
