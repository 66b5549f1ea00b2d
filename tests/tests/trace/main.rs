//! One id from the command into the handler, and on into the commands that the handler sends.

mod captured;
mod ids;
mod open_telemetry;

use cqrs_core::prelude::*;
use cqrs_tests::bank::{self, Deposit, Deposited, Open};

/// The `traceparent` of a request from outside.
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Hands a deposit on to the account that its note names.
#[event_handler(Deposited)]
async fn pass(event: &Recorded<Deposited>, app: &App) -> Result<(), HandlerError> {
    tracing::info!("passing on");
    if !event.note.is_empty() {
        app.execute(&bank::account(&event.note), bank::deposit(event.cents)).await?;
    }
    Ok(())
}

/// Opens accounts `1` and `2`.
async fn open(app: &App) {
    for account in ["1", "2"] {
        app.execute(&bank::account(account), Open { owner: "Ada".into() }).await.unwrap();
    }
}

/// A deposit that is passed on to account `2`.
fn deposit() -> Deposit {
    Deposit { cents: 5, note: "2".into() }
}

/// The metadata of an account's last commit.
async fn last(app: &App, account: &str) -> cqrs_core::Metadata {
    use futures_util::TryStreamExt;
    let history: Vec<_> = app.history(&bank::account(account)).try_collect().await.unwrap();
    history.last().unwrap().metadata().clone()
}
