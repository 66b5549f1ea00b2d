//! Replays that are killed, at each of their requests, and continue.

use cqrs_tests::bank::{AccountKey, Deposit};
use cqrs_tests::faults::{Fault, Faults};
use tokio::task::JoinSet;

use crate::world::*;

/// Replays, and drops the replay during its n-th request; false if it needs fewer.
async fn killed(world: &World, kind: Kind, at: usize, fault: Fault) -> bool {
    let faults =
        Faults::new(&world.database, move |call| if call.number == at { fault } else { Fault::None });
    let replayer = app(&faults.dynamo_without_retries());
    let reached = async {
        while faults.count() <= at {
            tokio::task::yield_now().await;
        }
        // A request that was made before the end arrives, whether its answer does or not.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        replayed = kind.replay(&replayer, None) => {
            replayed.unwrap();
            false
        }
        () = reached => true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replay_that_is_killed_at_any_request_continues() {
    for kind in KINDS {
        for fault in [Fault::Hang, Fault::AnswerHangs] {
            let mut runs = JoinSet::new();
            for at in 0..World::requests(kind, None).await {
                runs.spawn(async move {
                    let world = World::with_old_views().await;
                    let killed = killed(&world, kind, at, fault).await;
                    // The delivery goes on meanwhile.
                    world.live(at).await;
                    kind.replay(&world.app(), None).await.unwrap();
                    world.live(at + 1).await;
                    world.assert_whole(kind, &format!("{kind:?}, {fault:?} at {at}")).await;
                    killed
                });
            }
            let mut count = 0;
            while let Some(ended) = runs.join_next().await {
                count += usize::from(ended.unwrap());
            }
            assert!(count >= 12, "{kind:?}: only {count} were killed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replay_that_is_killed_again_and_again_comes_to_its_end() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let long = AccountKey::new(&tenant("NORTH"), "1");
        for _ in 0..22 {
            let large = Deposit { cents: 1, note: "x".repeat(100_000) };
            world.consumer.execute(&long, large).await.unwrap();
        }
        let mut kills = 0;
        // Each run gets a little further than the one before it: it begins behind what is done.
        while killed(&world, kind, 9 + kills / 4, Fault::AnswerHangs).await {
            kills += 1;
            assert!(kills < 200, "it does not get on");
        }
        assert!(kills > 0);
        world.assert_whole(kind, &format!("{kills} times")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_fails_at_any_request_is_told_and_the_replay_continues() {
    for kind in KINDS {
        let mut runs = JoinSet::new();
        for at in 0..World::requests(kind, None).await {
            runs.spawn(async move {
                let world = World::with_old_views().await;
                let faults = Faults::new(&world.database, move |call| {
                    if call.number == at { Fault::Answer(400, "ThrottlingException") } else { Fault::None }
                });
                let failed = match kind.replay(&app(&faults.dynamo_without_retries()), None).await {
                    Ok(_) => false,
                    Err(error) => {
                        assert!(error.is_transient(), "{error:?}");
                        true
                    }
                };
                kind.replay(&world.app(), None).await.unwrap();
                world.assert_whole(kind, &format!("{kind:?}, failed at {at}")).await;
                failed
            });
        }
        let mut count = 0;
        while let Some(ended) = runs.join_next().await {
            count += usize::from(ended.unwrap());
        }
        assert!(count >= 12, "{kind:?}: only {count} failed");
    }
}

/// What an earlier run has done is not done again.
#[tokio::test]
async fn a_replay_continues_after_its_last_checkpoint() {
    let world = World::with_old_views().await;
    for number in 0..20 {
        let key = AccountKey::new(&tenant("NORTH"), format!("large-{number}"));
        world.consumer.execute(&key, cqrs_tests::bank::Open { owner: "Ada".into() }).await.unwrap();
        let large = Deposit { cents: 1, note: "x".repeat(200_000) };
        world.consumer.execute(&key, large).await.unwrap();
    }
    let writes = std::sync::atomic::AtomicUsize::new(0);
    let faults = Faults::new(&world.database, move |call| {
        let number = match call.operation.as_str() {
            "BatchExecuteStatement" => writes.fetch_add(1, std::sync::atomic::Ordering::SeqCst),
            _ => 0,
        };
        if number == 3 { Fault::Answer(500, "InternalServerError") } else { Fault::None }
    });
    let one = app(&faults.dynamo_without_retries());
    one.replay::<cqrs_tests::bank::Statement>().parallel(1).await.unwrap_err();
    let counted = Faults::new(&world.database, |_| Fault::None);
    let other = app(&counted.dynamo_without_retries());
    let done = other.replay::<cqrs_tests::bank::Statement>().parallel(1).await.unwrap();
    assert_eq!((done.commits, done.streams, done.views), (58, 26, 26), "interrupted runs included");
    assert!(counted.count() < 16, "{} requests, and from the start it takes about 25", counted.count());
    world.assert_whole(Kind::Statement, "resumed").await;
}
