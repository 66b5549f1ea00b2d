//! How far projections behind queues are, and their dead letters.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::app::{Lag, ProjectionState};
use cqrs_core::prelude::*;
use cqrs_dynamo::{QueueBacklog, Relay, SnsPublisher};
use cqrs_tests::bank::{self, Statement, Wealth};
use cqrs_tests::commits;
use cqrs_tests::faults::{Fault, Faults, database};

use crate::office::{Office, worker};

const BOTH: [&str; 2] = ["Statement", "Wealth"];

async fn office() -> Office {
    Office::with(crate::emulator().broker(), &BOTH).await
}

/// A process that only reads.
fn front(office: &Office, backlog: Option<QueueBacklog>) -> App {
    let built = App::builder(office.dynamo.event_store()).views(office.dynamo.views()).only(BOTH);
    match backlog {
        Some(backlog) => built.backlog(backlog).build().unwrap(),
        None => built.build().unwrap(),
    }
}

async fn states(app: &App) -> [ProjectionState; 2] {
    app.projections().await.unwrap().try_into().unwrap()
}

async fn lags(app: &App) -> [Lag; 2] {
    states(app).await.map(|state| state.lag.unwrap())
}

async fn relay(office: &Office, name: &str) -> u64 {
    let publisher = SnsPublisher::new(office.broker.sns().clone(), &office.topic.arn);
    let mut relay = Relay::new(&office.dynamo, &office.app, publisher)
        .settings(|settings| name.clone_into(&mut settings.name));
    relay.run_until_idle().await.unwrap().commits
}

#[tokio::test]
async fn what_is_before_the_relay_and_what_is_in_a_queue_are_outstanding() {
    for name in ["default", "other"] {
        let office = office().await;
        let backlog = match name {
            "default" => office.broker.backlog().relay(&office.dynamo),
            _ => office.broker.backlog().relay_named(&office.dynamo, name),
        };
        let app = front(&office, Some(backlog));
        office.deposit("1", ["a", "b"]).await;
        let all = office.commits("1", 1, 3).await;
        let recorded: Vec<_> = all.iter().map(|commit| commit.metadata.recorded()).collect();

        // `Statement` does not listen to the first commit.
        for (lag, (commits, oldest)) in lags(&app).await.into_iter().zip([(2, recorded[1]), (3, recorded[0])])
        {
            assert_eq!((lag.commits, lag.more, lag.oldest), (commits, false, Some(oldest)));
            assert!(lag.seconds.unwrap() <= Timestamp::now().since(oldest).as_secs());
        }

        assert_eq!(relay(&office, name).await, 3);
        for (lag, commits) in lags(&app).await.into_iter().zip([2, 3]) {
            assert_eq!((lag.commits, lag.oldest, lag.seconds), (commits, None, None), "a queue has no times");
        }
        // One more, which the relay has not seen.
        office.next_deposit("1").await;
        for (lag, commits) in lags(&app).await.into_iter().zip([3, 4]) {
            assert_eq!((lag.commits, lag.oldest, lag.seconds), (commits, None, None));
        }

        office.worker().run_until_idle().await.unwrap();
        let last = office.commit("1", 4).await.metadata.recorded();
        for lag in lags(&app).await {
            assert_eq!((lag.commits, lag.oldest), (1, Some(last)));
        }
        relay(&office, name).await;
        office.worker().run_until_idle().await.unwrap();
        for lag in lags(&app).await {
            assert_eq!((lag.commits, lag.more, lag.oldest, lag.seconds), (0, false, None, Some(0)));
        }
    }
}

#[tokio::test]
async fn without_the_relay_only_the_queues_are_counted() {
    let office = office().await;
    let app = front(&office, Some(office.broker.backlog()));
    let deposits = office.deposit("1", ["a", "b"]).await;
    for lag in lags(&app).await {
        assert_eq!((lag.commits, lag.oldest, lag.seconds), (0, None, None), "nobody knows of a relay");
    }
    office.publish(&deposits).await;
    for lag in lags(&app).await {
        assert_eq!((lag.commits, lag.oldest, lag.seconds), (2, None, None));
    }
    office.worker().run_until_idle().await.unwrap();
    for lag in lags(&app).await {
        assert_eq!(lag.commits, 0);
    }
}

/// A process that was not told about the broker has the feed, but no position in it.
#[tokio::test]
async fn without_a_backlog_the_lag_of_what_a_broker_delivers_is_not_known() {
    let office = office().await;
    office.deposit("1", ["a", "b"]).await;
    office.publish(&office.commits("1", 1, 3).await).await;
    office.worker().run_until_idle().await.unwrap();
    let app = front(&office, None);
    assert!(app.view::<Statement>(&bank::account("1")).await.unwrap().is_some());
    assert!(app.view::<Wealth>(&bank::WealthKey::new(&bank::tenant(), "1")).await.unwrap().is_some());
    for state in states(&app).await {
        assert_eq!(state.lag, None);
    }
}

#[tokio::test]
async fn dead_letters_of_a_queue_are_those_of_its_projections() {
    let office = office().await;
    let app = front(&office, Some(office.broker.backlog()));
    let [mut broken] = office.deposit("1", ["a"]).await;
    broken.stream = bank::account("2").stream().unwrap();
    broken.version = Version::new(1);
    broken.events[0].data = serde_json::json!({ "owner": "Ada", "cents": "many", "note": "" });
    commits::append(&office.dynamo.event_store(), &broken).await.unwrap();
    office.publish(std::slice::from_ref(&broken)).await;
    office.worker().run_until_idle().await.unwrap();
    for state in states(&app).await {
        assert_eq!((state.lag.unwrap().commits, state.dead_letters, state.discarded), (0, 1, 0));
    }
    let letters = office.letters();
    let letter = letters.of("Wealth").await.unwrap().remove(0);
    letters.discard(&letter.id, "nobody misses it").await.unwrap();
    let [statement, wealth] = states(&app).await;
    assert_eq!((statement.dead_letters, statement.discarded), (1, 0));
    assert_eq!((wealth.dead_letters, wealth.discarded), (0, 1));
}

/// A shard in which nothing has happened for more than a day: the stream no longer has the record at its lease's
/// position.
#[tokio::test]
async fn a_relay_that_stands_where_the_stream_has_nothing_any_more_is_counted_from_what_is_there() {
    let (database, dynamo) = database().await;
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(BOTH).build().unwrap();
    let broker = crate::emulator().broker();
    let topic = broker.create(&app).await.unwrap();
    let key = bank::account("1");
    app.execute(&key, bank::Open { owner: "Ada".into() }).await.unwrap();
    app.execute(&key, bank::deposit(1)).await.unwrap();
    let publisher = SnsPublisher::new(broker.sns().clone(), &topic.arn);
    Relay::new(&dynamo, &app, publisher).run_until_idle().await.unwrap();
    worker(&broker, &app).run_until_idle().await.unwrap();
    app.execute(&key, bank::deposit(2)).await.unwrap();

    let leases = dynamo.client().query().table_name(&dynamo.tables().delivery);
    let leases = leases
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S("RELAY#default".to_owned()));
    let leases = leases.send().await.unwrap().items.unwrap();
    let position =
        |lease: &HashMap<String, AttributeValue>| Some(lease.get("position")?.as_s().ok()?.clone());
    let positions: Vec<String> = leases.iter().filter_map(position).collect();
    assert!(!positions.is_empty());

    // What the reader itself has just read is still there.
    let trimmed = Faults::new(&database, move |call| {
        let number = call.body.split("\"SequenceNumber\":\"").nth(1).and_then(|rest| rest.split('"').next());
        let is_old = number.is_some_and(|number| positions.iter().any(|position| position.contains(number)));
        match call.operation.as_str() {
            "GetShardIterator" if is_old => Fault::Answer(400, "TrimmedDataAccessException"),
            _ => Fault::None,
        }
    });
    let trimmed = trimmed.dynamo_without_retries();
    let looks = App::builder(trimmed.event_store()).views(trimmed.views()).only(BOTH);
    let looks = looks.backlog(broker.backlog().relay(&trimmed)).build().unwrap();
    // The feed is counted from its oldest record.
    for (lag, commits) in lags(&looks).await.into_iter().zip([2, 3]) {
        assert_eq!(lag.commits, commits);
    }

    let day = 24 * 60 * 60 * 1000;
    let long_ago = Timestamp::from_unix_millis(Timestamp::now().unix_millis() - day);
    for mut lease in leases.into_iter().filter(|lease| lease.contains_key("position")) {
        lease.insert("acknowledgedAt".to_owned(), AttributeValue::S(long_ago.to_string()));
        let put = dynamo.client().put_item().table_name(&dynamo.tables().delivery);
        put.set_item(Some(lease)).send().await.unwrap();
    }
    for (lag, commits) in lags(&looks).await.into_iter().zip([2, 3]) {
        assert_eq!(lag.commits, commits);
    }
}

#[tokio::test]
async fn a_queue_that_is_missing_is_named() {
    let office = office().await;
    let elsewhere = crate::emulator().broker();
    let error = front(&office, Some(elsewhere.backlog())).projections().await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains("Statement` does not exist") && said.contains("Broker::create"), "{said}");
}
