//! A store that a handler meets through another app: its outage is no failure of the commit.

use std::time::Duration;

use cqrs_core::delivery::{DeliveryError, RetryPolicy};
use cqrs_core::prelude::*;
use cqrs_core::store::MemoryEventStore;
use cqrs_core::view::MemoryViewStore;
use cqrs_dynamo::Embedded;
use cqrs_tests::bank::{self, Deposit, Deposited, Open, Refusal};
use cqrs_tests::faults::{Fault, Faults};

/// The app of another bank.
struct Other(App);

impl Other {
    async fn deposit(&self) -> Result<(), ExecuteError<Refusal>> {
        self.0.execute(&bank::account("2"), Deposit { cents: 5, note: "1".into() }).await.map(|_| ())
    }
}

/// Hides the type of the error in it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct NotForwarded(#[from] ExecuteError<Refusal>);

#[event_handler(Deposited)]
async fn forward(_: &Deposited, other: &Other) -> Result<(), HandlerError> {
    Ok(other.deposit().await?)
}

#[event_handler(Deposited)]
async fn forward_hidden(_: &Deposited, other: &Other) -> Result<(), HandlerError> {
    Ok(other.deposit().await.map_err(NotForwarded)?)
}

#[tokio::test]
async fn a_store_that_is_met_through_another_app_makes_no_dead_letters() {
    let database = Embedded::in_memory().unwrap();
    let faults = Faults::new(&database, |_| Fault::Answer(503, "ServiceUnavailable"));
    for handler in ["forward", "forward_hidden"] {
        let other = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
        let app = App::builder(MemoryEventStore::new())
            .views(MemoryViewStore::new())
            .provide(Other(other))
            .settings(|settings| {
                settings.delivery = RetryPolicy { attempts: 2, base: Duration::ZERO, cap: Duration::ZERO };
                settings.poll = Duration::ZERO;
            })
            .only([handler])
            .build()
            .unwrap();
        let key = bank::account("1");
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        app.execute(&key, Deposit { cents: 5, note: "1".into() }).await.unwrap();
        let error = app.run_until_idle().await.unwrap_err();
        let DeliveryError::Outage { subscriber, .. } = &error else { panic!("{handler}: {error}") };
        assert_eq!(subscriber, handler);
        assert!(app.dead_letters().list().await.unwrap().is_empty(), "{handler}");
    }
}
