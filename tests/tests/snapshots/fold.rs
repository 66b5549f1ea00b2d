//! A program with another fold or another state ignores the snapshots of the earlier one.

use cqrs_core::prelude::*;
use cqrs_core::snapshot::MemorySnapshotStore;
use cqrs_core::store::MemoryEventStore;
use cqrs_dynamo::Dynamo;

use crate::ledger::{Book, apart, every_4, every_10, every_100, ledger, stored};

ledger!(
    first,
    every = 4,
    state { pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
);

ledger!(
    other_fold,
    every = 4,
    state { pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount * 2;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
);

ledger!(
    other_helper,
    every = 4,
    state { pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount * Self::FACTOR;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
    const FACTOR: i64 = 3;
);

ledger!(
    other_factor,
    every = 4,
    state { pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount * Self::FACTOR;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
    const FACTOR: i64 = 5;
);

ledger!(
    other_state,
    every = 4,
    state { #[serde(rename = "sum")] pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
);

// What the others have stored could be read into this one as well.
ledger!(
    other_attribute,
    every = 4,
    state { #[serde(default)] pub(crate) total: i64 },
    #[apply]
    fn booked(&mut self, event: &Booked) {
        self.total += event.amount;
    }
    #[apply]
    fn kept(&mut self, _: &Kept) {}
);

ledger!(
    same_words,
    every = 4,
    state {
        /// In cents.
        pub total: i64,
    },
    /// Nothing.
    #[apply]
    fn kept(&mut self, _: &Kept) {}
    /// Adds.
    #[apply]
    #[inline]
    fn booked(
        &mut self,
        event: &Booked,
    ) {
        // The sum of all.
        self.total+=event.amount;
    }
);

/// Ten commits of 1 with a snapshot at 8, by the first program.
async fn written() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app(&dynamo);
    for _ in 0..10 {
        app.execute(&first::key("1"), Book(vec![1])).await.unwrap();
    }
    let snapshot = stored(&dynamo.snapshots(), &first::key("1")).await.unwrap();
    assert_eq!((snapshot.version, &snapshot.state["total"]), (Version::new(8), &8.into()));
    (dynamo, app)
}

fn app(dynamo: &Dynamo) -> App {
    App::builder(dynamo.event_store()).snapshots(dynamo.snapshots()).settings(apart).only([]).build().unwrap()
}

/// The total as one program sees it, and whether that program used the first one's snapshot.
macro_rules! seen {
    ($dynamo:expr, $program:ident) => {{
        let app = app($dynamo);
        app.load(&$program::key("1")).await.unwrap();
        let before = $dynamo.cost();
        let total = app.load(&$program::key("1")).await.unwrap().state.total;
        let at = app.load_version(&$program::key("1"), Version::new(9)).await.unwrap().state.total;
        (total, at, ($dynamo.cost() - before).requests)
    }};
}

#[tokio::test]
async fn a_changed_fold_ignores_old_snapshots() {
    let (dynamo, _) = written().await;
    // Snapshot and tail at once; then one after the other.
    assert_eq!(seen!(&dynamo, first), (10, 9, 4));
    assert_eq!(seen!(&dynamo, same_words), (10, 9, 4));
    // Of the ten commits four are read with the snapshot, the others after it.
    assert_eq!(seen!(&dynamo, other_fold), (20, 18, 5));
    assert_eq!(seen!(&dynamo, other_helper), (30, 27, 5));
    assert_eq!(seen!(&dynamo, other_factor), (50, 45, 5));
    assert_eq!(seen!(&dynamo, other_state), (10, 9, 5));
    assert_eq!(seen!(&dynamo, other_attribute), (10, 9, 5));
}

#[tokio::test]
async fn a_changed_fold_writes_its_own_snapshot_with_the_next_commit() {
    let (dynamo, old) = written().await;
    let new = app(&dynamo);
    new.execute(&other_fold::key("1"), Book(vec![1])).await.unwrap();
    let snapshot = stored(&dynamo.snapshots(), &other_fold::key("1")).await.unwrap();
    assert_eq!((snapshot.version, &snapshot.state["total"]), (Version::new(11), &22.into()));
    assert_eq!(seen!(&dynamo, other_fold), (22, 18, 4));
    // While both are running, each one reads its own or the stream.
    assert_eq!(seen!(&dynamo, first).0, 11);
    old.execute(&first::key("1"), Book(vec![1])).await.unwrap();
    assert_eq!(seen!(&dynamo, first).0, 12);
    assert_eq!(seen!(&dynamo, other_fold).0, 24);
}

#[tokio::test]
async fn another_distance_takes_the_same_snapshots() {
    let (store, snapshots) = (MemoryEventStore::new(), MemorySnapshotStore::new());
    let app = App::builder(store).snapshots(snapshots.clone()).settings(apart).only([]).build().unwrap();
    for amount in 0..12 {
        app.execute(&every_4::key("1"), Book(vec![amount])).await.unwrap();
    }
    let by_four = app.load(&every_4::key("1")).await.unwrap();
    let (by_ten, by_hundred) =
        (app.load(&every_10::key("1")).await.unwrap(), app.load(&every_100::key("1")).await.unwrap());
    assert_eq!((by_ten.state.digest, by_hundred.state.digest), (by_four.state.digest, by_four.state.digest));
    let fingerprint = stored(&snapshots, &every_4::key("1")).await.unwrap().fingerprint;
    app.execute(&every_10::key("1"), Book(vec![1])).await.unwrap();
    for _ in 0..7 {
        app.execute(&every_10::key("1"), Book(vec![1])).await.unwrap();
    }
    let later = stored(&snapshots, &every_10::key("1")).await.unwrap();
    assert_eq!((later.version, later.fingerprint), (Version::new(20), fingerprint));
}
