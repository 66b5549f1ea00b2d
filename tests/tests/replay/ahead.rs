//! How far a replay reads ahead of its work: one page, which bounds its memory.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cqrs_core::EventStore;
use cqrs_core::store::Extent;
use cqrs_tests::bank::{AccountKey, Deposit, Open, Statement};
use cqrs_tests::faults::{self, Fault, Faults};

use crate::world::*;

/// How many views had been written when each page was asked for, and how many have been written.
#[derive(Debug, Default)]
struct Seen {
    before: Vec<usize>,
    written: usize,
}

#[tokio::test]
async fn the_next_page_is_read_while_one_is_worked_on_and_none_behind_it() {
    let (database, dynamo) = faults::database().await;
    let writer = app(&dynamo);
    for number in 0..40 {
        let key = AccountKey::new(&tenant("NORTH"), format!("{number:02}"));
        writer.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        writer.execute(&key, Deposit { cents: 1, note: "x".repeat(100_000) }).await.unwrap();
    }
    // So that none of them is new.
    writer.run_until_idle().await.unwrap();
    let ended = streams_ended(&dynamo.event_store()).await;
    assert!(ended.len() >= 4, "{ended:?}");

    let seen = Arc::new(Mutex::new(Seen::default()));
    let (events, views) = (dynamo.tables().events.clone(), dynamo.tables().views.clone());
    let noted = Arc::clone(&seen);
    let faults = Faults::after(&database, move |call| {
        let pages = call.operation == "Query";
        let puts = ["PutItem", "BatchExecuteStatement"].contains(&call.operation.as_str());
        let written = call.statements().max(1);
        let (is_page, is_view) = (pages && call.is_for(&events), puts && call.is_for(&views));
        let is_view = is_view && !call.body.contains("\"@STATEMENT\"");
        let noted = Arc::clone(&noted);
        Box::pin(async move {
            if is_page {
                let mut noted = noted.lock().unwrap();
                let written = noted.written;
                noted.before.push(written);
            }
            if is_view {
                // The longest time that a replay can take that asks for the second page only when it has finished the
                // first one.
                for _ in 0..1_000 {
                    if noted.lock().unwrap().before.len() > 1 {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                noted.lock().unwrap().written += written;
            }
            Fault::None
        })
    });
    let replayer = app(&faults.dynamo_without_retries());
    replayer.replay::<Statement>().tenant(&tenant("NORTH")).await.unwrap();

    let Seen { before, written } = &*seen.lock().unwrap();
    assert_eq!((before.len(), *written), (ended.len(), 40));
    assert_eq!(before[1], 0, "the second page is read before the first one is done");
    for (page, written) in before.iter().enumerate().skip(2) {
        assert!(*written >= ended[page - 2], "page {page} is read too early: {before:?}, {ended:?}");
    }
}

/// How many streams have ended with each page.
async fn streams_ended(store: &impl EventStore) -> Vec<usize> {
    let (mut ended, mut streams, mut after) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let scan = store.scan(&Extent::Partition("NORTH#ACCOUNT".into()), after.as_ref()).await.unwrap();
        streams.extend(scan.commits.into_iter().map(|commit| commit.stream));
        after = scan.next;
        // The last one may go on.
        ended.push(streams.len() - usize::from(after.is_some()));
        if after.is_none() {
            return ended;
        }
    }
}
