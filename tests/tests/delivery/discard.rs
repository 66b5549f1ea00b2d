//! The effect on a view when a commit that it cannot apply is discarded.

use cqrs_core::Event;
use cqrs_core::delivery::LetterId;
use cqrs_core::prelude::*;
use cqrs_core::store::record::Record;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Deposited, Opened, Statement, Wealth, WealthKey, Withdrawn, tenant};
use cqrs_tests::raw;
use serde_json::json;

use crate::office::*;

const PROJECTIONS: [&str; 2] = ["Statement", "Wealth"];

fn deposited(cents: u64) -> Deposited {
    Deposited { owner: "Ada".into(), cents, note: String::new() }
}

/// A commit of account `1`, appended without the aggregate, which would refuse to continue.
async fn put(dynamo: &Dynamo, version: u64, event: &impl Event) {
    raw::put(dynamo, raw::record(&key("1"), version, event)).await;
}

/// The third commit of account `1`, without the amount.
fn broken() -> Record {
    let mut record = raw::record(&key("1"), 3, &deposited(0));
    record.insert("data".to_owned(), json!({ "owner": "Ada", "note": "" }));
    record
}

/// Account `1` with deposits of 2, something broken, 4 and 5, delivered as far as possible.
async fn stuck() -> (Dynamo, App) {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app_of(dynamo.event_store(), dynamo.views(), &Clerk::new(), &PROJECTIONS);
    put(&dynamo, 1, &Opened { owner: "Ada".into() }).await;
    put(&dynamo, 2, &deposited(2)).await;
    raw::put(&dynamo, broken()).await;
    for cents in [4, 5] {
        put(&dynamo, cents, &deposited(cents)).await;
    }
    app.run_until_idle().await.unwrap();
    for projection in PROJECTIONS {
        assert_eq!(kept(&app, projection).await, [3, 4, 5]);
        assert_eq!(
            app.dead_letters().redrive(projection).await.unwrap().done,
            0,
            "nothing has been repaired"
        );
    }
    assert_eq!(views(&app).await, (vec![2], 2, 2));
    (dynamo, app)
}

/// The versions of the dead letters of one projection.
async fn kept(app: &App, projection: &str) -> Vec<u64> {
    let letters = app.dead_letters().list().await.unwrap().into_iter();
    let letters = letters.filter(|letter| letter.id.subscriber == projection);
    letters.map(|letter| letter.id.sk.rsplit_once('@').unwrap().1.parse().unwrap()).collect()
}

/// The content of both views: the statement's lines, and the cents and the number of events in the other one.
async fn views(app: &App) -> (Vec<i64>, u64, u64) {
    let statement = app.view::<Statement>(&key("1")).await.unwrap().unwrap_or_default();
    let wealth = app.view::<Wealth>(&WealthKey::new(&tenant(), "Ada")).await.unwrap().unwrap_or_default();
    (statement.lines, wealth.cents, wealth.folded)
}

async fn discard(app: &App, subscriber: &str, version: u64) {
    let sk = raw::sort_key(&key("1"), version);
    let id = LetterId::new(subscriber, "BANK#ACCOUNT", sk);
    app.dead_letters().discard(&id, "it is a forgery").await.unwrap();
}

async fn replay(app: &App) {
    app.replay::<Statement>().await.unwrap();
    app.replay::<Wealth>().await.unwrap();
}

#[tokio::test]
async fn a_view_continues_without_a_commit_that_was_discarded() {
    let (dynamo, app) = stuck().await;
    for projection in PROJECTIONS {
        discard(&app, projection, 3).await;
        assert_eq!(kept(&app, projection).await, [4, 5], "those behind it wait to be redriven");
        assert_eq!(app.dead_letters().redrive(projection).await.unwrap().done, 2);
        let discarded = app.dead_letters().discarded(projection).await.unwrap();
        let told: Vec<_> = discarded.iter().map(|letter| (&letter.id, letter.reason.as_str())).collect();
        let id = LetterId::new(projection, "BANK#ACCOUNT", raw::sort_key(&key("1"), 3));
        assert_eq!(told, [(&id, "it is a forgery")]);
    }
    assert_eq!(views(&app).await, (vec![2, 4, 5], 11, 4));
    put(&dynamo, 6, &deposited(6)).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    assert_eq!(views(&app).await, (vec![2, 4, 5, 6], 17, 5));
}

#[tokio::test]
async fn a_later_commit_takes_the_view_past_what_was_discarded_and_what_waited() {
    let (dynamo, app) = stuck().await;
    for projection in PROJECTIONS {
        for version in [3, 4, 5] {
            discard(&app, projection, version).await;
        }
    }
    put(&dynamo, 6, &deposited(6)).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
    assert_eq!(views(&app).await, (vec![2, 6], 8, 3), "all that was discarded is passed over");
}

#[tokio::test]
async fn a_discard_of_one_projection_is_none_of_the_others() {
    let (_, app) = stuck().await;
    discard(&app, "Statement", 3).await;
    assert_eq!(app.dead_letters().redrive("Statement").await.unwrap().done, 2);
    assert_eq!(app.dead_letters().redrive("Wealth").await.unwrap().done, 0);
    assert_eq!(views(&app).await, (vec![2, 4, 5], 2, 2));
    assert_eq!(app.dead_letters().discarded("Wealth").await.unwrap(), []);
}

#[tokio::test]
async fn a_replay_skips_what_was_discarded_until_it_can_be_applied() {
    let (dynamo, app) = stuck().await;
    assert!(app.replay::<Statement>().await.is_err(), "nothing was discarded yet");
    assert!(app.replay::<Wealth>().restart().await.is_err());
    for projection in PROJECTIONS {
        discard(&app, projection, 3).await;
        app.dead_letters().redrive(projection).await.unwrap();
    }
    let before = views(&app).await;
    app.replay::<Statement>().key(&key("1")).await.unwrap();
    replay(&app).await;
    assert_eq!(views(&app).await, before);

    // As if today's code could read it.
    put(&dynamo, 3, &deposited(3)).await;
    replay(&app).await;
    assert_eq!(views(&app).await, (vec![2, 3, 4, 5], 14, 5), "the history has not lost it");
}

#[tokio::test]
async fn a_fold_that_panics_can_be_discarded_as_well() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app_of(dynamo.event_store(), dynamo.views(), &Clerk::new(), &["Statement"]);
    put(&dynamo, 1, &Opened { owner: "Ada".into() }).await;
    // No number of this sign has a counterpart.
    put(&dynamo, 2, &Withdrawn { owner: "Ada".into(), cents: 1 << 63 }).await;
    put(&dynamo, 3, &deposited(3)).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(kept(&app, "Statement").await, [2, 3]);
    discard(&app, "Statement", 2).await;
    assert_eq!(app.dead_letters().redrive("Statement").await.unwrap().done, 1);
    assert_eq!(views(&app).await.0, [3]);
}

#[tokio::test]
async fn a_type_that_nobody_knows_is_skipped_by_the_views_when_the_relays_letter_is_discarded() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = app_of(dynamo.event_store(), dynamo.views(), &Clerk::new(), &PROJECTIONS);
    put(&dynamo, 1, &Opened { owner: "Ada".into() }).await;
    let mut unknown = raw::record(&key("1"), 2, &deposited(2));
    unknown.insert("type".to_owned(), "Audited".into());
    raw::put(&dynamo, unknown).await;
    put(&dynamo, 3, &deposited(3)).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(kept(&app, "@relay").await, [2]);
    for projection in PROJECTIONS {
        assert_eq!(kept(&app, projection).await, [3]);
        assert_eq!(app.dead_letters().redrive(projection).await.unwrap().done, 0);
    }
    discard(&app, "@relay", 2).await;
    for projection in PROJECTIONS {
        assert_eq!(app.dead_letters().redrive(projection).await.unwrap().done, 1);
    }
    assert_eq!(views(&app).await, (vec![3], 3, 2));
    assert_eq!(app.dead_letters().list().await.unwrap(), []);
}
