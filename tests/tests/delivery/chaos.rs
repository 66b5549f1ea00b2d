//! Projections under a feed that loses, repeats and reorders: every view equals the fold of the store.

use std::collections::VecDeque;

use cqrs_core::StoreError;
use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::delivery::{Change, ChangeFeed, FeedPage, Positions};
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_tests::bank::{DepositAll, Withdraw, deposit};
use fastrand::Rng;

use crate::office::*;

const ACCOUNTS: [&str; 5] = ["1", "2", "3", "4", "5"];
const SHARD: &str = "chaos";

/// A store whose feed is disturbed; everything else is the store's own.
struct Chaos {
    store: MemoryEventStore,
    seed: u64,
    within_streams: bool,
}

impl IntoStores for Chaos {
    fn into_stores(self) -> Stores {
        let Self { store, seed, within_streams } = self;
        Stores::new(store.clone(), store.delivery()).feed(move || ChaosFeed {
            feed: store.feed(),
            rng: Rng::with_seed(seed),
            within_streams,
            script: None,
        })
    }
}

/// Reads the whole feed first, and shuffles it, with new positions that grow as they should.
struct ChaosFeed<F> {
    feed: F,
    rng: Rng,
    within_streams: bool,
    script: Option<Vec<Change>>,
}

impl<F: ChangeFeed> ChangeFeed for ChaosFeed<F> {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        if self.script.is_none() {
            let everything = self.everything().await?;
            let mut changes = disturb(&mut self.rng, everything, self.within_streams);
            for (change, position) in changes.iter_mut().zip(1..) {
                change.shard = SHARD.to_owned();
                change.position = format!("{position:05}");
            }
            self.script = Some(changes);
        }
        let done: usize = after.get(SHARD).map_or(0, |position| position.parse().unwrap());
        let page = self.rng.usize(1..8);
        let changes = self.script.iter().flatten().skip(done).take(page).cloned().collect();
        Ok(FeedPage::new(changes))
    }
}

impl<F: ChangeFeed> ChaosFeed<F> {
    async fn everything(&mut self) -> Result<Vec<Change>, StoreError> {
        let (mut found, mut positions) = (Vec::new(), Positions::new());
        loop {
            let page = self.feed.read(&positions).await?;
            if page.changes.is_empty() {
                return Ok(found);
            }
            for change in page.changes {
                positions.insert(change.shard.clone(), change.position.clone());
                found.push(change);
            }
        }
    }
}

fn stream_of(change: &Change) -> (String, String) {
    let text = |name: &str| change.record[name].as_str().unwrap().to_owned();
    (text("pk"), text("sk").rsplit_once('@').unwrap().0.to_owned())
}

/// Loses commits that are not the last of their stream, repeats some, interleaves the streams, and returns to whole
/// stretches. With `within_streams`, the order of a stream is not kept either.
fn disturb(rng: &mut Rng, changes: Vec<Change>, within_streams: bool) -> Vec<Change> {
    let mut streams: Vec<((String, String), Vec<Change>)> = Vec::new();
    for change in changes {
        let stream = stream_of(&change);
        match streams.iter_mut().find(|(known, _)| *known == stream) {
            Some((_, changes)) => changes.push(change),
            None => streams.push((stream, vec![change])),
        }
    }
    let mut left: Vec<VecDeque<Change>> =
        streams.into_iter().map(|(_, changes)| disturb_stream(rng, changes, within_streams).into()).collect();
    let mut mixed = Vec::new();
    while !left.is_empty() {
        let index = rng.usize(..left.len());
        mixed.extend(left[index].pop_front());
        left.retain(|stream| !stream.is_empty());
    }
    for _ in 0..rng.usize(..3) {
        let start = rng.usize(..mixed.len());
        let end = rng.usize(start..=mixed.len().min(start + 10));
        let again = mixed[start..end].to_vec();
        let place = rng.usize(end..=mixed.len());
        mixed.splice(place..place, again);
    }
    mixed
}

fn disturb_stream(rng: &mut Rng, changes: Vec<Change>, within_streams: bool) -> Vec<Change> {
    let last = changes.len() - 1;
    let mut kept: Vec<Change> = Vec::new();
    for (index, change) in changes.into_iter().enumerate() {
        let times = if index == last { rng.usize(1..3) } else { [0, 1, 1, 1, 2][rng.usize(..5)] };
        kept.extend(std::iter::repeat_n(change, times));
    }
    if within_streams {
        rng.shuffle(&mut kept);
    }
    kept
}

/// Some work that depends on the seed, delivered in disorder, a second time after more work.
async fn survives(seed: u64, within_streams: bool) {
    let (store, views, clerk) = (MemoryEventStore::new(), MemoryViewStore::new(), Clerk::new());
    let mut rng = Rng::with_seed(seed);
    let chaos = Chaos { store, seed, within_streams };
    let app = app_of(chaos, views, &clerk, &["Statement", "Wealth"]);
    open(&app, &ACCOUNTS).await;
    for _ in 0..40 {
        let account = key(ACCOUNTS[rng.usize(..ACCOUNTS.len())]);
        match rng.u8(..4) {
            0 => drop(app.execute(&account, Withdraw { cents: rng.u64(..4) }).await),
            1 => drop(app.execute(&account, DepositAll(vec![1, 2, 3])).await.unwrap()),
            _ => drop(app.execute(&account, deposit(rng.u64(1..50))).await.unwrap()),
        }
    }
    let context = format!("seed {seed}, within streams: {within_streams}");
    app.run_until_idle().await.unwrap();
    assert_eq!(letters(&app).await, [], "{context}");
    assert_views_are_the_fold(&app, &ACCOUNTS, &context).await;
}

#[tokio::test]
async fn loss_repetition_and_mixed_streams_leave_every_view_right() {
    for seed in 0..150 {
        survives(seed, false).await;
    }
}

#[tokio::test]
async fn disorder_within_a_stream_leaves_every_view_right() {
    for seed in 0..150 {
        survives(seed, true).await;
    }
}
