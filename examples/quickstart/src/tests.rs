//! Tests of the bank: every rule, the read model, the handler, the cost, and every possible delivery.

use cqrs_core::prelude::*;
use cqrs_core::testing::{DeliveryChaos, HandlerScenario, ProjectionScenario, Scenario, wiring};
use cqrs_dynamo::Dynamo;

use crate::bank::*;

wiring!();

fn opened() -> AccountOpened {
    AccountOpened { owner: "Ada".into() }
}

fn account(number: &str) -> AccountKey {
    AccountKey::new(&Tenant::new("BANK").unwrap(), number)
}

#[test]
fn money_comes_in_and_goes_out_as_far_as_it_is_there() {
    Scenario::<Account>::given(opened())
        .when(Deposit { cents: 500 })
        .then(MoneyDeposited { cents: 500 })
        .when(Withdraw { cents: 900 })
        .then_rejected(AccountError::TooLittle { balance: 500 })
        .when(Withdraw { cents: 200 })
        .then(MoneyWithdrawn { cents: 200 })
        .then_state(|account| assert_eq!(account.balance, 300));
}

#[test]
fn an_account_is_opened_once_and_nothing_is_nothing() {
    Scenario::<Account>::new()
        .when(Open { owner: "Ada".into() })
        .then(opened())
        .when(Open { owner: "Bob".into() })
        .then_rejected(AccountError::OpenAlready)
        .when(Deposit { cents: 0 })
        .then_unchanged();
}

#[test]
fn a_statement_lists_what_moved() {
    let moved = (opened(), MoneyDeposited { cents: 500 }, MoneyWithdrawn { cents: 200 });
    ProjectionScenario::<Statement>::given(&account("1"), moved)
        .then_view(&account("1"), |view| {
            assert_eq!(format!("{view:?}"), "Statement { owner: \"Ada\", lines: [500, -200] }");
        })
        .then_none(&account("2"));
}

#[test]
fn a_new_owner_is_welcomed() {
    HandlerScenario::of("welcome").when(&account("1"), opened()).run().then_done().then_sent_no_more();
}

#[tokio::test]
async fn whatever_the_delivery_does_the_statements_are_right() {
    let app = app().await.unwrap();
    for number in ["1", "2"] {
        app.execute(&account(number), Open { owner: "Ada".into() }).await.unwrap();
        app.execute(&account(number), Deposit { cents: 500 }).await.unwrap();
        app.execute(&account(number), Withdraw { cents: 200 }).await.unwrap();
    }
    DeliveryChaos::new().run(&app).await;
}

#[tokio::test]
async fn a_command_costs_one_request_and_one_write_unit() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let app = App::builder(&dynamo).build().unwrap();
    dynamo.spent(app.execute(&account("1"), Open { owner: "Ada".into() })).await.requests(2).wcu(1);
    dynamo.spent(app.execute(&account("1"), Deposit { cents: 500 })).await.requests(1).wcu(1);
}
