//! New commits as they come.

use cqrs_core::inspect::{Arrived, Tail};

use crate::bank::{account, book};
use crate::{embedded, memory};

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
