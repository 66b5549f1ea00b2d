//! Views across aggregates.

use cqrs_core::projection::ViewId;
use cqrs_core::view::{Revision, ViewStore, Write};
use cqrs_tests::bank::{AccountKey, Wealth, deposit};
use serde_json::json;

use crate::world::*;

#[tokio::test]
async fn every_view_is_built_anew_and_nothing_is_left_behind() {
    let world = World::with_old_views().await;
    let done = world.app().replay::<Wealth>().await.unwrap();
    assert_eq!((done.commits, done.streams, done.views), (18, 6, 4));
    world.assert_whole(Kind::Wealth, "rebuilt").await;
    assert_eq!(world.shadows().await, []);
    world.live(0).await;
    world.live(1).await;
    world.assert_whole(Kind::Wealth, "moved on").await;
    let done = world.app().replay::<Wealth>().await.unwrap();
    assert_eq!((done.commits, done.streams, done.views), (24, 8, 5));
    world.assert_whole(Kind::Wealth, "rebuilt again").await;
    assert_eq!(world.shadows().await, []);
}

/// The key of a view of an owner who has no account.
fn nobody(name: &str) -> ViewId {
    ViewId::new(ViewId::partition("WEALTH", &tenant(name)), "WEALTH#Nobody")
}

#[tokio::test]
async fn views_that_are_not_built_again_are_removed() {
    for scope in [None, Some(tenant("NORTH"))] {
        let world = World::with_old_views().await;
        let views = world.dynamo.views();
        let old = of_tenant(&views, "NORTH").await.pop().unwrap();
        for name in TENANTS {
            let mut view = old.clone();
            view.id = nobody(name);
            assert_eq!(views.put(&view, Revision::NONE).await.unwrap(), Write::Done);
        }
        Kind::Wealth.replay(&world.app(), scope.as_ref()).await.unwrap();
        assert_eq!(views.get(&nobody("NORTH")).await.unwrap(), None);
        assert_eq!(views.get(&nobody("SOUTH")).await.unwrap().is_some(), scope.is_some());
    }
}

/// A view of an earlier shape cannot be folded further. The replay does not need it, and the delivery carries it along.
#[tokio::test]
async fn views_of_another_shape_are_carried_along_until_they_are_replaced() {
    let world = World::new().await;
    let views = world.dynamo.views();
    for view in of_tenant(&views, "NORTH").await.into_iter().filter(|view| view.id.sk.contains("WEALTH")) {
        let mut old = view.clone();
        old.data = json!({ "euros": 1 });
        assert_eq!(views.put(&old, view.revision()).await.unwrap(), Write::Done);
    }
    // Not delivered when the replay reaches it: the replay must advance the live view, too.
    world.consumer.execute(&AccountKey::new(&tenant("NORTH"), "3"), deposit(5)).await.unwrap();
    let app = world.app();
    let during = std::sync::Mutex::new(None);
    let replay = app.replay::<Wealth>().progress(|progress| {
        during.lock().unwrap().get_or_insert(progress.done.commits);
    });
    replay.await.unwrap();
    assert!(during.lock().unwrap().is_some());
    world.consumer.run_until_idle().await.unwrap();
    world.assert_whole(Kind::Wealth, "reshaped").await;
}

#[tokio::test]
async fn new_streams_after_a_replay_belong_to_no_replay() {
    let world = World::with_old_views().await;
    world.app().replay::<Wealth>().await.unwrap();
    world.live(1).await;
    let owner = ViewId::new(ViewId::partition("WEALTH", &tenant("NORTH")), "WEALTH#owner-1");
    let view = world.dynamo.views().get(&owner).await.unwrap().unwrap();
    assert_eq!(
        view.generation, 1,
        "a view that appears later must differ from one that a replay has removed"
    );
    assert_eq!(world.shadows().await, []);
}
