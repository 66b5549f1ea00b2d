//! Whether a projection has missed earlier commits.

use cqrs_core::app::Build;
use cqrs_core::delivery::DeliveryStore;
use cqrs_tests::bank::{Statement, Wealth};

use crate::*;

impl Stores {
    /// The feed brings nothing to `new` any more of what `old` has taken.
    async fn forget_the_feed(&self, old: &str, new: &str) {
        match self {
            Self::Memory(events, _) => copy(&events.delivery(), old, new).await,
            Self::Dynamo(events, _) => copy(&events.delivery(), old, new).await,
        }
    }
}

async fn copy(delivery: &impl DeliveryStore, old: &str, new: &str) {
    for (shard, position) in delivery.positions(old).await.unwrap() {
        delivery.save_position(new, &shard, &position).await.unwrap();
    }
}

#[tokio::test]
async fn a_projection_that_was_there_from_the_start_is_whole() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        open(&app, "1").await;
        let build = state(&app, "Wealth").await.build;
        assert!(matches!(build, Build::Unsettled { since: None, .. }), "{build:?}");
        app.run_until_idle().await.unwrap();
        for projection in BOTH {
            assert_eq!(state(&app, projection).await.build, Build::Whole);
        }
    }
}

#[tokio::test]
async fn a_projection_that_is_new_on_old_data_is_behind_until_it_is_replayed() {
    for (old, new) in [("Statement", "Wealth"), ("Wealth", "Statement")] {
        for stores in Stores::all().await {
            let before = stores.app(&[old]);
            open(&before, "1").await;
            before.run_until_idle().await.unwrap();
            stores.forget_the_feed(old, new).await;
            let app = stores.app(&BOTH);
            let started = Timestamp::now();
            app.run_until_idle().await.unwrap();
            let behind = state(&app, new).await;
            let Build::Behind { since: Some(since), .. } = behind.build else { panic!("{behind:?}") };
            assert!(started <= since && since <= Timestamp::now(), "{since}");
            assert_eq!(behind.lag.unwrap().commits, 0, "the feed brings nothing more");
            assert_eq!(state(&app, old).await.build, Build::Whole);
            match new {
                "Wealth" => drop(app.replay::<Wealth>().await.unwrap()),
                _ => drop(app.replay::<Statement>().await.unwrap()),
            }
            assert_eq!(state(&app, new).await.build, Build::Whole);
        }
    }
}

#[tokio::test]
async fn a_replay_that_is_waived_is_no_longer_due() {
    let stores = Stores::Memory(MemoryEventStore::new(), MemoryViewStore::new());
    let before = stores.app(&["Statement"]);
    open(&before, "1").await;
    before.run_until_idle().await.unwrap();
    stores.forget_the_feed("Statement", "Wealth").await;
    let app = stores.app(&BOTH);
    app.run_until_idle().await.unwrap();
    assert!(matches!(state(&app, "Wealth").await.build, Build::Behind { .. }));
    app.waive_replay("Wealth").await.unwrap();
    assert_eq!(state(&app, "Wealth").await.build, Build::Whole);
}

#[tokio::test]
async fn a_projection_that_was_away_is_behind() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        open(&app, "1").await;
        app.run_until_idle().await.unwrap();
        let left = Timestamp::now();
        app.note_absence("Wealth").await.unwrap();
        let build = state(&app, "Wealth").await.build;
        let Build::Behind { since: Some(since), .. } = build else { panic!("{build:?}") };
        assert!(left <= since);
        assert_eq!(state(&app, "Statement").await.build, Build::Whole);
        // The next start notices it, and a replay after it counts.
        app.run_until_idle().await.unwrap();
        assert!(matches!(state(&app, "Wealth").await.build, Build::Behind { .. }));
        app.replay::<Wealth>().await.unwrap();
        assert_eq!(state(&app, "Wealth").await.build, Build::Whole);
    }
}
