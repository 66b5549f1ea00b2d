//! What `app.projections()` tells of a replay that is under way, or was interrupted.

use cqrs_core::app::{Build, ProjectionState};
use cqrs_core::prelude::*;
use cqrs_core::replay::{Phase, Replayed};
use cqrs_tests::bank::{AccountKey, Deposit, Open};
use cqrs_tests::faults::{Call, Fault, Faults};

use crate::world::*;

async fn state(app: &App, kind: Kind) -> ProjectionState {
    let states = app.projections().await.unwrap();
    states.into_iter().find(|state| state.projection == format!("{kind:?}")).unwrap()
}

/// Replays, and fails at the requests that are to fail.
async fn failed(world: &World, kind: Kind, tenant: Option<&Tenant>, fails: fn(&Call) -> bool) {
    let faults = Faults::new(&world.database, move |call| match fails(call) {
        true => Fault::Answer(400, "ValidationException"),
        false => Fault::None,
    });
    kind.replay(&app(&faults.dynamo_without_retries()), tenant).await.unwrap_err();
}

fn is_scan(call: &Call, table: &str) -> bool {
    call.operation == "Scan" && call.is_for(table)
}

#[tokio::test]
async fn a_replay_that_was_interrupted_shows_how_far_it_is() {
    for kind in KINDS {
        let world = World::new().await;
        // Two pages of the events table, and more.
        for number in 0..30 {
            let key = AccountKey::new(&tenant("NORTH"), format!("large-{number}"));
            world.consumer.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
            let note = "x".repeat(60_000);
            world.consumer.execute(&key, Deposit { cents: 1, note }).await.unwrap();
        }
        world.consumer.run_until_idle().await.unwrap();
        let app = world.app();
        assert_eq!(state(&app, kind).await.build, Build::Whole);

        failed(&world, kind, None, |call| is_scan(call, "events") && call.body.contains("ExclusiveStartKey"))
            .await;
        let first = state(&app, kind).await.build;
        let Build::Building { phase, tenant, done, total, .. } = &first else { panic!("{first:?}") };
        let commits = 2 * 9 + 2 * 30;
        assert_eq!((*phase, tenant, *total), (Phase::Fold, &None, Some(commits)));
        assert!((1..commits).contains(&done.commits), "{done:?}");
        assert!(done.streams > 0, "{done:?}");
        let other = KINDS.into_iter().find(|other| *other != kind).unwrap();
        assert_eq!(state(&app, other).await.build, Build::Whole);

        // It goes on, and what has been done stays done.
        let replayed = kind.replay(&app, None).await.unwrap();
        assert_eq!((replayed.commits, replayed.streams), (commits, 6 + 30));
        assert_eq!(state(&app, kind).await.build, Build::Whole);

        // Another one begins anew.
        failed(&world, kind, None, |call| is_scan(call, "events")).await;
        let anew = state(&app, kind).await.build;
        let Build::Building { done, .. } = &anew else { panic!("{anew:?}") };
        assert_eq!(*done, Replayed::default());
    }
}

#[tokio::test]
async fn keyed_views_that_are_put_in_place_are_a_phase_of_their_own() {
    let world = World::with_old_views().await;
    failed(&world, Kind::Wealth, None, |call| is_scan(call, "views")).await;
    let build = state(&world.app(), Kind::Wealth).await.build;
    let Build::Building { phase, done, .. } = &build else { panic!("{build:?}") };
    assert_eq!((*phase, done.commits, done.streams, done.views), (Phase::Swap, 18, 6, 0));
    Kind::Wealth.replay(&world.app(), None).await.unwrap();
    assert_eq!(state(&world.app(), Kind::Wealth).await.build, Build::Whole);
}

#[tokio::test]
async fn a_replay_of_one_tenant_names_it() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let north = tenant("NORTH");
        // Views, and not the note that a replay has begun.
        failed(&world, kind, Some(&north), |call| {
            let writes = ["PutItem", "BatchExecuteStatement", "TransactWriteItems"];
            writes.contains(&&*call.operation) && call.body.contains("NORTH#")
        })
        .await;
        let build = state(&world.app(), kind).await.build;
        let Build::Building { phase, tenant, total, .. } = &build else { panic!("{build:?}") };
        assert_eq!((*phase, tenant.as_deref(), *total), (Phase::Fold, Some("NORTH"), None));
        kind.replay(&world.app(), Some(&north)).await.unwrap();
        assert_eq!(state(&world.app(), kind).await.build, Build::Whole);
    }
}
