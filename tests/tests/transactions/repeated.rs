use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::Outcome;
use cqrs_core::prelude::*;
use cqrs_tests::bank::{self, Open, Withdraw, deposit};

use super::{account, balance, start};

#[tokio::test]
async fn under_the_same_id_it_happens_once() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let transfer = |app: App| {
        let (from, to) = (from.clone(), to.clone());
        async move {
            let both = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
            both.command_id("transfer-1").await
        }
    };
    assert_eq!(transfer(app.clone()).await.unwrap().outcome, Outcome::Committed);
    app.execute(&from, deposit(1)).await.unwrap();
    for app in [app.clone(), bank::app(dynamo.event_store()).unwrap()] {
        let again = transfer(app.clone()).await.unwrap();
        assert!(again.is_duplicate());
        assert_eq!(again.of(&from).unwrap().version, Version::new(3));
        assert_eq!(again.of(&from).unwrap().outcome, Outcome::Duplicate);
        assert_eq!(again.of(&to).unwrap().version, Version::new(2));
        assert_eq!(again.of(&to).unwrap().events.len(), 1);
    }
    assert_eq!((balance(&app, &from).await, balance(&app, &to).await), ((4, 71), (2, 30)));
}

/// An id is that of one transaction, of all its streams and commands.
#[tokio::test]
async fn another_transaction_under_the_id_is_refused() {
    let (_, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let third = account(&app, "3", 0).await;
    let id = "transfer-1";
    let first = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
    first.command_id(id).await.unwrap();
    for other in [
        app.transaction().execute(&from, Withdraw { cents: 31 }).execute(&to, deposit(31)),
        app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&third, deposit(30)),
        app.transaction().execute(&from, Withdraw { cents: 30 }),
        app.transaction()
            .execute(&from, Withdraw { cents: 30 })
            .execute(&to, deposit(30))
            .execute(&third, deposit(0)),
    ] {
        let error = other.command_id(id).await.unwrap_err();
        let TransactionError::CommandIdTaken { command_id, stream, .. } = error else { panic!("{error:?}") };
        assert_eq!((command_id.as_str(), stream), (id, from.stream().unwrap()));
    }
    // A command by itself is another one than the same command in a transaction, and the other way round.
    let alone = app.execute(&from, Withdraw { cents: 30 }).command_id(id).await;
    assert!(matches!(alone, Err(ExecuteError::CommandIdTaken { .. })), "{alone:?}");
    app.execute(&third, deposit(5)).command_id("alone").await.unwrap();
    let both = app.transaction().execute(&third, deposit(5)).execute(&to, deposit(5)).command_id("alone");
    let error = both.await.unwrap_err();
    assert!(matches!(error, TransactionError::CommandIdTaken { .. }), "{error:?}");
    assert_eq!((balance(&app, &from).await, balance(&app, &third).await), ((3, 70), (2, 5)));
}

/// Also where the difference is in a command that came to nothing.
#[tokio::test]
async fn a_command_that_changed_nothing_the_first_time_counts_too() {
    let (_, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let transfer = |cents| {
        let both = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(cents));
        both.command_id("transfer-1")
    };
    assert_eq!(transfer(0).await.unwrap().of(&to).unwrap().outcome, Outcome::Unchanged);
    assert!(transfer(0).await.unwrap().is_duplicate());
    let error = transfer(30).await.unwrap_err();
    assert!(matches!(error, TransactionError::CommandIdTaken { .. }), "{error:?}");
}

/// Another process has it, and this one, which does not know that, has one attempt.
#[tokio::test]
async fn what_is_stored_under_the_id_is_no_conflict() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 100).await, account(&app, "2", 0).await);
    let hasty = App::builder(dynamo.event_store())
        .views(cqrs_core::view::MemoryViewStore::new())
        .only([])
        .settings(|settings| settings.conflict.attempts = 1)
        .build()
        .unwrap();
    // It remembers both streams as they are.
    for key in [&from, &to] {
        hasty.execute(key, deposit(1)).await.unwrap();
    }
    for (app, outcome) in [(&app, Outcome::Committed), (&hasty, Outcome::Duplicate)] {
        let both = app.transaction().execute(&from, Withdraw { cents: 30 }).execute(&to, deposit(30));
        assert_eq!(both.command_id("transfer-1").await.unwrap().outcome, outcome);
    }
}

/// In two processes at once: one writes, the other one is answered with the same commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sent_from_many_places_at_once_it_happens_once() {
    let (dynamo, app) = start().await;
    let (from, to) = (account(&app, "1", 1000).await, account(&app, "2", 0).await);
    for round in 0..20 {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (app, from, to) = (bank::app(dynamo.event_store()).unwrap(), from.clone(), to.clone());
            tasks.spawn(async move {
                let both = app.transaction().execute(&from, Withdraw { cents: 3 }).execute(&to, deposit(3));
                both.command_id(format!("round-{round}")).await.unwrap()
            });
        }
        let mut versions = Vec::new();
        let mut committed = 0;
        while let Some(done) = tasks.join_next().await {
            let done = done.unwrap();
            committed += usize::from(done.outcome == Outcome::Committed);
            versions.push((done.of(&from).unwrap().version, done.of(&to).unwrap().version));
        }
        versions.dedup();
        // Two that begin in the same millisecond are alike in all that is stored, and each takes the commit for its own.
        assert!(committed >= 1, "round {round}");
        assert_eq!(versions.len(), 1, "round {round}");
    }
    assert_eq!((balance(&app, &from).await.1, balance(&app, &to).await.1), (940, 60));
}

/// Sends the same transfers however often its event comes: two that are alike, and one with a name.
mod office {
    use super::*;

    #[derive(Clone, Default)]
    pub(super) struct Tries(pub(super) Arc<AtomicUsize>);

    #[event_handler(bank::Opened)]
    async fn welcome(event: &Recorded<bank::Opened>, app: &App, tries: &Tries) -> Result<(), HandlerError> {
        let to: bank::AccountKey = event.key()?;
        if event.owner != "Bob" {
            return Ok(());
        }
        let house = bank::account("house");
        for _ in 0..2 {
            let gift = app.transaction().execute(&house, Withdraw { cents: 10 }).execute(&to, deposit(10));
            gift.await?;
        }
        let named = app.transaction().execute(&house, Withdraw { cents: 1 }).execute(&to, deposit(1));
        named.named("bonus").await?;
        // Only the third run gets this far.
        if tries.0.fetch_add(1, Ordering::Relaxed) < 2 {
            return Err(HandlerError::retry("the office is closed"));
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_handler_that_runs_again_sends_each_transaction_once() {
    let dynamo = cqrs_dynamo::Dynamo::embedded_in_memory().await.unwrap();
    let tries = office::Tries::default();
    let app = App::builder(dynamo)
        .only(["welcome"])
        .provide(tries.clone())
        .settings(|settings| settings.delivery.base = Duration::from_millis(1))
        .build()
        .unwrap();
    let house = account(&app, "house", 1000).await;
    let bob = bank::account("bob");
    app.execute(&bob, Open { owner: "Bob".into() }).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(tries.0.load(Ordering::Relaxed), 3);
    assert_eq!((balance(&app, &house).await, balance(&app, &bob).await), ((5, 979), (4, 21)));
    let history = app.history(&bob).read_all().await.unwrap();
    let metadata = history[1].metadata();
    assert_eq!(metadata.causation_id.as_deref(), Some(history[0].metadata().command_id.as_str()));
}
