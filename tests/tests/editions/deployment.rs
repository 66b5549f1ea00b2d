//! A deployment and its rollback, step by step.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cqrs_core::app::IntoStores;
use cqrs_core::delivery::{Consumer, Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::{MemoryViewStore, ViewStore, Write};
use cqrs_dynamo::Dynamo;
use cqrs_tests::faults::{Fault, Faults, database};
use cqrs_tests::raw;
use serde_json::json;
use tokio::task::yield_now;

use crate::till::{
    Sell, TakeBack, balance, faulty, faulty_too, field_added, field_retyped, first, fold_changed, returns,
};
use crate::world::{key, tenant};

/// Longer than any test takes.
const FOR_EVER: Duration = Duration::from_secs(36_000);

struct Shop {
    events: MemoryEventStore,
    views: MemoryViewStore,
}

/// A process of a release.
struct Process {
    app: App,
    consumer: Consumer,
}

impl Shop {
    fn new() -> Self {
        Self { events: MemoryEventStore::new(), views: MemoryViewStore::new() }
    }

    fn process(&self, release: &str, release_poll: Duration) -> Process {
        let stores = self.events.clone().into_stores().views(self.views.clone());
        let app = App::builder(stores).only([release]).settings(|settings| {
            settings.release_poll = release_poll;
            settings.read_wait = Duration::ZERO;
        });
        let app = app.build().unwrap();
        let consumer = app.consumer(release).unwrap();
        Process { app, consumer }
    }

    async fn message(&self, of: &Process, till: &str, version: u64) -> Received {
        let stream = key(till).stream().unwrap();
        let page = self.events.read(&stream, Version::new(version - 1), Version::new(version)).await.unwrap();
        Received::new(Message::of(&of.app, &page.commits[0]).body)
    }

    /// One message of the queue goes to a process.
    async fn take(&self, process: &Process, till: &str, version: u64) -> Verdict {
        let message = self.message(process, till, version).await;
        process.consumer.take(&[message]).await.remove(0)
    }

    /// The same, until no release is waited for any more: this happens when a release gives no sign of life within the
    /// same millisecond.
    async fn take_alone(&self, process: &Process, till: &str, version: u64) {
        while waits(&self.take(process, till, version).await) {
            yield_now().await;
        }
    }

    async fn record(&self) -> cqrs_core::view::StoredView {
        self.views.get(&ViewId::new("@SALES", "@")).await.unwrap().unwrap()
    }
}

fn waits(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Wait { .. })
}

/// Bread is sold this number of times, by one till, and a release has taken it all.
async fn sold(shop: &Shop, by: &Process, times: u64) {
    for id in 0..times {
        by.app.execute(&key("1"), Sell(id, "bread", 1)).await.unwrap();
        assert_eq!(shop.take(by, "1", id + 1).await, Verdict::Done);
    }
}

#[tokio::test]
async fn readers_have_the_views_of_before_until_their_own_are_whole() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    sold(&shop, &old, 5).await;
    let new = shop.process("fold_changed", FOR_EVER);
    new.app.execute(&key("2"), Sell(5, "bread", 1)).await.unwrap();
    assert!(waits(&shop.take(&new, "2", 1).await), "the old release has yet to take it");
    let bread = fold_changed::ViewKey::new(&tenant(), "bread");
    let view = new.app.view::<fold_changed::View>(&bread).await.unwrap().unwrap();
    assert_eq!(
        (view.seen.len(), view.total),
        (5, 5),
        "the sum of the old release, and not one sale of its own"
    );
    assert_eq!(shop.take(&old, "2", 1).await, Verdict::Done);

    new.consumer.settle(ready(false)).await;
    for _ in 0..1000 {
        yield_now().await;
    }
    let view = new.app.view::<fold_changed::View>(&bread).await.unwrap().unwrap();
    assert_eq!((view.seen.len(), view.total), (6, 1), "it has built its own, by itself");
    let view = old.app.view::<first::View>(&first::ViewKey::new(&tenant(), "bread")).await.unwrap().unwrap();
    assert_eq!((view.seen.len(), view.total), (6, 6), "and the old one goes on");
}

#[tokio::test]
async fn views_that_cannot_be_read_and_lists_that_are_not_there_are_no_empty_answer() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    sold(&shop, &old, 2).await;
    let new = shop.process("field_added", FOR_EVER);
    new.app.execute(&key("2"), Sell(2, "wine", 1)).await.unwrap();
    assert!(waits(&shop.take(&new, "2", 1).await));
    let (bread, tenant) = (field_added::ViewKey::new(&tenant(), "bread"), tenant());
    let error = new.app.view::<field_added::View>(&bread).await.unwrap_err();
    assert!(error.is_transient() && format!("{error:?}").contains("being built"), "{error:?}");
    let error = new.app.query::<field_added::View>(&tenant).by_count(2).await.unwrap_err();
    assert!(format!("{error:?}").contains("being built"), "{error:?}");
    new.app.replay::<field_added::View>().await.unwrap();
    assert_eq!(new.app.view::<field_added::View>(&bread).await.unwrap().unwrap().count, 2);
    assert_eq!(new.app.query::<field_added::View>(&tenant).by_count(2).await.unwrap().views.len(), 1);
}

#[tokio::test]
async fn who_is_rolled_back_reads_what_it_had_and_then_what_it_missed() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    sold(&shop, &old, 3).await;
    drop(old);
    // The earlier release gives no sign of life any more.
    let new = shop.process("field_retyped", Duration::ZERO);
    new.app.execute(&key("1"), Sell(3, "bread", 1)).await.unwrap();
    shop.take_alone(&new, "1", 4).await;
    new.app.replay::<field_retyped::View>().await.unwrap();

    let old = shop.process("first", FOR_EVER);
    let bread = first::ViewKey::new(&tenant(), "bread");
    let read = async || old.app.view::<first::View>(&bread).await.unwrap().unwrap().total;
    assert_eq!(read().await, 3, "those of the new release cannot be read");
    old.app.replay::<first::View>().await.unwrap();
    assert_eq!(read().await, 4);
}

#[tokio::test]
async fn a_stream_of_which_only_the_other_release_wants_the_beginning_comes_to_both() {
    let shop = Shop::new();
    let old = shop.process("balance", FOR_EVER);
    sold(&shop, &old, 1).await;
    let new = shop.process("returns", FOR_EVER);
    new.app.replay::<returns::View>().await.unwrap();
    new.app.execute(&key("1"), TakeBack("bread", 4)).await.unwrap();
    assert!(waits(&shop.take(&old, "1", 2).await), "the new release has yet to take it");
    assert_eq!(shop.take(&new, "1", 2).await, Verdict::Done);
    assert_eq!(shop.take(&old, "1", 2).await, Verdict::Done);
    let view = new.app.view::<returns::View>(&returns::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().cents, 4);
    let view = old.app.view::<balance::View>(&balance::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().cents, -3);
}

#[tokio::test]
async fn what_one_release_does_not_want_is_not_waited_for() {
    let shop = Shop::new();
    let returned = shop.process("returns", FOR_EVER);
    returned.app.execute(&key("1"), TakeBack("bread", 4)).await.unwrap();
    assert_eq!(shop.take(&returned, "1", 1).await, Verdict::Done);
    let balance = shop.process("balance", FOR_EVER);
    balance.app.replay::<balance::View>().await.unwrap();
    balance.app.execute(&key("1"), Sell(0, "bread", 9)).await.unwrap();
    assert_eq!(shop.take(&balance, "1", 2).await, Verdict::Done);
}

#[tokio::test]
async fn a_commit_that_a_new_fold_cannot_take_comes_to_the_old_one_first() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    sold(&shop, &old, 1).await;
    let new = shop.process("faulty", FOR_EVER);
    new.app.replay::<faulty::View>().await.unwrap();
    new.app.execute(&key("1"), Sell(1, "bread", 13)).await.unwrap();
    for _ in 0..3 {
        assert!(waits(&shop.take(&new, "1", 2).await), "the old release can take it");
    }
    let verdict = shop.take(&old, "1", 2).await;
    assert!(waits(&verdict), "{verdict:?} {:#}", shop.record().await.data);
    let view = old.app.view::<first::View>(&first::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().total, 14);
    let mut verdict = shop.take(&new, "1", 2).await;
    while matches!(verdict, Verdict::Retry { .. }) {
        verdict = shop.take(&new, "1", 2).await;
    }
    assert!(matches!(verdict, Verdict::Dead { .. }), "{verdict:?}");
}

#[tokio::test]
async fn what_neither_release_can_take_becomes_a_dead_letter() {
    let shop = Shop::new();
    let one = shop.process("faulty", FOR_EVER);
    sold(&shop, &one, 1).await;
    let other = shop.process("faulty_too", FOR_EVER);
    other.app.replay::<faulty_too::View>().await.unwrap();
    other.app.execute(&key("1"), Sell(1, "bread", 13)).await.unwrap();
    let mut dead = None;
    for _ in 0..20 {
        for process in [&one, &other] {
            if let Verdict::Dead { reason } = shop.take(process, "1", 2).await {
                dead.get_or_insert(reason);
            }
        }
    }
    let reason = dead.expect("they leave it to each other for ever");
    assert!(reason.contains("a bad price") && reason.contains("another release"), "{reason}");
}

#[tokio::test]
async fn a_fold_that_cannot_take_what_is_there_never_becomes_what_is_read() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    old.app.execute(&key("1"), Sell(0, "bread", 13)).await.unwrap();
    assert_eq!(shop.take(&old, "1", 1).await, Verdict::Done);
    let new = shop.process("faulty", FOR_EVER);
    let error = new.app.replay::<faulty::View>().await.unwrap_err();
    assert!(format!("{error:?}").contains("a bad price"), "{error:?}");
    assert_eq!(
        new.app.dead_letters().list().await.unwrap(),
        [],
        "they would hold up the old release after a rollback"
    );
    let view = old.app.view::<first::View>(&first::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().total, 13);
}

#[tokio::test]
async fn who_comes_back_while_its_views_are_removed_begins_anew() {
    let shop = Shop::new();
    let old = shop.process("first", FOR_EVER);
    sold(&shop, &old, 3).await;
    drop(old);
    let new = shop.process("fold_changed", Duration::ZERO);
    new.app.execute(&key("1"), Sell(3, "bread", 1)).await.unwrap();
    shop.take_alone(&new, "1", 4).await;
    new.app.replay::<fold_changed::View>().await.unwrap();
    // Its remover was killed.
    let mut record = shop.record().await;
    let expected = record.revision();
    assert_eq!(record.data["state"], json!("behind"));
    record.data["state"] = json!("leaving");
    record.version = record.version.next();
    assert_eq!(shop.views.put(&record, expected).await.unwrap(), Write::Done);

    let old = shop.process("first", FOR_EVER);
    old.app.run_until_idle().await.unwrap();
    let view = old.app.view::<first::View>(&first::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().total, 4);
    let record = shop.record().await.data;
    assert_eq!(record["state"], json!("gone"), "what was left of it is removed: {record}");
    let plain = ViewId::new("T#SALES", "SALES#bread");
    assert_eq!(shop.views.get(&plain).await.unwrap(), None);
}

/// The old release takes a commit when the new one has read the stream, but has not yet noted that it takes part in it.
#[tokio::test]
async fn what_is_taken_between_the_reading_and_the_note_comes_to_the_new_release_by_itself() {
    let (database, dynamo) = database().await;
    let app = |dynamo: &Dynamo, release| App::builder(dynamo.clone()).only([release]).build().unwrap();
    let old = app(&dynamo, "first");
    let consumer = Arc::new(old.consumer("first").unwrap());
    let stream = key("1").stream().unwrap();
    let (events, taker) = (dynamo.event_store(), old.clone());
    let take = Arc::new(async move |version: u64| {
        taker.execute(&key("1"), Sell(version - 1, "bread", 1)).await.unwrap();
        let page = events.read(&stream, Version::new(version - 1), Version::new(version)).await.unwrap();
        let message = Received::new(Message::of(&taker, &page.commits[0]).body);
        assert_eq!(consumer.take(&[message]).await, [Verdict::Done]);
    });
    take(1).await;
    let has_taken = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_taken);
    let faults = Faults::after(&database, move |call| {
        let (take, seen) = (Arc::clone(&take), Arc::clone(&seen));
        Box::pin(async move {
            // The fence of the old release.
            let is_fence = call.operation == "GetItem" && call.body.contains("T#TILL@SALES\"");
            if is_fence && !seen.swap(true, Ordering::Relaxed) {
                take(2).await;
            }
            Fault::None
        })
    });
    let new = app(&faults.dynamo_without_retries(), "fold_changed");
    new.replay::<fold_changed::View>().await.unwrap();
    assert!(has_taken.load(Ordering::Relaxed));
    let view = new.view::<fold_changed::View>(&fold_changed::ViewKey::new(&tenant(), "bread")).await.unwrap();
    assert_eq!(view.unwrap().seen, [0, 1]);
}

#[tokio::test]
async fn what_a_restore_has_taken_back_is_in_the_views_of_no_release() {
    let (_, dynamo) = database().await;
    let app = |release| App::builder(dynamo.clone()).only([release]).build().unwrap();
    let old = app("first");
    for id in 0..3 {
        old.execute(&key("1"), Sell(id, "bread", 1)).await.unwrap();
    }
    old.run_until_idle().await.unwrap();
    let new = app("fold_changed");
    new.run_until_idle().await.unwrap();
    raw::take_back(&dynamo, &key("1"), 2).await;
    new.after_restore().await.unwrap();
    let bread = fold_changed::ViewKey::new(&tenant(), "bread");
    assert_eq!(new.view::<fold_changed::View>(&bread).await.unwrap().unwrap().seen, [0, 1]);
    // The deployment is rolled back to a program that knows nothing about the restore.
    let old = app("first");
    old.run_until_idle().await.unwrap();
    let bread = first::ViewKey::new(&tenant(), "bread");
    assert_eq!(old.view::<first::View>(&bread).await.unwrap().unwrap().seen, [0, 1]);
    let letters = old.dead_letters().list().await.unwrap();
    // The relay reports that commits were taken back.
    assert!(letters.iter().all(|letter| letter.id.subscriber == "@relay"), "{letters:?}");
}

/// Requests and write units for each stream, in addition to the fixed cost of a build.
#[tokio::test]
async fn a_building_costs_a_tenth_of_a_request_for_each_stream() {
    let mut costs = Vec::new();
    for streams in [50, 150] {
        let (_, dynamo) = database().await;
        let app = |release| App::builder(dynamo.clone()).only([release]).build().unwrap();
        let old = app("first");
        for number in 0..streams {
            old.execute(&key(&number.to_string()), Sell(number, "bread", 1)).await.unwrap();
        }
        old.run_until_idle().await.unwrap();
        let before = dynamo.cost();
        app("fold_changed").replay::<fold_changed::View>().parallel(1).await.unwrap();
        let cost = dynamo.cost() - before;
        costs.push((cost.requests, cost.write_units));
    }
    let each = (costs[1].0 - costs[0].0, costs[1].1 - costs[0].1);
    // Of 100 streams: their fences, a record, and two transactions of fences and a view; the fences of the other edition are read, and
    // written in one transaction. A fence costs 2 units in each edition.
    assert!((100 / 25..=100 / 10).contains(&each.0), "{costs:?}");
    // The view that all of them share is written once in each transaction, with its entry in an index.
    assert!((100.0 * 4.0..=100.0 * 4.2).contains(&each.1), "{costs:?}");
}
