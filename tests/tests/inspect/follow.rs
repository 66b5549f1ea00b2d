//! New commits as they come.

use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::delivery::{ChangeFeed, FeedPage, Positions};
use cqrs_core::inspect::{Arrived, Tail};
use cqrs_core::store::{MemoryEventStore, MemoryFeed, StoreError};

use crate::bank::{account, book};
use crate::{beside_views, embedded, memory};

/// Until it is live, and has nothing more.
async fn next(tail: &mut Tail) -> Vec<String> {
    let mut all: Vec<Arrived> = Vec::new();
    loop {
        let arrived = tail.next().await.unwrap();
        if arrived.is_empty() && tail.is_live() {
            break;
        }
        all.extend(arrived);
    }
    all.iter().map(|arrived| format!("{} {}", arrived.place.sk, arrived.place.version)).collect()
}

#[tokio::test]
async fn a_tail_begins_with_the_last_commits_and_continues() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        for _ in 0..250 {
            app.execute(&account("1"), book(1, "d")).await.unwrap();
        }
        let mut tail = app.inspect().tail(3).unwrap();
        assert!(!tail.is_live());
        assert_eq!(next(&mut tail).await, ["ACCOUNT#1 248", "ACCOUNT#1 249", "ACCOUNT#1 250"]);
        assert_eq!(next(&mut tail).await, [""; 0]);
        app.execute(&account("2"), book(1, "d")).await.unwrap();
        assert_eq!(next(&mut tail).await, ["ACCOUNT#2 1"]);

        let mut none = app.inspect().tail(0).unwrap();
        assert_eq!(next(&mut none).await, [""; 0]);
    }
}

/// A feed that has nothing to say at first, as a quiet shard of DynamoDB Streams.
struct Hesitant {
    feed: MemoryFeed,
    empty: u32,
}

impl ChangeFeed for Hesitant {
    async fn read(&mut self, after: &Positions) -> Result<FeedPage, StoreError> {
        match self.empty.checked_sub(1) {
            Some(left) => {
                self.empty = left;
                Ok(FeedPage::new(Vec::new()))
            }
            None => self.feed.read(after).await,
        }
    }
}

struct Quiet(MemoryEventStore);

impl IntoStores for Quiet {
    fn into_stores(self) -> Stores {
        let (delivery, store) = (self.0.delivery(), self.0.clone());
        Stores::new(self.0, delivery).feed(move || Hesitant { feed: store.feed(), empty: 10 })
    }
}

/// What such a feed brings then is from before the tail began.
#[tokio::test]
async fn what_the_feed_brings_late_is_not_new() {
    let app = beside_views(Quiet(MemoryEventStore::new()));
    for _ in 0..5 {
        app.execute(&account("1"), book(1, "d")).await.unwrap();
    }
    let mut tail = app.inspect().tail(2).unwrap();
    assert_eq!(next(&mut tail).await, ["ACCOUNT#1 4", "ACCOUNT#1 5"]);
    app.execute(&account("2"), book(1, "d")).await.unwrap();
    assert_eq!(next(&mut tail).await, ["ACCOUNT#2 1"]);
}
