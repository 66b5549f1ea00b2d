//! Faults between the SDK and DynamoDB: a transfer ends as a commit on both sides or as a clear error, and is sent again under its
//! command id where the outcome is open.
//!
//! `TRANSACTION_FAULTS=10000 cargo test --workspace --test transactions` tries more of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::{Outcome, StoreError};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, AccountEvent, AccountKey, Refusal, Withdraw, deposit};
use cqrs_tests::faults::{Call, Fault, Faults, database};
use fastrand::Rng;
use futures_util::TryStreamExt;

use super::{account, balance};

const TRANSACTION: &str = "TransactWriteItems";

const FAULTS: [Fault; 12] = [
    Fault::Reset,
    Fault::AnswerLost,
    Fault::AnswerLost,
    Fault::TimedOut,
    Fault::AnswerTimedOut,
    Fault::Answer(500, "InternalServerError"),
    Fault::Answer(503, "ServiceUnavailable"),
    Fault::Answer(400, "ThrottlingException"),
    Fault::Answer(400, "TransactionInProgressException"),
    Fault::Cancelled("TransactionConflict"),
    Fault::Cancelled("ThrottlingError"),
    Fault::Cancelled("ProvisionedThroughputExceeded"),
];

/// A transfer under an id, sent again as long as its sender does not know the result.
async fn insist(
    app: &App,
    from: &AccountKey,
    to: &AccountKey,
    cents: u64,
    id: &str,
) -> Result<Outcome, Refusal> {
    for _ in 0..200 {
        let transfer = app.transaction().execute(from, Withdraw { cents }).execute(to, deposit(cents));
        match transfer.command_id(id).await {
            Ok(done) => {
                assert_eq!(done.command_id, id);
                return Ok(done.outcome);
            }
            Err(TransactionError::Store { command_id, source }) => {
                assert_eq!(command_id, id);
                assert!(source.is_transient(), "{id}: {source:?}");
            }
            Err(error) => match error.rejection() {
                Some(refusal) => return Err(Refusal::clone(refusal)),
                None => panic!("{id}: {error:?}"),
            },
        }
    }
    panic!("`{id}` does not get through");
}

/// The transfers of an account by their ids, each with the cents that came in. None is there twice.
async fn moved(app: &App, key: &AccountKey) -> HashMap<String, i64> {
    let history: Vec<Recorded<AccountEvent>> = app.history(key).try_collect().await.unwrap();
    let mut moved = HashMap::new();
    for recorded in &history {
        let cents = match recorded.event() {
            AccountEvent::Deposited(event) => event.cents.cast_signed(),
            AccountEvent::Withdrawn(event) => -event.cents.cast_signed(),
            AccountEvent::Opened(_) => continue,
        };
        let id = recorded.metadata().command_id.clone();
        assert_eq!(moved.insert(id.clone(), cents), None, "{id} is doubled");
    }
    moved
}

/// Requests that meet a fault with a probability, drawn from a seed.
fn faulty(database: &Embedded, seed: u64, met: Arc<AtomicUsize>) -> Faults {
    let rng = Mutex::new(Rng::with_seed(seed));
    Faults::new(database, move |call| {
        let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
        // Whatever had a fault is read anew, all streams of it at once.
        let percent = if call.operation == TRANSACTION { 75 } else { 25 };
        if rng.u8(..100) >= percent {
            return Fault::None;
        }
        let fault = FAULTS[rng.usize(..FAULTS.len())];
        met.fetch_add(1, Ordering::Relaxed);
        match fault {
            Fault::Cancelled(_) if call.operation != TRANSACTION => {
                Fault::Answer(400, "ProvisionedThroughputExceededException")
            }
            fault => fault,
        }
    })
}

/// Three accounts of their own, some transfers from two processes, and a look at what is stored.
async fn run(database: &Embedded, dynamo: &Dynamo, seed: u64, met: &Arc<AtomicUsize>) {
    let clean = bank::app(dynamo.event_store()).unwrap();
    let mut keys = Vec::new();
    for number in 0..3 {
        keys.push(account(&clean, &format!("{seed}-{number}"), 100).await);
    }
    let faults = faulty(database, seed, Arc::clone(met));
    let apps = [faults.dynamo_without_retries(), faults.dynamo()];
    let apps = apps.map(|dynamo| bank::app(dynamo.event_store()).unwrap());
    let mut rng = Rng::with_seed(seed);
    let mut done: HashMap<String, (usize, usize, i64)> = HashMap::new();
    let mut refused = Vec::new();
    for number in 0..12 {
        let (from, cents) = (rng.usize(..3), rng.u64(1..70));
        let to = (from + rng.usize(1..3)) % 3;
        let id = format!("{seed}/{number}");
        // Another process is there as well, so what is remembered is old then.
        if rng.u8(..4) == 0 {
            let id = format!("{id}/other");
            clean
                .transaction()
                .execute(&keys[from], deposit(1))
                .execute(&keys[to], deposit(1))
                .command_id(&id)
                .await
                .unwrap();
            for key in [from, to] {
                done.insert(format!("{id}@{key}"), (key, key, 1));
            }
        }
        let app = &apps[usize::from(rng.bool())];
        match insist(app, &keys[from], &keys[to], cents, &id).await {
            Ok(_) => drop(done.insert(id, (from, to, cents.cast_signed()))),
            Err(Refusal::TooLittle(left)) => {
                assert!(left < cents, "{id}");
                refused.push(id);
            }
            Err(refusal) => panic!("{id}: {refusal}"),
        }
    }
    let mut stored = Vec::new();
    for key in &keys {
        stored.push(moved(&clean, key).await);
    }
    for (id, (from, to, cents)) in &done {
        if let Some((id, _)) = id.split_once('@') {
            assert_eq!(stored[*from].remove(id), Some(*cents), "{id}");
            continue;
        }
        assert_eq!(stored[*from].remove(id), Some(-cents), "{id}: the side of {from}");
        assert_eq!(stored[*to].remove(id), Some(*cents), "{id}: the side of {to}");
    }
    for (key, left) in keys.iter().zip(&stored) {
        // The first one is the deposit of the beginning.
        assert_eq!(left.len(), 1, "{key:?}, refused {refused:?}: {left:?}");
    }
    // What the processes remember is what is stored.
    for key in &keys {
        let now = balance(&clean, key).await;
        for app in &apps {
            let mut loaded = app.load(key).await;
            while loaded.is_err() {
                loaded = app.load(key).await;
            }
            let loaded = loaded.unwrap();
            assert_eq!((loaded.version.get(), loaded.state.balance), now);
        }
    }
}

/// Time passes only where all wait for it.
#[tokio::test(start_paused = true)]
async fn a_thousand_faults_lose_nothing_and_double_nothing() {
    let wanted = std::env::var("TRANSACTION_FAULTS").map_or(1000, |faults| faults.parse().unwrap());
    let (database, dynamo) = database().await;
    let met = Arc::new(AtomicUsize::new(0));
    let mut seed = 0;
    while met.load(Ordering::Relaxed) < wanted {
        run(&database, &dynamo, seed, &met).await;
        seed += 1;
    }
    assert!(seed > 10, "{seed} runs");
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_each_request_of_a_transfer_ends_in_both_commits_or_a_clear_error() {
    for fault in FAULTS {
        for (operation, numbers) in [(TRANSACTION, 0..2), ("Query", 0..3)] {
            if matches!(fault, Fault::Cancelled(_)) && operation != TRANSACTION {
                continue;
            }
            for number in numbers {
                for retries in [true, false] {
                    let told = format!("{fault:?} at {operation} {number}, retries {retries}");
                    let (database, dynamo) = database().await;
                    let clean = bank::app(dynamo.event_store()).unwrap();
                    let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
                    let faults = Faults::at(&database, operation, number, fault);
                    let dynamo = if retries { faults.dynamo() } else { faults.dynamo_without_retries() };
                    let app = bank::app(dynamo.event_store()).unwrap();
                    for (id, cents) in [("a", 30), ("b", 20)] {
                        insist(&app, &from, &to, cents, id).await.unwrap();
                    }
                    // The remembered state decides right.
                    let refused = insist(&app, &from, &to, 51, "c").await;
                    assert_eq!(refused, Err(Refusal::TooLittle(50)), "{told}");
                    let now = (balance(&clean, &from).await, balance(&clean, &to).await);
                    assert_eq!(now, ((4, 50), (3, 50)), "{told}");
                }
            }
        }
    }
}

/// Without an id of its own a transaction is recognised where the SDK sends it again.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_after_the_write_is_success() {
    for read in [false, true] {
        let (database, dynamo) = database().await;
        let clean = bank::app(dynamo.event_store()).unwrap();
        let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
        let other = account(&clean, "3", 0).await;
        let faults = Faults::at(&database, TRANSACTION, 0, Fault::AnswerLost);
        let app = bank::app(faults.dynamo().event_store()).unwrap();
        let mut transfer = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
        if read {
            transfer = transfer.unchanged(&other);
        }
        assert_eq!(transfer.await.unwrap().outcome, Outcome::Committed);
        assert_eq!((balance(&clean, &from).await, balance(&clean, &to).await), ((3, 70), (2, 30)));
        app.execute(&to, Withdraw { cents: 30 }).await.unwrap();
        app.execute(&from, Withdraw { cents: 70 }).await.unwrap();
    }
}

/// DynamoDB knows what the SDK sends again by a token, and what meets another transaction is sent with a new one: then the commits
/// themselves tell.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_success_also_where_the_next_one_is_a_conflict_of_transactions() {
    let (database, dynamo) = database().await;
    let clean = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
    let other = account(&clean, "3", 0).await;
    let seen = AtomicUsize::new(0);
    let faults = Faults::new(&database, move |call| {
        if call.operation != TRANSACTION {
            return Fault::None;
        }
        match seen.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => Fault::AnswerLost,
            1 => Fault::Cancelled("TransactionConflict"),
            _ => Fault::None,
        }
    });
    let app = bank::app(faults.dynamo().event_store()).unwrap();
    for round in 1..=2 {
        let transfer = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
        assert_eq!(transfer.unchanged(&other).await.unwrap().outcome, Outcome::Committed);
        let stored = (balance(&clean, &from).await, balance(&clean, &to).await);
        assert_eq!(stored, ((2 + round, 100 - 30 * round), (1 + round, 30 * round)));
        assert_eq!((balance(&app, &from).await, balance(&app, &to).await), stored);
    }
}

/// The same, and before it is sent again another process commits on top.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_success_also_behind_others() {
    let (database, dynamo) = database().await;
    let clean = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
    let other = account(&clean, "3", 0).await;
    let (key, read) = (from.clone(), other.clone());
    let seen = Arc::new(AtomicUsize::new(0));
    let faults = Faults::after(&database, move |call: Call| {
        let number = if call.operation == TRANSACTION { seen.fetch_add(1, Ordering::Relaxed) } else { 9 };
        let (clean, key, read) = (clean.clone(), key.clone(), read.clone());
        Box::pin(async move {
            if number == 1 {
                clean.execute(&key, deposit(1)).await.unwrap();
                clean.execute(&read, deposit(1)).await.unwrap();
            }
            if number == 0 { Fault::AnswerLost } else { Fault::None }
        })
    });
    let app = bank::app(faults.dynamo().event_store()).unwrap();
    let transfer = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
    assert_eq!(transfer.unchanged(&other).await.unwrap().outcome, Outcome::Committed);
    assert_eq!((balance(&app, &from).await, balance(&app, &to).await), ((4, 71), (2, 30)));
}

/// A conflict with another transaction passes by itself; what is throttled is told, and nothing is written.
#[tokio::test(start_paused = true)]
async fn a_cancelled_transaction_is_no_conflict_of_versions() {
    for (fault, is_tried_again) in [
        (Fault::Cancelled("TransactionConflict"), true),
        (Fault::Answer(400, "TransactionConflictException"), true),
        (Fault::Cancelled("ThrottlingError"), false),
        (Fault::Cancelled("ProvisionedThroughputExceeded"), false),
    ] {
        let (database, dynamo) = database().await;
        let clean = bank::app(dynamo.event_store()).unwrap();
        let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
        let faults = Faults::at(&database, TRANSACTION, 0, fault);
        let app = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
        let transfer = || {
            let both = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
            both.command_id("transfer-1")
        };
        let first = transfer().await;
        if is_tried_again {
            assert_eq!(first.unwrap().outcome, Outcome::Committed, "{fault:?}");
        } else {
            let error = first.unwrap_err();
            let TransactionError::Store { command_id, source } = &error else { panic!("{error:?}") };
            assert!(matches!(source, StoreError::Throttled { .. }), "{source:?}");
            assert!(format!("{source:?}").contains("injected by the test"), "{source:?}");
            assert_eq!(command_id, "transfer-1");
            assert_eq!(balance(&clean, &to).await, (1, 0));
            assert_eq!(transfer().await.unwrap().outcome, Outcome::Committed, "{fault:?}");
        }
        assert_eq!((balance(&clean, &from).await, balance(&clean, &to).await), ((3, 70), (2, 30)));
    }
}

/// For good: six attempts, and the sender is told.
#[tokio::test(start_paused = true)]
async fn a_conflict_with_transactions_that_does_not_pass_is_reported() {
    let (database, dynamo) = database().await;
    let clean = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
    let faults = Faults::new(&database, |call| match call.operation.as_str() {
        TRANSACTION => Fault::Cancelled("TransactionConflict"),
        _ => Fault::None,
    });
    let app = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
    let error =
        app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30)).await.unwrap_err();
    assert!(
        matches!(error, TransactionError::Store { source: StoreError::Throttled { .. }, .. }),
        "{error:?}"
    );
    assert_eq!(faults.count(), 2 + 6);
    assert_eq!((balance(&clean, &from).await, balance(&clean, &to).await), ((2, 100), (1, 0)));
}

/// A single command of another process meets a transaction in flight, and goes on behind it.
#[tokio::test(start_paused = true)]
async fn a_command_that_meets_a_transaction_in_flight_continues_after_it() {
    let (database, dynamo) = database().await;
    let clean = bank::app(dynamo.event_store()).unwrap();
    let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
    let (is_in_flight, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (flying, met) = (Arc::clone(&is_in_flight), Arc::clone(&refused));
    let faults = Faults::after(&database, move |call: Call| {
        let (flying, met) = (Arc::clone(&flying), Arc::clone(&met));
        Box::pin(async move {
            match call.operation.as_str() {
                TRANSACTION => {
                    flying.store(true, Ordering::Relaxed);
                    while met.load(Ordering::Relaxed) < 3 {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    Fault::None
                }
                "PutItem" if met.load(Ordering::Relaxed) < 3 => {
                    while !flying.load(Ordering::Relaxed) {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    met.fetch_add(1, Ordering::Relaxed);
                    Fault::Answer(400, "TransactionConflictException")
                }
                _ => Fault::None,
            }
        })
    });
    let dynamo = faults.dynamo_without_retries();
    let apps = [(); 2].map(|()| bank::app(dynamo.event_store()).unwrap());
    let transfer = apps[0].transaction().execute(&from, Withdraw { cents: 60 }).execute(&to, deposit(60));
    let single = apps[1].execute(&from, Withdraw { cents: 60 });
    let (transfer, single) = tokio::join!(transfer.into_future(), single.into_future());
    // Whatever comes first, the other one is decided behind it.
    let (both, alone) = (transfer.is_ok(), single.is_ok());
    assert_ne!(both, alone, "{transfer:?} {single:?}");
    assert_eq!(refused.load(Ordering::Relaxed), 3);
    let expected = if both { ((3, 40), (2, 60)) } else { ((3, 40), (1, 0)) };
    assert_eq!((balance(&clean, &from).await, balance(&clean, &to).await), expected);
}

/// A transfer whose future is dropped is whole or absent, and leaves nothing behind in memory.
#[tokio::test]
async fn a_transfer_that_is_dropped_amid_a_request_is_whole_or_absent() {
    for fault in [Fault::Hang, Fault::AnswerHangs] {
        let (database, dynamo) = database().await;
        let clean = bank::app(dynamo.event_store()).unwrap();
        let (from, to) = (account(&clean, "1", 100).await, account(&clean, "2", 0).await);
        let faults = Faults::at(&database, TRANSACTION, 0, fault);
        let app = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
        let transfer = || {
            let both = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
            both.command_id("transfer-1").into_future()
        };
        let reached = async {
            while faults.count() < 3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            while fault == Fault::AnswerHangs && balance(&clean, &to).await != (2, 30) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = transfer() => panic!("it hangs"),
            () = reached => {}
        }
        let again = transfer().await.unwrap();
        assert_eq!(again.is_duplicate(), fault == Fault::AnswerHangs);
        assert_eq!((balance(&clean, &from).await, balance(&clean, &to).await), ((3, 70), (2, 30)));
        assert_eq!((balance(&app, &from).await, balance(&app, &to).await), ((3, 70), (2, 30)));
    }
}
