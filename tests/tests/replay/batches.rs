//! Replays write many views with one request. The fate of one view does not concern the others.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::view::{Fence, Revision, StoredView, Unfenced, ViewStore, Write};
use cqrs_core::{EventStore, Version};
use cqrs_tests::bank::{AccountKey, Open, Statement, Wealth, WealthKey, deposit};
use cqrs_tests::faults::{self, Call, Fault, Faults};
use serde_json::json;

use crate::world::*;

const BATCH: &str = "BatchExecuteStatement";

/// The operations that write views, with how many they write.
#[derive(Debug, Clone, Default)]
struct Writes(Arc<Mutex<Vec<(String, usize)>>>);

impl Writes {
    fn note(&self, call: &Call) {
        let is_write = ["PutItem", BATCH].contains(&call.operation.as_str());
        // Which replays there were is a view, too.
        if is_write && call.is_for("views") && !call.body.contains("\"@STATEMENT\"") {
            self.0.lock().unwrap().push((call.operation.clone(), call.statements().max(1)));
        }
    }

    fn take(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn north(number: &str) -> AccountKey {
    AccountKey::new(&tenant("NORTH"), number)
}

async fn open_accounts(app: &App, count: usize, name: &str) {
    for number in 0..count {
        let owner = format!("{name}-{number}");
        app.execute(&north(&owner), Open { owner: owner.clone() }).await.unwrap();
        app.execute(&north(&owner), deposit(5)).await.unwrap();
    }
}

#[tokio::test]
async fn a_view_that_gets_ahead_while_a_batch_is_on_its_way_stays_and_the_others_are_written() {
    let world = World::with_old_views().await;
    let (live, writes, was_ahead) = (world.clone(), Writes::default(), Arc::new(AtomicBool::new(false)));
    let noted = writes.clone();
    let faults = Faults::after(&world.database, move |call| {
        let (live, was_ahead) = (live.clone(), Arc::clone(&was_ahead));
        noted.note(&call);
        Box::pin(async move {
            if call.operation == BATCH && !was_ahead.swap(true, Ordering::SeqCst) {
                live.consumer.execute(&north("2"), deposit(77)).await.unwrap();
                live.consumer.run_until_idle().await.unwrap();
            }
            Fault::None
        })
    });
    let replayer = app(&faults.dynamo_without_retries());
    let done = replayer.replay::<Statement>().tenant(&tenant("NORTH")).await.unwrap();
    assert_eq!((done.streams, done.views), (3, 3));
    // The three of the tenant, and the one again that had come further.
    assert_eq!(writes.take(), [(BATCH.to_owned(), 3), ("PutItem".to_owned(), 1)]);
    Kind::Statement.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap();
    world.assert_whole(Kind::Statement, "ahead").await;
}

/// New views take another statement than those that are there, and a batch may hold both.
#[tokio::test]
async fn views_that_are_there_and_new_ones_are_written_alike() {
    for (there, new) in [(40, 0), (0, 40), (30, 10), (10, 30)] {
        let (database, dynamo) = faults::database().await;
        let consumer = app(&dynamo);
        open_accounts(&consumer, there, "there").await;
        consumer.run_until_idle().await.unwrap();
        spoil(&dynamo.views()).await;
        open_accounts(&consumer, new, "new").await;
        let writes = Writes::default();
        let noted = writes.clone();
        let faults = Faults::new(&database, move |call| {
            noted.note(call);
            Fault::None
        });
        let replayer = app(&faults.dynamo_without_retries());
        for _ in 0..2 {
            replayer.replay::<Statement>().tenant(&tenant("NORTH")).await.unwrap();
        }
        let world = World { database, consumer, dynamo };
        assert_eq!(Views::stored(&world.app()).await.statements.len(), 40);
        let folded = Views::folded(&world.dynamo).await;
        assert_eq!(Views::stored(&world.app()).await.statements, folded.statements, "{there} and {new}");
        let written = writes.take();
        assert!(written.iter().all(|(operation, _)| operation == BATCH), "{written:?}");
        // Twice two batches, and what was tried the wrong way.
        assert!(written.len() <= 4 + 4, "{written:?}");
    }
}

/// A view that a batch leaves undecided is written alone, with all the rules for single writes.
#[tokio::test]
async fn statements_that_are_throttled_are_written_one_by_one() {
    const ONE: &str = r#"{"Responses":[{"TableName":"views"},{"Error":{"Code":"ThrottlingError","Message":"slow"}},
        {"Error":{"Code":"TransactionConflict","Message":"met one"}}]}"#;
    const NONE: &str = r#"{"Responses":[]}"#;
    for (reply, singly) in [(ONE, 2), (NONE, 3)] {
        let world = World::with_old_views().await;
        let writes = Writes::default();
        let noted = writes.clone();
        let faults = Faults::new(&world.database, move |call| {
            noted.note(call);
            if call.operation == BATCH { Fault::Reply(reply) } else { Fault::None }
        });
        let replayer = app(&faults.dynamo_without_retries());
        replayer.replay::<Statement>().tenant(&tenant("NORTH")).await.unwrap();
        let written = writes.take();
        assert_eq!(written.len(), 1 + singly, "{written:?}");
        if singly == 3 {
            Kind::Statement.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap();
            world.assert_whole(Kind::Statement, "throttled").await;
        }
    }
}

/// An earlier role has no right to batches, and an emulator may not know them.
#[tokio::test]
async fn where_batches_are_refused_all_is_done_one_by_one() {
    for (status, code) in [(400, "AccessDeniedException"), (400, "UnknownOperationException")] {
        for kind in KINDS {
            let world = World::with_old_views().await;
            let refused = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&refused);
            let faults = Faults::new(&world.database, move |call| {
                if [BATCH, "BatchGetItem"].contains(&call.operation.as_str()) {
                    count.fetch_add(1, Ordering::SeqCst);
                    return Fault::Answer(status, code);
                }
                Fault::None
            });
            let replayer = app(&faults.dynamo_without_retries());
            kind.replay(&replayer, None).await.unwrap();
            world.assert_whole(kind, code).await;
            assert!(refused.swap(0, Ordering::SeqCst) > 0);
            kind.replay(&replayer, None).await.unwrap();
            assert_eq!(refused.load(Ordering::SeqCst), 0, "{kind:?}: it is not tried again");
        }
    }
}

/// DynamoDB may also say so of each statement.
#[tokio::test]
async fn statements_without_a_right_are_not_tried_again() {
    const BARRED: &str = r#"{"Responses":[{"Error":{"Code":"AccessDenied","Message":"no right"}},
        {"Error":{"Code":"AccessDenied","Message":"no right"}},{"Error":{"Code":"AccessDenied","Message":"no right"}}]}"#;
    let world = World::with_old_views().await;
    let writes = Writes::default();
    let noted = writes.clone();
    let faults = Faults::new(&world.database, move |call| {
        noted.note(call);
        if call.operation == BATCH { Fault::Reply(BARRED) } else { Fault::None }
    });
    let replayer = app(&faults.dynamo_without_retries());
    for (tenant, batches) in [("NORTH", 1), ("SOUTH", 0)] {
        replayer.replay::<Statement>().tenant(&crate::world::tenant(tenant)).await.unwrap();
        let (batched, singly): (Vec<_>, Vec<_>) =
            writes.take().into_iter().partition(|(operation, _)| operation == BATCH);
        assert_eq!((batched.len(), singly.len()), (batches, 3));
    }
    world.assert_whole(Kind::Statement, "without a right").await;
}

/// The role has no right at all: that is reported, and is not a matter of batches.
#[tokio::test]
async fn a_table_that_may_not_be_written_is_reported() {
    let world = World::with_old_views().await;
    let faults = Faults::new(&world.database, |call| match call.operation.as_str() {
        BATCH => Fault::Answer(400, "AccessDeniedException"),
        "PutItem" if call.body.contains("#STATEMENT\"") => Fault::Answer(400, "AccessDeniedException"),
        _ => Fault::None,
    });
    let error = Kind::Statement.replay(&app(&faults.dynamo_without_retries()), None).await.unwrap_err();
    assert!(!error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn streams_that_are_written_to_while_they_go_together_are_applied_once() {
    for at in 0..3 {
        let world = World::with_old_views().await;
        open_accounts(&world.consumer, 80, "many").await;
        world.consumer.run_until_idle().await.unwrap();
        let (live, together) = (world.clone(), Arc::new(AtomicUsize::new(0)));
        let faults = Faults::after(&world.database, move |call| {
            let live = live.clone();
            let meets = call.operation == "TransactWriteItems"
                && call.body.matches("@WEALTH").count() > 1
                && together.fetch_add(1, Ordering::SeqCst) == at;
            Box::pin(async move {
                if meets {
                    for number in 0..80 {
                        live.consumer.execute(&north(&format!("many-{number}")), deposit(1)).await.unwrap();
                    }
                    live.consumer.run_until_idle().await.unwrap();
                }
                Fault::None
            })
        });
        Kind::Wealth.replay(&app(&faults.dynamo_without_retries()), None).await.unwrap();
        world.live(0).await;
        world.assert_whole(Kind::Wealth, &format!("met at {at}")).await;
    }
}

/// Of these both copies are written, which are more than one transaction takes.
#[tokio::test]
async fn streams_of_which_nothing_was_delivered_go_together_with_others() {
    let world = World::with_old_views().await;
    open_accounts(&world.consumer, 30, "known").await;
    world.consumer.run_until_idle().await.unwrap();
    open_accounts(&world.consumer, 70, "unknown").await;
    // Of some a part was delivered.
    for number in (0..30).step_by(3) {
        world.consumer.execute(&north(&format!("known-{number}")), deposit(9)).await.unwrap();
    }
    let before = world.dynamo.cost();
    let replayer = world.app();
    Kind::Wealth.replay(&replayer, None).await.unwrap();
    let requests = (world.dynamo.cost() - before).requests;
    assert!(requests < 60, "{requests} requests for 106 streams");
    world.consumer.run_until_idle().await.unwrap();
    world.live(0).await;
    world.assert_whole(Kind::Wealth, "undelivered").await;
}

/// A process that delivered a commit has died between the view and the fence.
#[tokio::test]
async fn a_view_that_is_ahead_of_a_fence_takes_nothing_twice_where_streams_go_together() {
    let world = World::new().await;
    let (app, key) = (world.app(), north("1"));
    let owner = WealthKey::new(&tenant("NORTH"), app.load(&key).await.unwrap().state.owner);
    let before = app.view::<Wealth>(&owner).await.unwrap().unwrap();
    world.consumer.execute(&key, deposit(9)).await.unwrap();
    let last = app.load(&key).await.unwrap().version;
    let stream = key.stream().unwrap();
    let page = EventStore::read(&world.dynamo.event_store(), &stream, last.previous(), last).await.unwrap();

    let views = world.dynamo.views();
    let id = ViewId::new("NORTH#WEALTH", format!("WEALTH#{}", owner.owner()));
    let view = ViewStore::get(&views, &id).await.unwrap().unwrap();
    let data = json!({ "cents": before.cents + 9, "folded": before.folded + 1 });
    let ahead = StoredView::new(id, view.version.next(), data, Timestamp::now())
        .with_generation(view.generation)
        .with_digest(Some(page.commits[0].digest()))
        .with_unfenced(Some(Unfenced::new(stream, last)));
    assert_eq!(views.put(&ahead, view.revision()).await.unwrap(), Write::Done);

    // The replay gets as far as to what it would put in the place of the live views.
    let faults = Faults::new(&world.database, |call| {
        let swaps = call.operation == "Scan" && call.is_for("views");
        if swaps { Fault::Answer(400, "AccessDeniedException") } else { Fault::None }
    });
    Kind::Wealth.replay(&super::world::app(&faults.dynamo_without_retries()), None).await.unwrap_err();
    let met = app.view::<Wealth>(&owner).await.unwrap().unwrap();
    assert_eq!((met.cents, met.folded), (before.cents + 9, before.folded + 1));
    Kind::Wealth.replay(&app, None).await.unwrap();
    world.consumer.run_until_idle().await.unwrap();
    world.assert_whole(Kind::Wealth, "ahead of a fence").await;
}

/// One of many cannot be read, or not be applied.
#[tokio::test]
async fn a_commit_that_cannot_be_applied_is_reported_where_streams_go_together() {
    let unreadable = json!({ "cents": "many" });
    let too_much = json!({ "owner": "Ada", "cents": u64::MAX, "note": "" });
    for data in [unreadable, too_much] {
        let world = World::new().await;
        let mut broken = cqrs_tests::commits::commit(&north("1").stream().unwrap(), 4, data);
        broken.events[0].name = "Deposited".into();
        cqrs_tests::commits::append(&world.dynamo.event_store(), &broken).await.unwrap();
        let error = Kind::Wealth.replay(&world.app(), Some(&tenant("NORTH"))).await.unwrap_err();
        assert!(!error.is_transient() && error.to_string().contains("Wealth"), "{error}");
    }
}

fn view(number: usize) -> StoredView {
    let id = ViewId::new("NORTH#STATEMENT", format!("STATEMENT#{number}"));
    StoredView::new(id, Version::new(1), json!({ "lines": [number] }), Timestamp::now())
}

/// DynamoDB answers what it comes to.
#[tokio::test]
async fn keys_that_were_not_processed_are_read_again() {
    let key = |number: &usize| json!({ "pk": { "S": "NORTH#STATEMENT" }, "sk": { "S": format!("STATEMENT#{number}") } });
    let unprocessed = |numbers: &[usize]| {
        let keys: Vec<_> = numbers.iter().map(key).collect();
        let reply = json!({ "Responses": {}, "UnprocessedKeys": { "views": { "Keys": keys } } });
        &*Box::leak(reply.to_string().into_boxed_str())
    };
    // None of them, again and again; all except one that is not there, once.
    for (missed, times) in [(vec![0, 1, 2, 3], 100), (vec![0, 1, 2], 1)] {
        let (database, dynamo) = faults::database().await;
        for number in 0..3 {
            assert_eq!(dynamo.views().put(&view(number), Revision::NONE).await.unwrap(), Write::Done);
        }
        let (reply, asked) = (unprocessed(&missed), AtomicUsize::new(0));
        let faults = Faults::new(&database, move |call| {
            let is_missed = call.operation == "BatchGetItem" && asked.fetch_add(1, Ordering::SeqCst) < times;
            if is_missed { Fault::Reply(reply) } else { Fault::None }
        });
        let ids: Vec<_> = (0..4).rev().map(|number| view(number).id).collect();
        let read = faults.dynamo_without_retries().views().get_all(&ids).await.unwrap();
        let found: Vec<_> = read.into_iter().map(|view| view.map(|view| view.data)).collect();
        assert_eq!(found, [None, Some(view(2).data), Some(view(1).data), Some(view(0).data)]);
    }
    let views = faults::database().await.1.views();
    let none = Fence::none(ViewId::new("NORTH#ACCOUNT@WEALTH", "ACCOUNT#1"));
    assert_eq!(views.fences(&[none.id.clone(), view(1).id]).await.unwrap(), [None, None]);
}
