//! Timers, an item each. Its partition is `TIMERS#0` to `TIMERS#7`, and its sort key begins with the time.

use std::pin::pin;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::store::record::Record;
use cqrs_core::store::{NewCommits, Timer, TimerId, TimerPage};
use cqrs_core::{StoreError, Timestamp};

use crate::table::{Condition, ItemWrite, Row, Table, Written, key};

/// A page costs half a read unit for each 4 KB in it, and its reader may have no time for all of its timers.
const PAGE: i32 = 100;

/// A timer that is set with nothing else.
pub(super) fn alone<'a>(new: &'a NewCommits<'_>) -> Option<&'a Timer> {
    let NewCommits { commits, unchanged, reservations, timers, fired, .. } = new;
    let others = commits.len() + unchanged.len() + reservations.len() + usize::from(fired.is_some());
    match &timers[..] {
        [timer] if others == 0 => Some(timer),
        _ => None,
    }
}

/// One that is already there is written again.
pub(super) fn put(timer: &Timer) -> ItemWrite {
    ItemWrite::set(timer.record())
}

/// It must be there.
pub(super) fn fire(id: &TimerId) -> ItemWrite {
    ItemWrite::delete(key(id.pk(), id.sk()), Condition::present())
}

/// Half of the cost in a transaction.
pub(super) async fn set(table: &Table, timer: &Timer) -> Result<(), StoreError> {
    match table.write(|| Ok(put(timer))).await? {
        Written::Done(_) | Written::Refused(_) => Ok(()),
    }
}

/// If an answer is lost and the SDK asks again, a timer that was there is reported as one that was not.
pub(super) async fn remove(table: &Table, id: &TimerId) -> Result<bool, StoreError> {
    Ok(matches!(table.write(|| Ok(fire(id))).await?, Written::Done(_)))
}

/// The earliest first. A timer that was set a moment ago may be missing; the next read finds it.
pub(super) async fn page(
    table: &Table,
    partition: &str,
    until: Timestamp,
    after: Option<&TimerId>,
) -> Result<TimerPage, StoreError> {
    let bound = TimerId::bound(until);
    // DynamoDB refuses a start after the end.
    if after.is_some_and(|after| after.sk() >= bound.as_str()) {
        return Ok(TimerPage::default());
    }
    let query = table
        .client
        .query()
        .table_name(&table.name)
        .key_condition_expression("pk = :pk AND sk < :bound")
        .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
        .expression_attribute_values(":bound", AttributeValue::S(bound))
        .set_exclusive_start_key(after.map(|after| key(partition, after.sk())))
        .limit(PAGE)
        .return_consumed_capacity(ReturnConsumedCapacity::Total);
    let (output, timers) = table.read(pin!(query.send()), record).await?;
    Ok(TimerPage::new(timers, output.last_evaluated_key.is_some()))
}

/// A timer has no attributes that are not JSON.
fn record(row: Row<'_>) -> Record {
    row.into_readable().0
}
