//! Views at their aggregates' keys.

use cqrs_core::prelude::*;
use cqrs_core::replay::Replayed;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::{MemoryViewStore, ViewStore, Write};
use cqrs_tests::bank::{AccountKey, Deposit, Statement, Wealth, deposit};

use crate::world::*;

fn counts(done: Replayed) -> (u64, u64, u64) {
    (done.commits, done.streams, done.views)
}

#[tokio::test]
async fn every_view_is_built_anew_and_moves_on() {
    let world = World::with_old_views().await;
    let app = world.app();
    assert_eq!(counts(app.replay::<Statement>().await.unwrap()), (18, 6, 6));
    world.assert_whole(Kind::Statement, "rebuilt").await;
    // The versions are those that the delivery had given.
    let view = of_tenant(&world.dynamo.views(), "NORTH").await.into_iter().next().unwrap();
    assert_eq!((view.version, view.generation), (Version::new(3), 1));
    world.live(0).await;
    world.assert_whole(Kind::Statement, "moved on").await;
    assert_eq!(counts(app.replay::<Statement>().await.unwrap()), (21, 7, 7));
    world.assert_whole(Kind::Statement, "rebuilt again").await;
}

#[tokio::test]
async fn stores_in_memory_are_replayed_alike() {
    let (store, views) = (MemoryEventStore::new(), MemoryViewStore::new());
    let app = app_on(store.clone(), views.clone());
    history(&app).await;
    app.run_until_idle().await.unwrap();
    spoil(&views).await;
    assert_ne!(Views::stored(&app).await, Views::folded_from(&store).await);
    assert_eq!(counts(app.replay::<Statement>().await.unwrap()), (18, 6, 6));
    assert_eq!(counts(app.replay::<Wealth>().await.unwrap()), (18, 6, 4));
    assert_eq!(Views::stored(&app).await, Views::folded_from(&store).await);
}

#[tokio::test]
async fn one_view_is_rebuilt_and_no_other() {
    let world = World::with_old_views().await;
    let key = AccountKey::new(&tenant("NORTH"), "2");
    let mut expected = Views::stored(&world.app()).await;
    let done = world.app().replay::<Statement>().key(&key).await.unwrap();
    assert_eq!(counts(done), (3, 1, 1));
    let id = ("NORTH".to_owned(), "2".to_owned());
    let folded = Views::folded(&world.dynamo).await.statements.remove(&id).unwrap();
    expected.statements.insert(id, folded);
    assert_eq!(Views::stored(&world.app()).await, expected);
    // A stream without commits has no view.
    let none = AccountKey::new(&tenant("NORTH"), "none");
    assert_eq!(counts(world.app().replay::<Statement>().key(&none).await.unwrap()), (0, 0, 0));
    assert_eq!(Views::stored(&world.app()).await, expected);
    // A replay of all that comes later builds this one, too.
    spoil(&world.dynamo.views()).await;
    world.app().replay::<Statement>().await.unwrap();
    world.assert_whole(Kind::Statement, "after one").await;
}

#[tokio::test]
async fn other_tenants_are_left_alone() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let views = world.dynamo.views();
        let before = of_tenant(&views, "SOUTH").await;
        let done = kind.replay(&world.app(), Some(&tenant("NORTH"))).await.unwrap();
        assert_eq!(done.streams, 3, "{kind:?}");
        assert_eq!(of_tenant(&views, "SOUTH").await, before, "{kind:?}");
        kind.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap();
        world.assert_whole(kind, "both tenants").await;
        world.live(1).await;
        world.assert_whole(kind, "moved on").await;
        assert_eq!(world.shadows().await, []);
    }
}

#[tokio::test]
async fn views_and_fences_that_were_lost_come_back() {
    for kind in KINDS {
        let world = World::new().await;
        let (client, table) = (world.dynamo.client(), &world.dynamo.tables().views);
        let items = client.scan().table_name(table).send().await.unwrap().items.unwrap();
        for item in items {
            let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into();
            client.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
        }
        kind.replay(&world.app(), None).await.unwrap();
        world.assert_whole(kind, "lost").await;
    }
}

#[tokio::test]
async fn streams_of_several_pages_are_folded_whole() {
    for kind in KINDS {
        for scope in [None, Some(tenant("NORTH"))] {
            let world = World::new().await;
            let long = AccountKey::new(&tenant("NORTH"), "1");
            for _ in 0..25 {
                let large = Deposit { cents: 1, note: "x".repeat(100_000) };
                world.consumer.execute(&long, large).await.unwrap();
            }
            // Half of the views are behind the store.
            world.consumer.execute(&AccountKey::new(&tenant("NORTH"), "3"), deposit(5)).await.unwrap();
            spoil(&world.dynamo.views()).await;
            kind.replay(&world.app(), scope.as_ref()).await.unwrap();
            kind.replay(&world.app(), Some(&tenant("SOUTH"))).await.unwrap();
            world.assert_whole(kind, "long").await;
            world.consumer.run_until_idle().await.unwrap();
            world.assert_whole(kind, "delivered").await;
        }
    }
}

#[tokio::test]
async fn a_view_ahead_of_its_stream_is_an_error_and_no_endless_loop() {
    let world = World::new().await;
    let views = world.dynamo.views();
    let view = of_tenant(&views, "NORTH").await.into_iter().next().unwrap();
    let mut ahead = view.clone();
    ahead.version = Version::new(77);
    assert_eq!(views.put(&ahead, view.revision()).await.unwrap(), Write::Done);
    let error = world.app().replay::<Statement>().await.unwrap_err();
    let said = cqrs_core::causes::chain(&error);
    assert!(said.contains("version 77") && said.contains("ends at version 3"), "{said}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_commit_that_cannot_be_read_stops_the_replay_and_is_named() {
    for kind in KINDS {
        let world = World::with_old_views().await;
        let key = AccountKey::new(&tenant("NORTH"), "2");
        let event = cqrs_tests::bank::Withdrawn { owner: "Ada".into(), cents: 1 };
        let mut record = cqrs_tests::raw::record(&key, 4, &event);
        record["data"]["cents"] = "many".into();
        cqrs_tests::raw::put(&world.dynamo, record.clone()).await;
        let before = Views::stored(&world.app()).await.wealth;
        let error = kind.replay(&world.app(), None).await.unwrap_err();
        let said = cqrs_core::causes::chain(&error);
        assert!(
            said.contains("ACCOUNT#2") && said.contains("version 4") && said.contains("Withdrawn"),
            "{said}"
        );
        // Nothing that is not whole has been put in place.
        assert_eq!(Views::stored(&world.app()).await.wealth, before);
        record["data"]["cents"] = 1.into();
        cqrs_tests::raw::put(&world.dynamo, record).await;
        kind.replay(&world.app(), None).await.unwrap();
        world.assert_whole(kind, "mended").await;
    }
}
