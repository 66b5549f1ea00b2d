//! The function for timers: an outage while it executes what is due is an error, so that its alarm sees it.

use std::time::Duration;

use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, NewCommits, Timer, TimerId};
use cqrs_core::{Metadata, StoredEvent};
use cqrs_dynamo::lambda::{SweepError, TimersFunction};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::faults::{Fault, Faults, database};

use crate::hotel::{RoomKey, release};

const MINUTE: Duration = Duration::from_mins(1);

fn room() -> RoomKey {
    RoomKey::new(&Tenant::new("HOTEL").unwrap(), "101")
}

fn function(dynamo: &Dynamo) -> TimersFunction {
    TimersFunction::new(&App::builder(dynamo).only([]).build().unwrap())
}

/// A command that is due, on a database whose transactions meet a fault.
async fn with_due_command(fault: Fault) -> (Embedded, Dynamo, TimersFunction) {
    let (database, dynamo) = database().await;
    let app = App::builder(&dynamo).only([]).build().unwrap();
    app.execute(&room(), release("unpaid")).due(Timestamp::now()).await.unwrap();
    let faults = Faults::new(&database, move |call| match call.operation.as_str() {
        "TransactWriteItems" => fault,
        _ => Fault::None,
    });
    let function = function(&faults.dynamo_without_retries());
    (database, dynamo, function)
}

#[tokio::test]
async fn what_is_due_and_cannot_be_executed_is_an_error() {
    for fault in [
        Fault::Answer(400, "AccessDeniedException"),
        Fault::Answer(400, "ThrottlingException"),
        Fault::Cancelled("ThrottlingError"),
        Fault::Reset,
    ] {
        let (_database, dynamo, down) = with_due_command(fault).await;
        let late = down.answer(MINUTE).await.unwrap_err();
        let SweepError::Late { swept } = &late else { panic!("{fault:?}: {late:?}") };
        assert_eq!((swept.fired, swept.failed, swept.left), (0, 0, 1), "{fault:?}");
        assert!(late.to_string().starts_with("1 of the commands that are due wait"), "{late}");
        assert_eq!(function(&dynamo).answer(MINUTE).await.unwrap().fired, 1, "{fault:?}");
        let app = App::builder(&dynamo).only([]).build().unwrap();
        assert_eq!(app.load(&room()).await.unwrap().state.reasons, ["unpaid"]);
    }
}

#[tokio::test]
async fn a_dead_letter_is_an_error_that_says_so() {
    let (_database, dynamo) = database().await;
    let app = App::builder(&dynamo).only([]).build().unwrap();
    app.execute(&room(), release("panic")).due(Timestamp::now()).await.unwrap();
    let failed = function(&dynamo).answer(MINUTE).await.unwrap_err();
    assert!(matches!(failed, SweepError::Failed { .. }), "{failed:?}");
    assert!(failed.to_string().contains("became dead letters"), "{failed}");
    function(&dynamo).answer(MINUTE).await.unwrap();
    // The alarm on it is still there when no sweep fails any more.
    assert_eq!(function(&dynamo).count_dead_letters().await.unwrap(), 1);
    let letter = app.dead_letters().of("@timers").await.unwrap().remove(0);
    app.dead_letters().discard(&letter.id, "a test").await.unwrap();
    assert_eq!(function(&dynamo).count_dead_letters().await.unwrap(), 0);
}

#[tokio::test]
async fn what_waits_for_a_newer_program_is_no_error() {
    let (_database, dynamo) = database().await;
    let now = Timestamp::now();
    let command = StoredEvent::new("Paint", 1, serde_json::json!({}));
    let stream = room().stream().unwrap();
    let timer =
        Timer::new(TimerId::new(now, "paint"), stream, "TIMED_ROOM", command, Metadata::new("paint", now));
    let _ = dynamo.event_store().append_all(NewCommits::new(Vec::new()).setting(timer)).await.unwrap();
    let swept = function(&dynamo).answer(MINUTE).await.unwrap();
    assert_eq!((swept.left, swept.newer), (0, 1));
}
