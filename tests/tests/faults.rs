//! Faults between the SDK and DynamoDB: each command ends as exactly one commit or as a clear error, and what is
//! remembered equals what is stored.

use cqrs_core::command::Decide;
use cqrs_core::prelude::*;
use cqrs_core::{Outcome, StoreError};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{self, Account, AccountKey, Open, Refusal, Withdraw, deposit};
use cqrs_tests::faults::{Call, Fault, Faults, database};
use futures_util::TryStreamExt;

const FAULTS: [Fault; 8] = [
    Fault::Reset,
    Fault::AnswerLost,
    Fault::TimedOut,
    Fault::AnswerTimedOut,
    Fault::Answer(500, "InternalServerError"),
    Fault::Answer(503, "ServiceUnavailable"),
    Fault::Answer(400, "ThrottlingException"),
    Fault::Answer(400, "ProvisionedThroughputExceededException"),
];

/// The command ids of a stream, in order.
async fn ids(app: &App, key: &AccountKey) -> Vec<String> {
    let log: Vec<_> = app.history(key).try_collect().await.unwrap();
    log.iter().map(|recorded| recorded.metadata().command_id.clone()).collect()
}

/// Sends a command under one id until the store is there, as its sender would.
async fn insist<C>(app: &App, command: C, id: &str, context: &str) -> Result<Committed<Account>, Refusal>
where
    C: Clone + Send + Sync + 'static,
    Account: Decide<C, Rejection = Refusal>,
{
    for _ in 0..3 {
        match app.execute(&bank::account("1"), command.clone()).command_id(id).await {
            Ok(done) => return Ok(done),
            Err(ExecuteError::Rejected(refusal)) => return Err(refusal),
            Err(ExecuteError::Store { command_id, source }) => {
                assert_eq!(command_id, id, "{context}");
                assert!(source.is_transient(), "{context}: {source:?}");
            }
            Err(other) => panic!("{context}: {other:?}"),
        }
    }
    panic!("{context}: `{id}` does not get through");
}

/// Sends a few commands and compares what is stored and what is remembered with what the answers said.
async fn run(app: &App, dynamo: &Dynamo, context: &str) {
    let clean = bank::app(dynamo.event_store()).unwrap();
    let key = bank::account("1");
    let done = insist(app, Open { owner: "Ada".into() }, "command-1", context).await.unwrap();
    assert_eq!(done.version, Version::new(1), "{context}");
    for (version, cents) in [(2, 10), (3, 20), (4, 30)] {
        let done = insist(app, deposit(cents), &format!("command-{version}"), context).await.unwrap();
        assert_eq!(done.version, Version::new(version), "{context}");
    }
    assert_eq!(ids(&clean, &key).await, ["command-1", "command-2", "command-3", "command-4"], "{context}");
    let expected = Account { owner: "Ada".into(), balance: 60, folded: 4 };
    assert_eq!(clean.load(&key).await.unwrap().state, expected, "{context}");
    // The remembered state also decides right.
    let refusal = insist(app, Withdraw { cents: 61 }, "command-5", context).await.unwrap_err();
    assert_eq!(refusal, Refusal::TooLittle(60), "{context}");
    insist(app, Withdraw { cents: 60 }, "command-6", context).await.unwrap();
    let expected = Account { owner: "Ada".into(), balance: 0, folded: 5 };
    assert_eq!(clean.load(&key).await.unwrap().state, expected, "{context}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_at_every_request_ends_in_one_commit_or_a_clear_error() {
    let mut runs = tokio::task::JoinSet::new();
    for fault in FAULTS {
        for (operation, numbers) in [("PutItem", 0..5), ("Query", 0..2)] {
            for number in numbers {
                for retries in [true, false] {
                    runs.spawn(async move {
                        let (database, dynamo) = database().await;
                        let faults = Faults::at(&database, operation, number, fault);
                        let faulty = match retries {
                            true => faults.dynamo(),
                            false => faults.dynamo_without_retries(),
                        };
                        let app = bank::app(faulty.event_store()).unwrap();
                        let context = format!("{fault:?} at {operation} {number}, retries {retries}");
                        run(&app, &dynamo, &context).await;
                    });
                }
            }
        }
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_write_is_success() {
    let (database, dynamo) = database().await;
    let faults = Faults::at(&database, "PutItem", 1, Fault::AnswerLost);
    let app = bank::app(faults.dynamo().event_store()).unwrap();
    let key = bank::account("1");
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    // The SDK sends the write again and is told that the version is taken: by this very command.
    let done = app.execute(&key, deposit(5)).await.unwrap();
    assert_eq!((done.version, done.outcome), (Version::new(2), Outcome::Committed));
    assert_eq!(bank::app(dynamo.event_store()).unwrap().load(&key).await.unwrap().version, Version::new(2));
}

/// Every request of one operation meets the same fault.
async fn always(operation: &'static str, fault: Fault) -> (App, Dynamo) {
    let (database, dynamo) = database().await;
    let app = bank::app(dynamo.event_store()).unwrap();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
    let plan = move |call: &Call| if call.operation == operation { fault } else { Fault::None };
    let faults = Faults::new(&database, plan);
    (bank::app(faults.dynamo().event_store()).unwrap(), dynamo)
}

#[tokio::test]
async fn throttling_and_transactions_are_no_conflicts() {
    for code in [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
    ] {
        let (app, dynamo) = always("PutItem", Fault::Answer(400, code)).await;
        let error = app.execute(&bank::account("1"), deposit(1)).await.unwrap_err();
        let ExecuteError::Store { source: StoreError::Throttled { source }, .. } = &error else {
            panic!("{code}: {error:?}")
        };
        let said = format!("{source:?}");
        assert!(said.contains("injected by the test"), "the source is kept: {said}");
        assert_eq!(dynamo.event_store_version().await, 1);
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_unavailable_and_what_is_refused_is_refused() {
    for fault in [Fault::Reset, Fault::AnswerLost, Fault::TimedOut, Fault::Answer(500, "InternalServerError")]
    {
        let (app, _) = always("PutItem", fault).await;
        let error = app.execute(&bank::account("1"), deposit(1)).await.unwrap_err();
        assert!(
            matches!(&error, ExecuteError::Store { source: StoreError::Unavailable { .. }, .. }),
            "{fault:?}: {error:?}"
        );
    }
    for (code, is_denied) in [
        ("AccessDeniedException", true),
        ("ValidationException", false),
        ("UnrecognizedClientException", true),
        ("ExpiredTokenException", true),
    ] {
        let (app, _) = always("Query", Fault::Answer(400, code)).await;
        let error = app.execute(&bank::account("1"), deposit(1)).await.unwrap_err();
        let ExecuteError::Store { source: error, .. } = &error else { panic!("{code}: {error:?}") };
        match error {
            StoreError::Denied { .. } => assert!(is_denied && error.is_outage(), "{code}"),
            StoreError::Refused { .. } => assert!(!is_denied && !error.is_outage(), "{code}"),
            _ => panic!("{code}: {error:?}"),
        }
        let source = error.to_string();
        assert!(source.contains("table `events`") && source.contains(code), "{source}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_missing_table_is_named_with_the_way_out() {
    let database = Embedded::in_memory().unwrap();
    let dynamo = Dynamo::from_conf(&database.sdk_config());
    let app = bank::app(dynamo.event_store()).unwrap();
    let error = app.execute(&bank::account("1"), deposit(1)).await.unwrap_err();
    let ExecuteError::Store { source, .. } = error else { panic!("{error:?}") };
    let source = source.to_string();
    assert!(source.contains("table `events` does not exist") && source.contains("create_tables"), "{source}");
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_sent_again() {
    let (database, _) = database().await;
    let faults = Faults::at(&database, "PutItem", 0, Fault::Answer(400, "TransactionConflictException"));
    let app = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
    let done = app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
    assert_eq!((done.version, done.outcome), (Version::new(1), Outcome::Committed));
}

#[tokio::test]
async fn a_command_that_is_dropped_amid_a_request_is_whole_or_absent() {
    for fault in [Fault::Hang, Fault::AnswerHangs] {
        let (database, dynamo) = database().await;
        let faults = Faults::at(&database, "PutItem", 1, fault);
        let app = bank::app(faults.dynamo_without_retries().event_store()).unwrap();
        let key = bank::account("1");
        app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
        let execution = app.execute(&key, deposit(5)).into_future();
        let reached = async {
            while faults.count() < 3 {
                tokio::task::yield_now().await;
            }
            // A request that hangs after the write must be written first.
            while fault == Fault::AnswerHangs && dynamo.event_store_version().await < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = execution => panic!("it hangs"),
            () = reached => {}
        }
        let stored = bank::app(dynamo.event_store()).unwrap().load(&key).await.unwrap().version;
        let done = app.execute(&key, deposit(7)).await.unwrap();
        assert_eq!(done.version, stored.next(), "{fault:?}");
    }
}

/// How many commits the account of these tests has, as the table says.
trait StoredVersion {
    async fn event_store_version(&self) -> u64;
}

impl StoredVersion for Dynamo {
    async fn event_store_version(&self) -> u64 {
        bank::app(self.event_store()).unwrap().load(&bank::account("1")).await.unwrap().version.get()
    }
}

/// A table that is gone was most likely replaced by a restored one, and no earlier state fits that.
#[tokio::test]
async fn nothing_is_remembered_of_a_table_that_was_not_there() {
    let (database, dynamo) = database().await;
    let faults = Faults::new(&database, |call| match call.operation.as_str() {
        "PutItem" if call.body.contains("gone") => Fault::Answer(400, "ResourceNotFoundException"),
        _ => Fault::None,
    });
    let (app, key) = (bank::app(faults.dynamo().event_store()).unwrap(), bank::account("1"));
    app.execute(&key, Open { owner: "Ada".into() }).await.unwrap();
    for cents in [10, 20] {
        app.execute(&key, deposit(cents)).await.unwrap();
    }
    let gone = app.execute(&bank::account("2"), Open { owner: "gone".into() }).await.unwrap_err();
    assert!(matches!(gone, ExecuteError::Store { source: StoreError::Denied { .. }, .. }), "{gone:?}");
    cqrs_tests::raw::take_back(&dynamo, &key, 1).await;
    let done = app.execute(&key, deposit(5)).await.unwrap();
    assert_eq!(done.version, Version::new(2));
    assert_eq!(app.load(&key).await.unwrap().state.balance, 5);
}
