//! The chaos finds faults, and accepts what is right.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::testing::DeliveryChaos;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{Account, DepositAll, Deposited, Open, Opened, Statement, Wealth, account, deposit};
use futures_util::StreamExt;

use crate::message;

type Handled = Result<(), HandlerError>;

/// Sends the bonus for a new account; what was sent is kept by account.
#[derive(Clone, Default)]
struct Bonus(Arc<Mutex<HashSet<String>>>);

#[event_handler(Opened, name = "bonus", once)]
impl Bonus {
    async fn opened(&self, event: &Recorded<Opened>, app: &App) -> Handled {
        app.execute(&event.key()?, deposit(100)).await?;
        self.0.lock().unwrap().insert(event.stream().sk().to_owned());
        Ok(())
    }
}

/// A handler that fails for good at one amount.
#[event_handler(Deposited, name = "picky")]
async fn picky(event: &Deposited) -> Handled {
    if event.cents == 13 {
        return Err(HandlerError::permanent("bad luck"));
    }
    Ok(())
}

/// A projection that is not a pure fold: it reads what is outside of the events.
#[projection(Account)]
#[derive(Default)]
struct Impure {
    calls: u64,
}

static CALLS: Mutex<u64> = Mutex::new(0);

#[projection(Account)]
impl Impure {
    #[apply]
    fn deposited(&mut self, _: &Deposited) {
        let mut calls = CALLS.lock().unwrap();
        *calls += 1;
        self.calls = *calls;
    }
}

fn app(bonus: &Bonus, only: &[&str]) -> App {
    App::builder(MemoryEventStore::new())
        .views(MemoryViewStore::new())
        .provide(bonus.clone())
        .only(only.iter().copied())
        .build()
        .unwrap()
}

async fn fill(app: &App) {
    for (number, owner) in [("1", "Ada"), ("2", "Bob"), ("3", "Ada")] {
        app.execute(&account(number), Open { owner: owner.into() }).await.unwrap();
        app.execute(&account(number), DepositAll(vec![1, 2, 3])).await.unwrap();
        app.execute(&account(number), deposit(5)).await.unwrap();
    }
}

#[tokio::test]
async fn an_app_that_is_right_survives_and_its_stores_stay_as_they_are() {
    let bonus = Bonus::default();
    let app = app(&bonus, &["Statement", "Wealth", "bonus", "picky"]);
    fill(&app).await;
    let survived = DeliveryChaos::seeds(60).run(&app).await;
    assert_eq!(survived.seeds, 60);
    assert!(survived.batches > 600 && survived.lost > 30 && survived.crashes > 30, "{survived}");
    assert_eq!(bonus.0.lock().unwrap().len(), 3);
    // None of it has reached the app's own stores.
    assert_eq!(app.load(&account("1")).await.unwrap().state.balance, 11);
    assert_eq!(app.view::<Statement>(&account("1")).await.unwrap(), None);
    assert!(app.views::<Wealth>(&cqrs_tests::bank::tenant()).next().await.is_none());
}

#[tokio::test]
async fn a_seed_takes_the_same_course_each_time() {
    let app = app(&Bonus::default(), &["Statement", "Wealth", "bonus"]);
    fill(&app).await;
    for seed in [3, 11, 12] {
        let first = DeliveryChaos::seed(seed).run(&app).await;
        assert_eq!(DeliveryChaos::seed(seed).run(&app).await, first, "seed {seed}");
    }
}

#[tokio::test]
async fn the_commits_of_any_store_may_be_taken() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(dynamo.event_store()).views(dynamo.views()).only(["Statement", "Wealth"]).build();
    let app = app.unwrap();
    fill(&app).await;
    DeliveryChaos::seeds(5).run(&app).await;
}

/// The chaos's verdict about an app.
fn said(only: &'static [&'static str], seed: u64) -> String {
    message(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let app = app(&Bonus::default(), only);
            fill(&app).await;
            app.execute(&account("2"), deposit(13)).await.unwrap();
            DeliveryChaos::seed(seed).run(&app).await
        })
    })
}

#[test]
fn a_handler_that_gives_up_is_reported_with_the_seed() {
    let wanted = "\
chaos of seed 7: queue `picky` made a dead letter of version 4 of stream BANK#ACCOUNT ACCOUNT#2: bad luck
run it alone: CQRS_CHAOS_SEED=7 cargo test chaos::a_handler_that_gives_up_is_reported_with_the_seed";
    assert_eq!(said(&["picky"], 7), wanted);
}

#[test]
fn a_view_that_is_no_fold_is_reported_by_field() {
    let said = said(&["Impure"], 7);
    let wanted =
        "chaos of seed 7: view BANK#IMPURE IMPURE#1 is not the fold of its events\n  `calls`\n    expected ";
    assert!(said.starts_with(wanted), "{said}");
    assert!(
        said.contains(
            "the fold is that of `Impure` over the streams one after another; does it read a clock"
        ),
        "{said}"
    );
    assert!(said.contains("run it alone: CQRS_CHAOS_SEED=7 cargo test chaos::"), "{said}");
}

#[test]
fn a_chaos_without_anything_to_do_is_a_mistake() {
    let without = |only: &'static [&'static str], fills: bool| {
        message(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let app = app(&Bonus::default(), only);
                if fills {
                    fill(&app).await;
                }
                DeliveryChaos::seed(1).run(&app).await
            })
        })
    };
    let wanted = "the store holds no commits: execute some commands before the chaos";
    assert_eq!(without(&["Statement"], false), wanted);
    assert_eq!(without(&[], true), "the app has no subscribers: there is nobody to deliver to");
}

/// Prices that lose a cent on the way to the store: 1.15 · 100 is a little less than 115, and is cut to 114.
mod cents {
    use cqrs_core::serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::cast_possible_truncation, reason = "the cut is the mistake")]
    pub(super) fn serialize<S: Serializer>(price: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64((price * 100.0) as i64)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        i64::deserialize(deserializer).map(|cents| cents as f64 / 100.0)
    }
}

#[event]
struct Priced {
    #[serde(with = "cents")]
    #[event_data(example = "115")]
    price: f64,
}

#[event]
struct Portioned {
    grams: f64,
    each: Vec<Option<f32>>,
}

#[derive(Clone)]
struct Weigh;

#[aggregate(entity = "GOODS")]
#[derive(Default)]
struct Goods {
    sum: f64,
}

#[aggregate]
impl Goods {
    #[command]
    fn weigh(&self, _: Weigh) -> Result<Portioned, String> {
        Ok(Portioned { grams: 1.5, each: Vec::new() })
    }

    #[apply]
    fn priced(&mut self, event: &Priced) {
        self.sum += event.price;
    }

    #[apply]
    fn portioned(&mut self, event: &Portioned) {
        self.sum += event.grams;
    }
}

#[projection(Goods)]
#[derive(Default)]
struct Prices {
    last: f64,
}

#[projection(Goods)]
impl Prices {
    #[apply]
    fn priced(&mut self, event: &Priced) {
        self.last = event.price;
    }
}

#[projection(Goods)]
#[derive(Default)]
struct Weights {
    last: f64,
    each: usize,
}

#[projection(Goods)]
impl Weights {
    #[apply]
    fn portioned(&mut self, event: &Portioned) {
        self.last = event.grams;
        self.each = event.each.len();
    }
}

/// No commit has such an event: the chaos makes them up.
#[test]
fn an_event_that_becomes_another_one_is_reported_by_field() {
    let run = |only: &'static str| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let app = app(&Bonus::default(), &[only]);
            app.execute(&GoodsKey::new(&cqrs_tests::bank::tenant(), "1"), Weigh).await.unwrap();
            DeliveryChaos::seed(7).run(&app).await
        })
    };
    assert_eq!(run("Weights").seeds, 1);
    let said = message(|| run("Prices"));
    let wanted = "chaos of seed 7: `Priced` is another value when it is read and stored again\n  `price`\n";
    assert!(said.starts_with(wanted), "{said}");
}
