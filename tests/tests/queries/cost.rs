//! The cost of a page, and the cost of an index for a write.

use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::EventStore;
use cqrs_core::view::{IndexEntry, Revision, StoredView, ViewId, ViewStore, Write};

use crate::embedded;
use crate::shop::{GoodKey, Label, Level, Listed, Stock, Stocked, tenant};

fn good(group: String, number: i32) -> Stocked {
    let (name, label, level) = ("n".to_owned(), Label("l".to_owned()), Level::Low);
    Stocked { group, name, label, number, size: 1, level, when: None, open: true }
}

/// A customer's 20 orders among 10,000.
#[tokio::test]
async fn a_query_reads_what_it_returns() {
    let (dynamo, app) = embedded().await;
    let here = tenant("T");
    let views = dynamo.views();
    // As a projection writes them, and faster.
    app.execute(&GoodKey::new(&here, "first"), Stock(good("first".to_owned(), 0))).await.unwrap();
    app.run_until_idle().await.unwrap();
    let first = views.get(&ViewId::new("T#LISTED", "LISTED#first")).await.unwrap().unwrap();
    for number in 0..10_000 {
        let view = view_of(&first, &format!("{number:05}"), &good(format!("c{}", number % 500), number));
        assert_eq!(views.put(&view, Revision::NONE).await.unwrap(), Write::Done);
    }
    let before = dynamo.cost();
    let page = app.query::<Listed>(&here).by_group("c7").descending().limit(50).await.unwrap();
    let by_index = dynamo.cost() - before;
    assert_eq!((page.views.len(), page.next), (20, None));
    assert_eq!(page.views[0].view.number, 9_507);
    assert_eq!(by_index.requests, 1);

    let before = dynamo.cost();
    let mut found = 0;
    let mut all = app.views::<Listed>(&here);
    while let Some(view) = all.try_next().await.unwrap() {
        found += usize::from(view.view.group == "c7");
    }
    let by_filter = dynamo.cost() - before;
    assert_eq!(found, 20);
    println!("20 of 10,000: {by_index:?} by index, {by_filter:?} by `views` and a filter");
    assert!(by_filter.read_units >= 100.0 * by_index.read_units, "{by_index:?} {by_filter:?}");

    for pages in [1, 2, 7] {
        let mut after = None;
        for _ in 0..pages {
            let before = dynamo.cost();
            let page = app.query::<Listed>(&here).by_group("c7").limit(3).after(after).await.unwrap();
            assert_eq!((dynamo.cost() - before).requests, 1, "one request for a page");
            after = page.next;
        }
    }
}

/// A view of up to 1 KB takes 1 write unit, and 1 for each index that it stands in; 2 where it moves.
#[tokio::test]
async fn an_index_takes_a_write_unit() {
    let (dynamo, _) = embedded().await;
    let key = GoodKey::new(&tenant("T"), "1");
    let app = App::builder(&dynamo).settings(|settings| settings.trusted_messages = true).only(["Listed"]);
    let app = app.build().unwrap();
    let mut told = Vec::new();
    for (number, when) in [(1, None), (2, None), (2, None), (3, Some(Timestamp::now()))] {
        app.execute(&key, Stock(Stocked { when, ..good("x".to_owned(), number) })).await.unwrap();
        let page = dynamo
            .event_store()
            .read_last(&key.stream().unwrap(), Version::NONE, Version::MAX, 1)
            .await
            .unwrap();
        let message = Received::new(Message::of(&app, &page.commits[0]).body);
        let consumer = app.consumer("Listed").unwrap();
        let taken = dynamo.spent(consumer.take(std::slice::from_ref(&message))).await;
        assert_eq!(taken.output, [Verdict::Done]);
        told.push((taken.names.last().cloned().unwrap_or_default(), taken.cost.write_units));
    }
    // In `by_group` and `by_open`. Another number moves it in the first, which is a write at the old place and one at the new.
    // At the end it stands in `by_label` and `by_when`, too.
    let put = |units| ("PutItem".to_owned(), units);
    assert_eq!(told, [put(3.0), put(4.0), put(3.0), put(6.0)]);
}

/// A view as it is stored in its indexes, beside the first one.
fn view_of(first: &StoredView, id: &str, good: &Stocked) -> StoredView {
    let Stocked { group, name, label, number, level, when, open, .. } = good.clone();
    let view = Listed { group, name, label, number, level, when, open };
    let by_group = first.entries[0].pk.strip_suffix("first").unwrap();
    let entries = vec![
        IndexEntry::new(1, format!("{by_group}{}", view.group), format!("{:020} {id}", view.number)),
        IndexEntry::new(3, first.entries[1].pk.as_str(), format!("{} {id}", view.name)),
    ];
    let data = serde_json::to_value(&view).unwrap();
    let id = ViewId::new(first.id.pk.as_str(), format!("LISTED#{id}"));
    StoredView::new(id, Version::new(1), data, Timestamp::now())
        .with_entries(entries)
        .with_fingerprint(first.fingerprint.clone())
}
