//! Programs with different folds on one database: a deployment, its rollback, and both at once.

mod earlier;
mod meter;
mod parts;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::commit::Commit;
use cqrs_core::delivery::{Message, Received, Verdict};
use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, MemoryEventStore};
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;
use fastrand::Rng;

use meter::{Check, MeterKey, Release, Take, Values};

const METERS: [&str; 3] = ["1", "2", "3"];
const PLACES: [&str; 2] = ["cellar", "attic"];
const RELEASES: [&str; 6] =
    ["first", "fold_changed", "field_removed", "field_added", "field_renamed", "field_retyped"];

fn tenant() -> Tenant {
    Tenant::new("T").unwrap()
}

fn key(meter: &str) -> MeterKey {
    MeterKey::new(&tenant(), meter)
}

/// A database, and what is in it.
struct World<E> {
    events: E,
    stores: Box<dyn Fn() -> Stores>,
    rng: Rng,
    /// What was committed, by meter, a value per version where the commit has one.
    committed: [Vec<Option<(&'static str, u64)>>; 3],
}

impl<E: EventStore> World<E> {
    /// A process of a release that has just begun.
    fn process(&self, release: &'static str) -> App {
        App::builder((self.stores)()).only([release]).build().unwrap()
    }

    async fn command(&mut self, app: &App) {
        let at = self.rng.usize(..3);
        let meter = key(METERS[at]);
        if self.rng.u8(..4) == 0 {
            app.execute(&meter, Check).await.unwrap();
            self.committed[at].push(None);
            return;
        }
        let value = (PLACES[self.rng.usize(..2)], self.rng.u64(..10));
        app.execute(&meter, Take(value.0, value.1)).await.unwrap();
        self.committed[at].push(Some(value));
    }

    async fn commits(&self, at: usize) -> Vec<Commit> {
        let stream = key(METERS[at]).stream().unwrap();
        let mut commits = self.events.read(&stream, Version::NONE, Version::MAX).await.unwrap().commits;
        // A topic filters by the names of events.
        commits.retain(|commit| commit.events.iter().any(|event| event.name == "Read"));
        commits
    }

    /// Delivers a commit to one of the programs, as their queue does. No program may refuse it.
    async fn deliver(&self, app: &App, release: &str, commit: &Commit) {
        let message = Received::new(Message::of(app, commit).body);
        let verdicts = app.consumer(release).unwrap().take(&[message]).await;
        assert_eq!(verdicts, [Verdict::Done], "{release}: {commit:?}");
    }

    /// A release reads its own fold, as far as the view has come.
    async fn read<R: Release>(&self, app: &App, told: &str) -> [Version; 3]
    where
        for<'a> <R::View as cqrs_core::app::Queried>::Query<'a>: From<cqrs_core::app::Query<'a, R::View>>,
    {
        let mut versions = [Version::NONE; 3];
        let mut views = app.views::<R::View>(&tenant());
        while let Some(found) = views.try_next().await.unwrap() {
            let at = METERS.iter().position(|meter| meter == found.key.id()).unwrap();
            let until = usize::try_from(found.version.get()).unwrap();
            let values: Values = self.committed[at][..until].iter().copied().flatten().collect();
            assert_eq!(found.view, R::fold(&values), "{told}: meter {} at {until}", METERS[at]);
            versions[at] = found.version;
        }
        for (at, meter) in METERS.into_iter().enumerate() {
            let view = app.view::<R::View>(&key(meter)).await.unwrap();
            assert_eq!(view.is_some(), !versions[at].is_none(), "{told}: meter {meter}");
        }
        versions
    }

    async fn read_as(&self, app: &App, release: &str, told: &str) -> [Version; 3] {
        match release {
            "first" => self.read::<meter::first::This>(app, told).await,
            "fold_changed" => self.read::<meter::fold_changed::This>(app, told).await,
            "field_removed" => self.read::<meter::field_removed::This>(app, told).await,
            "field_added" => self.read::<meter::field_added::This>(app, told).await,
            "field_renamed" => self.read::<meter::field_renamed::This>(app, told).await,
            _ => self.read::<meter::field_retyped::This>(app, told).await,
        }
    }
}

/// Two releases beside each other, and processes that end at any moment.
async fn side_by_side(events: impl EventStore, stores: impl Fn() -> Stores + 'static, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut two = RELEASES;
    rng.shuffle(&mut two);
    let two = [two[0], two[1]];
    let committed = [Vec::new(), Vec::new(), Vec::new()];
    let mut world = World { events, stores: Box::new(stores), rng, committed };
    let mut processes = two.map(|release| world.process(release));
    for step in 0..40 {
        let told = format!("seed {seed}, step {step}, {two:?}");
        let one = world.rng.usize(..2);
        match world.rng.u8(..8) {
            0..3 => world.command(&processes[one]).await,
            3..6 => {
                let at = world.rng.usize(..3);
                let commits = world.commits(at).await;
                if let Some(commit) = world.rng.choice(&commits) {
                    world.deliver(&processes[one], two[one], commit).await;
                }
            }
            6 => {
                world.read_as(&processes[one], two[one], &told).await;
            }
            _ => processes[one] = world.process(two[one]),
        }
    }
    // All that is on its way arrives, at one of them each.
    for at in 0..3 {
        for commit in world.commits(at).await {
            let one = world.rng.usize(..2);
            world.deliver(&processes[one], two[one], &commit).await;
        }
    }
    // The deployment is rolled back, and made again.
    for one in [0, 1, 0, 1] {
        let told = format!("seed {seed}, at the end, {two:?}");
        let versions = world.read_as(&processes[one], two[one], &told).await;
        for (at, version) in versions.into_iter().enumerate() {
            let last = world.committed[at].iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            assert!(version.get() >= last as u64, "{told}: meter {} is at {version}", METERS[at]);
        }
    }
}

#[tokio::test]
async fn two_releases_read_their_own_folds_in_memory() {
    for seed in 0..200 {
        let (events, views) = (MemoryEventStore::new(), MemoryViewStore::new());
        let stores = events.clone();
        side_by_side(events, move || stores.clone().into_stores().views(views.clone()), seed).await;
    }
}

#[tokio::test]
async fn two_releases_read_their_own_folds_embedded() {
    for seed in 200..216 {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        side_by_side(dynamo.event_store(), move || (&dynamo).into_stores(), seed).await;
    }
}
