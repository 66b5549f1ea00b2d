//! Dead letters of a projection, and what was discarded from them.

use cqrs_tests::bank;
use cqrs_tests::commits::at;

use crate::*;

#[tokio::test]
async fn dead_letters_and_discarded_commits_are_counted() {
    for stores in Stores::all().await {
        let app = stores.app(&BOTH);
        open(&app, "1").await;
        stores.append(&bank::account("1"), 3, unreadable(), at(3)).await;
        stores.append(&bank::account("1"), 4, deposited(), at(4)).await;
        app.run_until_idle().await.unwrap();
        for projection in BOTH {
            let state = state(&app, projection).await;
            assert_eq!((state.dead_letters, state.discarded), (2, 0), "with the one that waits behind it");
            // What is among the dead letters is not outstanding.
            assert_eq!(state.lag.unwrap().commits, 0);
        }
        let letters = app.dead_letters();
        let first = letters.of("Wealth").await.unwrap().remove(0);
        letters.discard(&first.id, "nobody misses it").await.unwrap();
        letters.redrive("Wealth").await.unwrap();
        let wealth = state(&app, "Wealth").await;
        assert_eq!((wealth.dead_letters, wealth.discarded), (0, 1));
        let statement = state(&app, "Statement").await;
        assert_eq!((statement.dead_letters, statement.discarded), (2, 0));
    }
}

/// More than a page of the delivery store.
#[tokio::test]
async fn many_dead_letters_are_counted_to_the_last_one() {
    let stores = Stores::Memory(MemoryEventStore::new(), MemoryViewStore::new());
    let app = stores.app(&BOTH);
    for number in 0..250 {
        stores.append(&bank::account(&number.to_string()), 1, unreadable(), at(1)).await;
    }
    app.run_until_idle().await.unwrap();
    assert_eq!(state(&app, "Statement").await.dead_letters, 250);
}
