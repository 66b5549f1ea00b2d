//! Which records of a stream are deleted, and which stay: no undelivered record is lost.

use cqrs_core::delivery::{Change, ChangeFeed, DeliveryStore, Positions};
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Open, Wealth, WealthKey};
use dynoxide::storage::Storage;
use tempfile::TempDir;

struct File {
    _folder: TempDir,
    path: String,
}

impl File {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("bank.db").to_str().unwrap().to_owned();
        Self { _folder: folder, path }
    }

    async fn open(&self) -> (Dynamo, App) {
        let dynamo = Dynamo::embedded(&self.path).await.unwrap();
        let app = App::builder(dynamo.event_store()).views(dynamo.views()).build().unwrap();
        (dynamo, app)
    }

    /// The effect of a night and a bit on the existing records.
    fn rests_for_a_day(&self) {
        let storage = Storage::new(&self.path).unwrap();
        storage.conn().execute("UPDATE _stream_records SET created_at = created_at - 90000", []).unwrap();
    }

    fn records(&self) -> u64 {
        let storage = Storage::new(&self.path).unwrap();
        storage.conn().query_row("SELECT count(*) FROM _stream_records", [], |row| row.get(0)).unwrap()
    }
}

async fn open_accounts(app: &App, numbers: std::ops::Range<u32>) {
    for number in numbers {
        app.execute(&bank::account(&number.to_string()), Open { owner: "Ada".into() }).await.unwrap();
    }
}

/// How many accounts have been counted in, by the delivery alone: nothing else looks at a stream with one commit.
async fn counted(app: &App) -> u64 {
    let wealth = app.view::<Wealth>(&WealthKey::new(&bank::tenant(), "Ada")).await.unwrap();
    wealth.map_or(0, |wealth| wealth.folded)
}

#[tokio::test]
async fn records_go_after_a_day_when_everybody_has_passed_them() {
    let file = File::new();
    let (dynamo, app) = file.open().await;
    open_accounts(&app, 0..700).await;
    app.run_until_idle().await.unwrap();
    drop((dynamo, app));
    assert_eq!(file.records(), 700);
    drop(file.open().await);
    assert_eq!(file.records(), 700, "they are not old");

    file.rests_for_a_day();
    let (dynamo, app) = file.open().await;
    assert_eq!(file.records(), 1, "the last one carries the numbers on");
    open_accounts(&app, 700..703).await;
    assert_eq!(app.run_until_idle().await.unwrap().commits, 3);
    assert_eq!(counted(&app).await, 703);
    drop((dynamo, app));
}

#[tokio::test]
async fn what_nobody_has_delivered_outlives_days_of_rest() {
    let file = File::new();
    let (dynamo, app) = file.open().await;
    open_accounts(&app, 0..5).await;
    drop((dynamo, app));
    file.rests_for_a_day();

    let (dynamo, app) = file.open().await;
    assert_eq!(file.records(), 5, "no delivery has begun");
    assert_eq!(app.run_until_idle().await.unwrap().commits, 5);
    open_accounts(&app, 5..8).await;
    drop((dynamo, app));
    file.rests_for_a_day();

    let (dynamo, app) = file.open().await;
    assert_eq!(file.records(), 3, "three are still to be delivered");
    assert_eq!(app.run_until_idle().await.unwrap().commits, 3);
    assert_eq!(counted(&app).await, 8);
    drop((dynamo, app));
}

#[tokio::test]
async fn a_subscriber_that_began_and_was_interrupted_holds_the_records() {
    let file = File::new();
    let (dynamo, app) = file.open().await;
    open_accounts(&app, 0..5).await;
    app.run_until_idle().await.unwrap();
    let store = dynamo.event_store().delivery();
    assert!(store.positions("late").await.unwrap().is_empty());
    // The checkpoints of a replay are not the position of a subscriber.
    assert!(store.positions("@replay#Statement").await.unwrap().is_empty());
    drop((dynamo, app));
    file.rests_for_a_day();

    let (dynamo, app) = file.open().await;
    assert_eq!(file.records(), 5, "`late` has everything before it");
    let store = dynamo.event_store().delivery();
    let passed = store.positions("Statement").await.unwrap();
    for (shard, position) in &passed {
        store.save_position("late", shard, position).await.unwrap();
    }
    drop((dynamo, app, store));
    drop(file.open().await);
    assert_eq!(file.records(), 1);
}

#[tokio::test]
async fn a_place_that_the_stream_no_longer_holds_is_passed_over() {
    let file = File::new();
    let (dynamo, app) = file.open().await;
    open_accounts(&app, 0..3).await;
    let mut feed = dynamo.event_store().feed();
    let first = feed.read(&Positions::new()).await.unwrap().changes.swap_remove(0);
    app.run_until_idle().await.unwrap();
    drop((dynamo, app, feed));
    file.rests_for_a_day();

    let (dynamo, app) = file.open().await;
    let behind = Positions::from([(first.shard.clone(), first.position)]);
    let mut feed = dynamo.event_store().feed();
    let oldest = feed.read(&behind).await.unwrap().changes;
    // A page that was not taken is read again.
    let positions =
        |changes: &[Change]| -> Vec<_> { changes.iter().map(|change| change.position.clone()).collect() };
    assert_eq!(positions(&feed.read(&behind).await.unwrap().changes), positions(&oldest));
    assert_eq!(oldest[0].shard, first.shard);
    open_accounts(&app, 3..4).await;
    let reached = Positions::from([(first.shard, oldest.last().unwrap().position.clone())]);
    assert_eq!(feed.read(&reached).await.unwrap().changes.len(), 1);
}
