//! Timers amid faults of the connection and of DynamoDB.

use cqrs_core::store::{AppendAll, EventStore, Taken};
use cqrs_core::{Commit, Metadata, StoreError};
use cqrs_tests::commits::{all, at, stream};
use cqrs_tests::faults::{Fault, Faults, database};

use crate::{append, due, none, order, set, timer};

const TRANSACTION: &str = "TransactWriteItems";

/// The same transaction again is answered as the first one, by its token.
#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    for fault in [Fault::Reset, Fault::AnswerLost, Fault::AnswerTimedOut] {
        let (database, plain) = database().await;
        set(&plain.event_store(), &timer(1)).await;
        let faults = Faults::at(&database, TRANSACTION, 0, fault);
        let store = faults.dynamo().event_store();
        let fired = append(&store, &order("1"), none().firing(timer(1).id)).await;
        assert_eq!(fired.unwrap(), AppendAll::Written, "{fault:?}");
        assert_eq!(faults.count(), 2, "{fault:?}");
        assert_eq!(due(&store, 1).await, 0);
    }
}

/// A caller that asks again by another transaction is told that its own commit is there, and not that the timer is
/// gone.
#[tokio::test]
async fn who_fires_again_finds_the_own_commit() {
    let (database, plain) = database().await;
    set(&plain.event_store(), &timer(1)).await;
    let store =
        Faults::at(&database, TRANSACTION, 0, Fault::AnswerLost).dynamo_without_retries().event_store();
    let (own, fire) = (order("1"), none().firing(timer(1).id));
    let lost = append(&store, &own, fire.clone()).await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    let taken = AppendAll::Taken(vec![Taken::new(stream("1"), Some(own.clone()))]);
    assert_eq!(append(&store, &own, fire.clone()).await.unwrap(), taken);
    // Another one is told which stream has the version, and on the next version that the timer is gone.
    let other =
        Commit::new(own.stream.clone(), own.version, own.events.clone(), Metadata::new("other", at(1)));
    assert_eq!(append(&store, &other, fire.clone()).await.unwrap(), taken);
    assert_eq!(append(&store, &order("2"), fire).await.unwrap(), AppendAll::Gone);
    assert_eq!(all(&store, &stream("2")).await, []);
}

/// Two sweeps that meet at a timer are a matter of waiting.
#[tokio::test]
async fn a_transaction_in_the_way_is_waited_for() {
    for (operation, fault) in [
        (TRANSACTION, Fault::Cancelled("TransactionConflict")),
        (TRANSACTION, Fault::Answer(400, "TransactionConflictException")),
        ("PutItem", Fault::Answer(400, "TransactionConflictException")),
        ("DeleteItem", Fault::Answer(400, "TransactionConflictException")),
    ] {
        let (database, _) = database().await;
        let faults = Faults::at(&database, operation, 0, fault);
        let store = faults.dynamo_without_retries().event_store();
        set(&store, &timer(1)).await;
        set(&store, &timer(2)).await;
        let fired = append(&store, &order("1"), none().firing(timer(1).id)).await;
        assert_eq!(fired.unwrap(), AppendAll::Written, "{operation} {fault:?}");
        assert!(store.remove_timer(&timer(2).id).await.unwrap(), "{operation} {fault:?}");
        assert_eq!(faults.count(), 5, "{operation} {fault:?}");
    }
}

#[tokio::test]
async fn throttling_is_told_as_such_and_nothing_is_written() {
    let (database, plain) = database().await;
    let plain = plain.event_store();
    set(&plain, &timer(1)).await;
    let throttled = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::Throttled { .. })), "{result:?}");
    };
    for reason in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
        let faults = Faults::at(&database, TRANSACTION, 0, Fault::Cancelled(reason));
        let store = faults.dynamo_without_retries().event_store();
        throttled(append(&store, &order("1"), none().firing(timer(1).id)).await.map(drop));
    }
    for operation in ["PutItem", "DeleteItem", "Query"] {
        let fault = Fault::Answer(400, "ProvisionedThroughputExceededException");
        let store = Faults::at(&database, operation, 0, fault).dynamo_without_retries().event_store();
        throttled(match operation {
            "PutItem" => store.append_all(none().setting(timer(2))).await.map(drop),
            "DeleteItem" => store.remove_timer(&timer(1).id).await.map(drop),
            _ => store.timers(timer(1).id.pk(), at(1), None).await.map(drop),
        });
    }
    assert_eq!(due(&plain, 2).await, 1);
    assert_eq!(all(&plain, &stream("1")).await, []);
}

/// Attributes that a timer does not know are kept.
#[tokio::test]
async fn an_item_with_other_attributes_is_read() {
    use aws_sdk_dynamodb::primitives::Blob;
    use aws_sdk_dynamodb::types::AttributeValue;
    use cqrs_core::store::Timer;

    let (_database, dynamo) = database().await;
    let store = dynamo.event_store();
    set(&store, &timer(1)).await;
    let id = timer(1).id;
    let update = dynamo.client().update_item().table_name("timers").update_expression("SET note = :note");
    let key = [("pk", id.pk()), ("sk", id.sk())];
    let update = key
        .into_iter()
        .fold(update, |update, (name, value)| update.key(name, AttributeValue::S(value.to_owned())));
    let note = AttributeValue::B(Blob::new(*b"x"));
    update.expression_attribute_values(":note", note).send().await.unwrap();
    let page = store.timers(id.pk(), at(1), None).await.unwrap();
    assert_eq!(Timer::decode(&page.timers[0]), Ok(timer(1)));
}
