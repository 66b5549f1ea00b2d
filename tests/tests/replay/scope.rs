//! Replays that meet other replays, and what is reported about them.

use std::sync::Mutex;

use cqrs_core::prelude::*;
use cqrs_core::replay::{Phase, Progress, ReplayError};
use cqrs_tests::bank::{Statement, Wealth};
use cqrs_tests::faults::{Fault, Faults};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::world::*;

/// Begins a replay and gives it up at its n-th request.
async fn interrupted(world: &World, kind: Kind, scope: Option<&Tenant>, at: usize) {
    let faults = Faults::new(&world.database, move |call| {
        if call.number >= at { Fault::Answer(500, "InternalServerError") } else { Fault::None }
    });
    let error = kind.replay(&app(&faults.dynamo_without_retries()), scope).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_replay_waits_for_one_of_another_scope() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let north = tenant("NORTH");
        interrupted(&world, kind, Some(&north), 6).await;
        let error = kind.replay(&world.app(), None).await.unwrap_err();
        assert!(matches!(error, ReplayError::Busy { .. }), "{error:?}");
        assert!(
            error.to_string().contains("tenant `NORTH`") && error.to_string().contains("restart"),
            "{error}"
        );
        let error = kind.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap_err();
        assert!(matches!(error, ReplayError::Busy { .. }), "{error:?}");
        kind.replay(&world.app(), Some(&north)).await.unwrap();
        kind.replay(&world.app(), None).await.unwrap();
        world.assert_whole(kind, "one after the other").await;
        assert_eq!(world.shadows().await, []);
    }
}

#[tokio::test]
async fn a_replay_that_begins_anew_builds_everything_again() {
    let world = World::with_old_views().await;
    interrupted(&world, Kind::Wealth, None, 20).await;
    world.live(0).await;
    assert_ne!(world.shadows().await, []);
    world.app().replay::<Wealth>().restart().await.unwrap();
    world.assert_whole(Kind::Wealth, "anew").await;
    assert_eq!(world.shadows().await, [], "what the first one left behind is gone");
    interrupted(&world, Kind::Statement, None, 10).await;
    spoil(&world.dynamo.views()).await;
    world.app().replay::<Statement>().restart().await.unwrap();
    world.assert_whole(Kind::Statement, "anew").await;
}

/// At a request of a replay another one begins anew, and is through before it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_replay_that_was_replaced_does_no_harm() {
    let mut runs = JoinSet::new();
    for at in (0..World::requests(Kind::Wealth, None).await).step_by(2) {
        runs.spawn(async move {
            let world = World::with_old_views().await;
            let (reached, mut begin) = watch::channel(false);
            let (ended, end) = watch::channel(false);
            let rival = world.clone();
            // A task of its own: the replay may give up the request that waits for it.
            let rival = tokio::spawn(async move {
                begin.wait_for(|begins| *begins).await.unwrap();
                rival.app().replay::<Wealth>().restart().await.unwrap();
                rival.live(at).await;
                ended.send(true).unwrap();
            });
            let faults = Faults::after(&world.database, move |call| {
                let (reached, mut end) = (reached.clone(), end.clone());
                Box::pin(async move {
                    if call.number == at {
                        reached.send(true).unwrap();
                        end.wait_for(|ended| *ended).await.unwrap();
                    }
                    Fault::None
                })
            });
            let replayed = Kind::Wealth.replay(&app(&faults.dynamo_without_retries()), None).await;
            let stopped = matches!(replayed, Err(ReplayError::Superseded { .. }));
            assert!(replayed.is_ok() || stopped, "{at}: {replayed:?}");
            rival.await.unwrap();
            world.live(at + 1).await;
            world.assert_whole(Kind::Wealth, &format!("replaced at {at}")).await;
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

/// Two that run at once share the work, or one ends what the other began.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replays_of_one_scope_do_no_harm() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let (one, other) = (world.app(), world.app());
        let (first, second) = tokio::join!(kind.replay(&one, None), kind.replay(&other, None));
        for replayed in [first, second] {
            let stopped = matches!(replayed, Err(ReplayError::Superseded { .. }));
            assert!(replayed.is_ok() || stopped, "{replayed:?}");
        }
        world.live(3).await;
        world.assert_whole(kind, "two").await;
    }
}

#[tokio::test]
async fn progress_is_told_page_by_page() {
    let world = World::with_old_views().await;
    let app = world.app();
    let told: Mutex<Vec<Progress>> = Mutex::default();
    let done = app
        .replay::<Wealth>()
        .parallel(1)
        .progress(|progress| told.lock().unwrap().push(progress))
        .await
        .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 2, "one page of commits, one of views: {told:?}");
    assert_eq!((told[0].phase, told[0].done.commits, told[0].done.views), (Phase::Fold, 18, 0));
    assert_eq!((told[0].total, told[0].left()), (Some(18), Some(std::time::Duration::ZERO)));
    assert!(told[0].rate() > 0.0);
    assert_eq!((told[1].phase, told[1].done), (Phase::Swap, done));
    let told: Mutex<Vec<Progress>> = Mutex::default();
    let replay = app.replay::<Statement>().tenant(&tenant("NORTH"));
    replay.progress(|progress| told.lock().unwrap().push(progress)).await.unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!((told.len(), told[0].done.commits), (1, 9));
    assert_eq!((told[0].total, told[0].left()), (None, None), "nobody knows how many commits a tenant has");
}
