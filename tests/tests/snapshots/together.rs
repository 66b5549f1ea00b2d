//! Transactions: their commits carry states like any others.

use cqrs_core::app::Settings;
use cqrs_core::prelude::*;
use cqrs_core::store::EventStore;
use cqrs_dynamo::Dynamo;

use crate::ledger::every_4::{Ledger, LedgerKey, key};
use crate::ledger::{Book, Keep, stored};

fn app(dynamo: &Dynamo, settings: impl FnOnce(&mut Settings)) -> App {
    let app = App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).settings(settings).only([]);
    app.build().unwrap()
}

/// The versions of the commits of a stream that carry its state.
async fn carrying(dynamo: &Dynamo, key: &LedgerKey) -> Vec<u64> {
    let store = dynamo.event_store();
    let page = store.read_last(&key.stream().unwrap(), Version::NONE, Version::MAX, 1000).await.unwrap();
    page.states.iter().map(|state| state.version.get()).collect()
}

/// What a process that knows nothing reads is the fold of all commits.
async fn whole(dynamo: &Dynamo, key: &LedgerKey) -> Ledger {
    let loaded = app(dynamo, |_| {}).load(key).await.unwrap();
    let folded = App::builder(dynamo.event_store()).only([]).build().unwrap().load(key).await.unwrap();
    assert_eq!((loaded.version, &loaded.state), (folded.version, &folded.state));
    loaded.state
}

fn assert_near(carried: &[u64], until: u64) {
    let ends = std::iter::once(0).chain(carried.iter().copied()).chain([until]).collect::<Vec<_>>();
    assert!(ends.windows(2).all(|pair| pair[1] - pair[0] <= 4), "{carried:?}");
}

#[tokio::test]
async fn the_commits_of_a_transaction_carry_the_states() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (first, second) = (key("1"), key("2"));
    let warm = app(&dynamo, |_| {});
    // The second one is ahead, so that they are due at different times.
    for _ in 0..2 {
        warm.execute(&second, Book(vec![1])).await.unwrap();
    }
    for round in 1..=16 {
        let cold = app(&dynamo, |_| {});
        let app = if round % 3 == 2 { &cold } else { &warm };
        app.transaction().execute(&first, Book(vec![1, 2])).execute(&second, Book(vec![3])).await.unwrap();
        assert_eq!(whole(&dynamo, &first).await.booked, 2 * round);
        assert_eq!(whole(&dynamo, &second).await.booked, round + 2);
    }
    assert_near(&carrying(&dynamo, &first).await, 16);
    assert_near(&carrying(&dynamo, &second).await, 18);
}

/// Two processes that lose against each other: the state of a commit that was not written is not carried.
#[tokio::test]
async fn a_state_that_lost_is_not_carried() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let keys = [key("1"), key("2")];
    let apps = [app(&dynamo, |_| {}), app(&dynamo, |_| {})];
    for round in 0..24_usize {
        let app = &apps[round % 2];
        if round % 5 == 0 {
            app.execute(&keys[round / 5 % 2], Book(vec![7])).await.unwrap();
        }
        let amounts = vec![i64::try_from(round).unwrap()];
        let both =
            app.transaction().execute(&keys[0], Book(amounts.clone())).execute(&keys[1], Book(amounts));
        both.await.unwrap();
        for key in &keys {
            whole(&dynamo, key).await;
        }
    }
}

/// Together they are more than a transaction takes: the commits go without them, and the states into the snapshot store.
#[tokio::test]
async fn states_that_do_not_fit_together_are_left_out() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let warm = app(&dynamo, |settings| settings.state_in_commit_bytes = 400_000);
    let keys: Vec<_> = (0..12).map(|number| key(&number.to_string())).collect();
    for key in &keys {
        for _ in 0..2 {
            warm.execute(key, Keep(format!("k{}", "x".repeat(179_999)))).await.unwrap();
        }
        warm.execute(key, Book(vec![1])).await.unwrap();
        assert!(carrying(&dynamo, key).await.is_empty());
    }
    let all = || keys.iter().fold(warm.transaction(), |all, key| all.execute(key, Book(vec![2])));
    all().await.unwrap();
    for key in &keys {
        assert!(carrying(&dynamo, key).await.is_empty(), "{key:?}");
        let state = whole(&dynamo, key).await;
        assert_eq!((state.booked, state.kept.len()), (2, 2));
        let snapshot = stored(&dynamo.snapshots(), key).await;
        assert_eq!(snapshot.map(|snapshot| snapshot.version), Some(Version::new(4)), "{key:?}");
    }
    // A few of them fit together: with the states.
    for _ in 0..5 {
        let few = keys[..3].iter().fold(warm.transaction(), |few, key| few.execute(key, Book(vec![3])));
        few.await.unwrap();
        all().await.unwrap();
    }
    for key in &keys {
        assert_eq!(whole(&dynamo, key).await.last, Some(2));
    }
}

/// One state that does not fit into an item is left out of its commit; the others are carried.
#[tokio::test]
async fn a_state_over_the_limit_of_an_item_is_left_out() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let warm = app(&dynamo, |settings| settings.state_in_commit_bytes = 1_000_000);
    let keys = [key("1"), key("2")];
    for _ in 0..3 {
        warm.execute(&keys[0], Keep(format!("k{}", "x".repeat(200_000)))).await.unwrap();
    }
    for round in 1..=9 {
        let both = warm.transaction().execute(&keys[0], Book(vec![1])).execute(&keys[1], Book(vec![1]));
        both.await.unwrap();
        assert_eq!(whole(&dynamo, &keys[0]).await.booked, round);
        assert_eq!(whole(&dynamo, &keys[1]).await.booked, round);
    }
    assert!(carrying(&dynamo, &keys[0]).await.is_empty());
    assert_near(&carrying(&dynamo, &keys[1]).await, 9);
}

/// Sent again when its commits are behind a snapshot: the ids are in it.
#[tokio::test]
async fn a_transaction_behind_a_snapshot_is_known_again() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let (first, second) = (key("1"), key("2"));
    let transfer = |app: App| {
        let (first, second) = (first.clone(), second.clone());
        async move {
            let both = app.transaction().execute(&first, Book(vec![-5])).execute(&second, Book(vec![5]));
            both.command_id("transfer-1").await.unwrap()
        }
    };
    let warm = app(&dynamo, |_| {});
    transfer(warm.clone()).await;
    for _ in 0..30 {
        warm.execute(&first, Book(vec![1])).await.unwrap();
    }
    for app in [warm, app(&dynamo, |_| {})] {
        let again = transfer(app).await;
        assert!(again.is_duplicate());
        assert_eq!(again.of(&first).unwrap().version, Version::new(1));
        assert_eq!(again.of(&second).unwrap().version, Version::new(1));
    }
    assert_eq!(whole(&dynamo, &second).await.booked, 1);
}
