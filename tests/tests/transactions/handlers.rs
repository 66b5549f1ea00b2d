//! Transactions that handlers send because of an event.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::{DeliveryChaos, HandlerScenario};
use cqrs_core::view::MemoryViewStore;
use cqrs_tests::bank::{self, Deposited, Open, Opened, Withdraw, Withdrawn, account as key, deposit};
use cqrs_tests::faults::{Fault, Faults, database};

use super::{account, balance};

type Handled = Result<(), HandlerError>;

/// Who opens an account gets what the note of the house allows: from the house, and a cent of it on to the fund.
#[event_handler(Opened, name = "gift")]
async fn gift(event: &Recorded<Opened>, app: &App) -> Handled {
    if event.owner == "Ada" {
        return Ok(());
    }
    let new: bank::AccountKey = event.key()?;
    let (house, fund) = (key("house"), key("fund"));
    let gift = app.transaction().execute(&house, Withdraw { cents: 10 }).execute(&new, deposit(10));
    gift.unchanged(&fund).await?;
    let more = app.transaction().execute(&new, Withdraw { cents: 1 }).execute(&fund, deposit(1));
    more.named("share").await?;
    // One that changes nothing, and leaves nothing.
    app.transaction().execute(&new, deposit(0)).execute(&fund, deposit(0)).await?;
    Ok(())
}

fn opened(owner: &str) -> Opened {
    Opened { owner: owner.into() }
}

fn deposited(cents: u64) -> Deposited {
    Deposited { owner: "Ada".into(), cents, note: String::new() }
}

#[tokio::test]
async fn whatever_a_delivery_does_each_transaction_of_a_handler_happens_once() {
    let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).only(["gift", "Statement"]);
    let app = app.build().unwrap();
    account(&app, "house", 1000).await;
    account(&app, "fund", 0).await;
    for number in ["1", "2", "3"] {
        app.execute(&key(number), Open { owner: "Bob".into() }).await.unwrap();
    }
    let survived = DeliveryChaos::seeds(60).run(&app).await;
    assert!(survived.crashes > 10, "{survived}");
}

fn given() -> cqrs_core::testing::Handling {
    HandlerScenario::of("gift")
        .given(&key("house"), opened("Ada"))
        .given(&key("house"), deposited(15))
        .given(&key("fund"), opened("Ada"))
        .when(&key("1"), opened("Bob"))
}

#[test]
fn a_scenario_knows_the_commands_of_a_transaction() {
    let handled = given()
        .twice()
        .run()
        .then_done()
        .then_sent(&key("house"), Withdraw { cents: 10 })
        .then_sent(&key("1"), deposit(10))
        .then_sent(&key("1"), Withdraw { cents: 1 })
        .then_sent(&key("fund"), deposit(1))
        .then_sent(&key("1"), deposit(0))
        .then_sent(&key("fund"), deposit(0))
        .then_sent_no_more();
    let ids = handled.command_ids();
    // One id for a transaction.
    assert_eq!((ids[0], ids[2], ids[4]), (ids[1], ids[3], ids[5]));
    assert!(ids[0] != ids[2] && ids[2] != ids[4] && ids[0] != ids[4], "{ids:?}");
    assert!(!ids[0].is_empty());
}

#[test]
fn a_scenario_tells_a_transaction_that_was_rejected() {
    HandlerScenario::of("gift")
        .given(&key("house"), opened("Ada"))
        .given(&key("fund"), opened("Ada"))
        .when(&key("1"), opened("Bob"))
        .run()
        .then_permanent("`Withdraw` was rejected by stream BANK#ACCOUNT ACCOUNT#house: only 0 cents are left")
        .then_sent(&key("house"), Withdraw { cents: 10 })
        .then_sent(&key("1"), deposit(10))
        .then_sent_no_more();
}

#[tokio::test]
async fn a_rejected_transaction_is_a_dead_letter_that_names_the_streams() {
    let dynamo = cqrs_dynamo::Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo).only(["gift"]).build().unwrap();
    account(&app, "house", 5).await;
    account(&app, "fund", 0).await;
    app.execute(&key("1"), Open { owner: "Bob".into() }).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    // It would be the same again.
    assert_eq!(letter.attempts, 1);
    for part in ["ACCOUNT#1", "ACCOUNT#house", "ACCOUNT#fund", "only 5 cents are left", "`Withdraw`"] {
        assert!(letter.reason.contains(part), "{part}: {}", letter.reason);
    }
    // With money in the house it is no dead letter any more.
    app.execute(&key("house"), deposit(5)).await.unwrap();
    app.dead_letters().redrive("gift").await.unwrap();
    assert_eq!(balance(&app, &key("1")).await, (3, 9));
    assert_eq!(balance(&app, &key("fund")).await, (2, 1));
}

/// Pays out what came in, and counts how often it is called.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

#[event_handler(Withdrawn, name = "payout")]
async fn payout(event: &Recorded<Withdrawn>, app: &App, runs: &Runs) -> Handled {
    let source = key("house");
    if event.stream() == &source.stream()? {
        return Ok(());
    }
    let run = runs.0.fetch_add(1, Ordering::Relaxed);
    let both = app
        .transaction()
        .execute(&source, Withdraw { cents: event.cents })
        .execute(&key("fund"), deposit(event.cents));
    // Twice it is sure of a version that is none.
    let version = if run < 2 { Version::new(1000) } else { app.load(&source).await?.version };
    both.expect_version(&source, version).await?;
    Ok(())
}

#[tokio::test]
async fn a_conflict_of_a_transaction_is_tried_again() {
    let runs = Runs::default();
    let dynamo = cqrs_dynamo::Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo)
        .only(["payout"])
        .provide(runs.clone())
        .settings(|settings| settings.delivery.base = Duration::from_millis(1))
        .build()
        .unwrap();
    account(&app, "house", 500).await;
    account(&app, "fund", 0).await;
    let ada = account(&app, "1", 50).await;
    app.execute(&ada, Withdraw { cents: 7 }).await.unwrap();
    app.run_until_idle().await.unwrap();
    let letters = app.dead_letters().list().await.unwrap();
    assert!(letters.is_empty(), "{letters:?}");
    assert_eq!(runs.0.load(Ordering::Relaxed), 3);
    assert_eq!(balance(&app, &key("fund")).await, (2, 7));
}

/// A store that is away for a moment is no reason for a dead letter.
#[tokio::test]
async fn a_transaction_that_the_store_did_not_take_is_tried_again() {
    for fault in [
        Fault::AnswerLost,
        Fault::Reset,
        Fault::Cancelled("ThrottlingError"),
        Fault::Answer(500, "InternalServerError"),
    ] {
        let (database, _) = database().await;
        let faults = Faults::at(&database, "TransactWriteItems", 0, fault);
        let app = App::builder(faults.dynamo_without_retries())
            .only(["gift"])
            .settings(|settings| settings.delivery.base = Duration::from_millis(1));
        let app = app.build().unwrap();
        let house = account(&app, "house", 500).await;
        let fund = account(&app, "fund", 0).await;
        app.execute(&key("1"), Open { owner: "Bob".into() }).await.unwrap();
        app.run_until_idle().await.unwrap();
        assert!(app.dead_letters().list().await.unwrap().is_empty(), "{fault:?}");
        assert_eq!(balance(&app, &key("1")).await, (3, 9), "{fault:?}");
        assert_eq!(
            (balance(&app, &house).await, balance(&app, &fund).await),
            ((3, 490), (2, 1)),
            "{fault:?}"
        );
    }
}
