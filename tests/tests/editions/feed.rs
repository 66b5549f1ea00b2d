//! Two releases, each of which delivers to itself from the feed.

use std::time::Duration;

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::store::{DeliveryStore, MemoryEventStore};
use cqrs_core::view::{MemoryViewStore, ViewStore};
use fastrand::Rng;

use crate::world::{RELEASES, World, killed_after};

async fn in_turn(
    events: MemoryEventStore,
    views: impl ViewStore,
    stores: impl Fn() -> Stores + 'static,
    seed: u64,
) {
    let mut rng = Rng::with_seed(seed);
    let mut two = RELEASES;
    rng.shuffle(&mut two);
    let two = [two[0], two[1]];
    let release_poll = if rng.bool() { Duration::from_secs(3600) } else { Duration::ZERO };
    let mut world = World::new(events, views, stores, rng, release_poll);
    let mut processes = two.map(|release| world.process(release));
    for step in 0..30 {
        let told = format!("seed {seed}, step {step}, {two:?}, {release_poll:?}");
        let one = world.rng.usize(..2);
        match world.rng.u8(..10) {
            0..4 => world.command(&processes[one]).await,
            4..7 => {
                let polls = world.rng.usize(..40);
                let _ = killed_after(polls, processes[one].run_until_idle()).await;
                share_position(&world, two[one], two[1 - one]).await;
            }
            7 => world.read(&processes[one], two[one], &told).await,
            8 => {
                processes[one].run_until_idle().await.unwrap();
                share_position(&world, two[one], two[1 - one]).await;
                world.read_all(&world.process(two[one]), two[one], &told).await;
            }
            _ => processes[one] = world.process(two[one]),
        }
    }
    for one in [0, 1, 0, 1] {
        let told = format!("seed {seed}, at the end, {two:?}, {release_poll:?}");
        world.command(&processes[one]).await;
        processes[one].run_until_idle().await.unwrap();
        share_position(&world, two[one], two[1 - one]).await;
        assert_eq!(processes[one].dead_letters().list().await.unwrap(), [], "{told}");
        world.read_all(&world.process(two[one]), two[one], &told).await;
    }
}

/// Releases of a program have one name and one position, so the one that is further takes the other one along. Here
/// they have two names, so that both fit into one program.
async fn share_position<V: ViewStore>(world: &World<MemoryEventStore, V>, from: &str, to: &str) {
    let store = world.events.delivery();
    for (shard, position) in store.positions(from).await.unwrap() {
        store.save_position(to, &shard, &position).await.unwrap();
    }
}

#[tokio::test]
async fn a_release_that_starts_reads_its_own_fold_of_all_commits() {
    for seed in 0..100 {
        let (events, views) = (MemoryEventStore::new(), MemoryViewStore::new());
        let (commits, kept) = (events.clone(), views.clone());
        let stores = move || commits.clone().into_stores().views(kept.clone());
        in_turn(events, views, stores, seed).await;
    }
}
