//! The commits of one run, with their causes.

use std::collections::BTreeMap;

use cqrs_core::inspect::Related;
use cqrs_core::prelude::*;
use cqrs_core::store::{Append, EventStore, NewCommit};
use cqrs_core::{Commit, StoredEvent};
use serde_json::json;

use crate::bank::{Ask, account, book, tenant};
use crate::{embedded, memory};

async fn all(app: &App, correlation_id: &str) -> Vec<Related> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = app.inspect().related(&tenant(), correlation_id, after.as_deref()).await.unwrap();
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            app.inspect().link(&mut found);
            return found;
        }
    }
}

#[tokio::test]
async fn a_run_is_found_with_its_causes_and_nothing_else() {
    let (_, dynamo) = embedded().await;
    for app in [memory(), dynamo] {
        for (transfer, to) in [("t1", "2"), ("t2", "2"), ("t3", "3")] {
            let ask = Ask { transfer: transfer.into(), to: to.into(), cents: 5 };
            app.execute(&account("1"), ask).correlation_id(transfer).await.unwrap();
            app.execute(&account("1"), book(1, "d")).await.unwrap();
        }
        app.run_until_idle().await.unwrap();
        let found = all(&app, "t2").await;
        let text = |related: &Related| {
            let place = &related.place;
            format!("{} {}", place.entity.unwrap(), place.id.clone().unwrap().join("#"))
        };
        let mut told = BTreeMap::new();
        for related in &found {
            let cause = related.cause.as_ref().map(|cause| (cause.place.clone().unwrap(), cause.subscriber));
            let cause = cause.map_or_else(String::new, |(place, subscriber)| {
                format!(
                    " because of {} {} by {}",
                    place.entity.unwrap(),
                    place.version,
                    subscriber.unwrap_or("?")
                )
            });
            told.insert(format!("{} {}", text(related), related.place.version), cause);
        }
        let expected = [
            // The second one that the account asked for, and the second that the other received.
            ("ACCOUNT 1 3", ""),
            ("ACCOUNT 2 2", " because of TRANSFER 1 by Transfer"),
            ("LETTER_BOX 2 2", " because of ACCOUNT 2 by tell_receiver"),
            ("TRANSFER t2 1", " because of ACCOUNT 3 by Transfer"),
            ("TRANSFER t2 2", " because of ACCOUNT 2 by Transfer"),
        ];
        assert_eq!(told, expected.map(|(one, cause)| (one.to_owned(), cause.to_owned())).into());
        let asked = found.iter().find(|related| related.cause.is_none()).unwrap();
        assert_eq!(
            (&asked.subscribers[..], &asked.commit["type"]),
            (&["Transfer"][..], &"TransferAsked".into())
        );
        assert_eq!(all(&app, "t4").await, []);
    }
}

/// A page ends, even if everything that it searches is something else.
#[tokio::test]
async fn a_search_continues_page_by_page() {
    let (dynamo, app) = embedded().await;
    let store = dynamo.event_store();
    for number in 10..40 {
        let stream = account(&number.to_string()).stream().unwrap();
        for version in 1..=3 {
            let event = StoredEvent::new("Corrected", 1, json!({ "text": "x".repeat(120_000) }));
            let metadata = Metadata::new(version.to_string(), Timestamp::from_unix_millis(0));
            let commit = Commit::new(stream.clone(), Version::new(version), vec![event], metadata);
            assert_eq!(store.append(NewCommit::of(&commit).unwrap()).await.unwrap(), Append::Written);
        }
    }
    let ask = Ask { transfer: "t".into(), to: "5".into(), cents: 5 };
    app.execute(&account("9"), ask).correlation_id("wanted").await.unwrap();
    app.run_until_idle().await.unwrap();
    let here = tenant();
    let first = dynamo.spent(app.inspect().related(&here, "wanted", None)).await;
    assert_eq!(first.cost.requests, 8);
    let first = first.output.unwrap();
    assert!(first.next.is_some() && first.read_commits > 50, "{} read", first.read_commits);
    let found = all(&app, "wanted").await;
    assert_eq!(found.len(), 5);
    assert!(found.iter().filter_map(|related| related.cause.as_ref()).all(|cause| cause.place.is_some()));
}
