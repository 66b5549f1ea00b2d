//! The global secondary indexes of the views table. A new table is made with them; an existing one gets the missing ones, one
//! after another.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    GlobalSecondaryIndexDescription, GlobalSecondaryIndexUpdate, IndexStatus, KeySchemaElement, KeyType,
    Projection, ProjectionType, ProvisionedThroughput, ScalarAttributeType, TableDescription, TableStatus,
};
use cqrs_core::StoreError;

use super::creation::describe;
use super::error::said;
use super::{not_set_up, refused, store_error};
use crate::names::Slot;

/// The pause between two checks of the status, and their number: one index may take about five minutes in all.
const POLL: Duration = Duration::from_millis(500);
const POLLS: u32 = 600;

/// Codes by which DynamoDB says that the table is being changed, by this process or by another one.
const BUSY: [&str; 2] = ["LimitExceededException", "ResourceInUseException"];

/// An attribute of type S.
pub(super) fn text_attribute(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
}

/// An attribute's part in a key.
pub(super) fn key_element(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}

/// The key attributes of a slot.
pub(super) fn attributes(slot: Slot) -> Result<Vec<AttributeDefinition>, BuildError> {
    [slot.partition_key(), slot.sort_key()].iter().map(|name| text_attribute(name)).collect()
}

/// A slot's index, for a table that is made with it.
pub(super) fn index(slot: Slot) -> Result<GlobalSecondaryIndex, BuildError> {
    let index = GlobalSecondaryIndex::builder().index_name(slot.index());
    index.set_key_schema(Some(keys(slot)?)).projection(whole_items()).build()
}

fn keys(slot: Slot) -> Result<Vec<KeySchemaElement>, BuildError> {
    Ok(vec![
        key_element(&slot.partition_key(), KeyType::Hash)?,
        key_element(&slot.sort_key(), KeyType::Range)?,
    ])
}

fn whole_items() -> Projection {
    Projection::builder().projection_type(ProjectionType::All).build()
}

/// The next step for a table.
enum Next {
    Nothing,
    /// Make the index of this slot.
    Make(Slot),
    /// It is being changed.
    Wait,
}

/// DynamoDB's answer to a new index.
enum Answer {
    Taken,
    /// The table is being changed, with DynamoDB's message.
    Busy(String),
    Refused(StoreError),
}

/// Makes the missing ones of the first `count` indexes, and waits until all of them can be queried.
///
/// Another process may do the same at the same time, so the table is described again after each step.
pub(super) async fn complete(client: &Client, table: &str, count: usize) -> Result<(), StoreError> {
    let (mut ready, mut polls, mut busy) = (0, 0, None);
    while polls < POLLS {
        polls += 1;
        let Some(description) = describe(client, table).await? else {
            return Err(not_set_up(format!("table `{table}` was deleted while its indexes were made")));
        };
        let done =
            Slot::first(count).filter(|slot| found(&description, *slot).is_some_and(can_be_queried)).count();
        if done > ready {
            (ready, polls) = (done, 0);
        }
        match next(table, &description, count)? {
            Next::Nothing => return Ok(()),
            Next::Make(slot) => match make(client, table, &description, slot).await? {
                Answer::Taken => continue,
                Answer::Busy(said) => busy = Some(said),
                // If another process was faster, its index is checked in the next turn.
                Answer::Refused(error) => match describe(client, table).await? {
                    Some(description) if found(&description, slot).is_some() => continue,
                    _ => return Err(error),
                },
            },
            Next::Wait => {}
        }
        tokio::time::sleep(POLL).await;
    }
    let progress = format!(
        "table `{table}` has {ready} of {count} indexes, and the next one has not become active within five minutes. A \
         large table takes longer, and DynamoDB continues meanwhile: call `create_tables()` again"
    );
    let source = match busy {
        Some(said) => format!("{progress}. Its last message: {said}"),
        None => progress,
    };
    Err(StoreError::Unavailable { source: source.into() })
}

/// A table takes one index at a time, and no index during another change.
fn next(table: &str, description: &TableDescription, count: usize) -> Result<Next, StoreError> {
    let (mut missing, mut unfinished) = (None, false);
    for slot in Slot::first(count) {
        match found(description, slot) {
            None => missing = missing.or(Some(slot)),
            Some(index) => {
                let leaves = index.index_status() == Some(&IndexStatus::Deleting);
                if !leaves {
                    check(table, description, index, slot)?;
                }
                unfinished |= leaves || !can_be_queried(index);
            }
        }
    }
    let mut indexes = description.global_secondary_indexes().iter();
    let changes = |index: &GlobalSecondaryIndexDescription| {
        matches!(index.index_status(), Some(IndexStatus::Creating | IndexStatus::Deleting))
    };
    let is_busy =
        !matches!(description.table_status(), Some(TableStatus::Active) | None) || indexes.any(changes);
    Ok(match missing {
        Some(slot) if !is_busy && !unfinished => Next::Make(slot),
        None if !unfinished => Next::Nothing,
        _ => Next::Wait,
    })
}

fn found(description: &TableDescription, slot: Slot) -> Option<&GlobalSecondaryIndexDescription> {
    let name = slot.index();
    description.global_secondary_indexes().iter().find(|index| index.index_name() == Some(&name))
}

/// An index that is being updated can be queried; one that is being filled cannot.
fn can_be_queried(index: &GlobalSecondaryIndexDescription) -> bool {
    matches!(index.index_status(), Some(IndexStatus::Active | IndexStatus::Updating) | None)
}

fn check(
    table: &str,
    description: &TableDescription,
    index: &GlobalSecondaryIndexDescription,
    slot: Slot,
) -> Result<(), StoreError> {
    let (partition, sort) = (slot.partition_key(), slot.sort_key());
    let is_text = |name: &str| {
        let mut attributes = description.attribute_definitions().iter();
        attributes.any(|attribute| {
            attribute.attribute_name() == name && *attribute.attribute_type() == ScalarAttributeType::S
        })
    };
    let schema: Vec<_> =
        index.key_schema().iter().map(|key| (key.attribute_name(), key.key_type().clone())).collect();
    let has_keys = schema == [(&*partition, KeyType::Hash), (&*sort, KeyType::Range)];
    let projection = index.projection().and_then(Projection::projection_type);
    if has_keys && is_text(&partition) && is_text(&sort) && projection == Some(&ProjectionType::All) {
        return Ok(());
    }
    let name = slot.index();
    Err(not_set_up(format!(
        "table `{table}` has an index `{name}` of another shape; views are listed by one with `{partition}` (S) as \
         partition key, `{sort}` (S) as sort key and the projection `ALL`. Delete the index `{name}`, which removes no \
         item, and call `create_tables()` again"
    )))
}

async fn make(
    client: &Client,
    table: &str,
    description: &TableDescription,
    slot: Slot,
) -> Result<Answer, StoreError> {
    let built = |error: BuildError| refused(error.to_string());
    let action = CreateGlobalSecondaryIndexAction::builder()
        .index_name(slot.index())
        .set_key_schema(Some(keys(slot).map_err(built)?))
        .projection(whole_items())
        .set_provisioned_throughput(throughput(description))
        .build()
        .map_err(built)?;
    let request = client
        .update_table()
        .table_name(table)
        .set_attribute_definitions(Some(attributes(slot).map_err(built)?))
        .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build());
    let Err(error) = request.send().await else { return Ok(Answer::Taken) };
    if error.code().is_some_and(|code| BUSY.contains(&code)) {
        return Ok(Answer::Busy(said(&error)));
    }
    match store_error(table, error) {
        error @ StoreError::Refused { .. } => Ok(Answer::Refused(error)),
        error => Err(error),
    }
}

/// A table that an operator made with provisioned capacity needs capacity for its indexes; they get as much as the table.
fn throughput(description: &TableDescription) -> Option<ProvisionedThroughput> {
    let billing = description.billing_mode_summary().and_then(|summary| summary.billing_mode());
    let provisioned =
        description.provisioned_throughput().filter(|_| billing != Some(&BillingMode::PayPerRequest))?;
    let (read, write) = (provisioned.read_capacity_units()?, provisioned.write_capacity_units()?);
    let throughput = ProvisionedThroughput::builder().read_capacity_units(read).write_capacity_units(write);
    throughput.build().ok().filter(|_| read > 0 && write > 0)
}
