//! Replays during the delivery, with caches of views and fences: at every request of the one, the other is executed in
//! between.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::prelude::*;
use cqrs_tests::bank::{AccountKey, deposit};
use cqrs_tests::faults::{Fault, Faults};
use tokio::task::JoinSet;

use crate::world::*;

/// Replays while commits are made and delivered before some of its requests; returns how many requests it took.
async fn disturbed(kind: Kind, scope: Option<Tenant>, at: BTreeSet<usize>) -> usize {
    let world = World::with_old_views().await;
    let live = world.clone();
    let points = at.clone();
    let faults = Faults::after(&world.database, move |call| {
        let live = live.clone();
        let disturbs = points.contains(&call.number);
        Box::pin(async move {
            if disturbs {
                live.live(call.number).await;
            }
            Fault::None
        })
    });
    let replayer = app(&faults.dynamo_without_retries());
    kind.replay(&replayer, scope.as_ref()).await.unwrap();
    let context = format!("{kind:?}, {scope:?}, disturbed at {at:?}");
    if scope.is_some() {
        kind.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap();
    }
    world.assert_whole(kind, &context).await;
    // What the consumer remembers is still valid, and so is what the replayer remembers.
    world.live(1000).await;
    world.live(1001).await;
    replayer.execute(&AccountKey::new(&tenant("NORTH"), "2"), deposit(9)).await.unwrap();
    replayer.run_until_idle().await.unwrap();
    world.assert_whole(kind, &context).await;
    faults.count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_between_any_two_requests_of_a_replay_are_in_the_views() {
    for kind in KINDS {
        for scope in [None, Some(tenant("NORTH"))] {
            let mut runs = JoinSet::new();
            for number in 0..World::requests(kind, scope.as_ref()).await {
                runs.spawn(disturbed(kind, scope.clone(), BTreeSet::from([number])));
            }
            while let Some(ended) = runs.join_next().await {
                ended.unwrap();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_at_many_moments_of_a_replay_are_in_the_views() {
    let mut runs = JoinSet::new();
    for seed in 0..12 {
        let mut rng = fastrand::Rng::with_seed(seed);
        for kind in KINDS {
            let at = (0..rng.usize(2..8)).map(|_| rng.usize(0..60)).collect();
            runs.spawn(disturbed(kind, None, at));
        }
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

/// The other way round: a whole replay between any two requests of a consumer that remembers what it wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replay_between_any_two_requests_of_a_consumer_is_not_written_over() {
    for kind in KINDS {
        let mut runs = JoinSet::new();
        // The consumer reads its feed and its positions, and writes views of both kinds.
        for at in 0..30 {
            runs.spawn(async move {
                let world = World::with_old_views().await;
                let (armed, seen) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
                let (replayed, is_armed) = (world.clone(), Arc::clone(&armed));
                let faults = Faults::after(&world.database, move |_| {
                    let counts = is_armed.load(Ordering::SeqCst) > 0;
                    let replays = counts && seen.fetch_add(1, Ordering::SeqCst) == at;
                    let replayed = replayed.clone();
                    Box::pin(async move {
                        if replays {
                            kind.replay(&replayed.app(), None).await.unwrap();
                        }
                        Fault::None
                    })
                });
                let world = World { consumer: app(&faults.dynamo_without_retries()), ..world };
                // It remembers views that differ from the fold of the commits.
                world.live(0).await;
                spoil(&world.dynamo.views()).await;
                armed.store(1, Ordering::SeqCst);
                world.live(1).await;
                world.live(2).await;
                let context = format!("{kind:?}, replayed at {at}");
                world.assert_whole(kind, &context).await;
            });
        }
        while let Some(ended) = runs.join_next().await {
            ended.unwrap();
        }
    }
}

/// Two consumers deliver everything, each for itself, while replays follow one another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn consumers_that_never_stop_and_replays_get_on_together() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let other = World { consumer: world.app(), ..world.clone() };
        let mut consumers = JoinSet::new();
        for (world, first) in [(world.clone(), 0), (other, 100)] {
            consumers.spawn(async move {
                for number in first..first + 15 {
                    world.live(number).await;
                }
            });
        }
        let mut replays = 0;
        while !consumers.is_empty() {
            kind.replay(&world.app(), None).await.unwrap();
            replays += 1;
            while let Some(ended) = consumers.try_join_next() {
                ended.unwrap();
            }
        }
        assert!(replays > 0);
        world.live(1000).await;
        world.assert_whole(kind, &format!("{kind:?}, {replays} replays")).await;
    }
}

/// Whatever a replay is about to do, readers find the old view or the new one, and each of them whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_the_old_view_until_the_new_one_is_whole() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let old = Views::stored(&world.app()).await;
        let new = Views::folded(&world.dynamo).await;
        let (reader, swaps) = (world.clone(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&swaps);
        let faults = Faults::after(&world.database, move |call| {
            let (reader, old, new, count) = (reader.clone(), old.clone(), new.clone(), Arc::clone(&count));
            Box::pin(async move {
                let seen = Views::stored(&reader.app()).await;
                assert_eq!(seen.statements.len(), old.statements.len());
                assert_eq!(seen.wealth.len(), old.wealth.len());
                for (id, statement) in &seen.statements {
                    assert!(statement == &old.statements[id] || statement == &new.statements[id]);
                }
                for (id, wealth) in &seen.wealth {
                    assert!(wealth == &old.wealth[id] || wealth == &new.wealth[id], "{id:?}: {wealth:?}");
                }
                // As long as streams are being folded, no view across aggregates is new.
                let folds = call.operation == "Scan" && call.is_for("events");
                assert!(kind == Kind::Statement || !folds || seen == old);
                count.fetch_add(usize::from(seen != old && seen != new), Ordering::SeqCst);
                Fault::None
            })
        });
        kind.replay(&app(&faults.dynamo_without_retries()), None).await.unwrap();
        world.assert_whole(kind, "read").await;
        assert!(swaps.load(Ordering::SeqCst) > 0, "it looked in the middle of it, too");
    }
}

/// A stream that is written to at every attempt of the replay does not delay it.
#[tokio::test]
async fn a_stream_that_is_always_written_to_is_replayed() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let (live, left) = (world.clone(), Arc::new(AtomicUsize::new(40)));
        let faults = Faults::after(&world.database, move |call| {
            let (live, left) = (live.clone(), Arc::clone(&left));
            Box::pin(async move {
                let writes = ["PutItem", "BatchExecuteStatement", "TransactWriteItems"];
                let writes = writes.contains(&call.operation.as_str());
                let goes_on = writes && call.is_for("views") && left.load(Ordering::SeqCst) > 0;
                if goes_on {
                    left.fetch_sub(1, Ordering::SeqCst);
                    for number in ["1", "2", "3"] {
                        let key = AccountKey::new(&tenant("NORTH"), number);
                        live.consumer.execute(&key, deposit(1)).await.unwrap();
                    }
                    live.consumer.run_until_idle().await.unwrap();
                }
                Fault::None
            })
        });
        kind.replay(&app(&faults.dynamo_without_retries()), None).await.unwrap();
        world.live(0).await;
        world.assert_whole(kind, "hot").await;
    }
}
