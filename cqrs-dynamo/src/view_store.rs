use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use cqrs_core::projection::ViewId;
use cqrs_core::store::record::Record;
use cqrs_core::view::{Fence, StoredView, ViewPage, ViewStore, Write};
use cqrs_core::{StoreError, Timestamp, Version};
use serde_json::Value;

use crate::attribute::{self, Item};
use crate::contention::{CONTENDED, Contention};
use crate::error::{refused, store_error};
use crate::event_store::checked_item;

/// The most items that one transaction takes (Amazon DynamoDB Developer Guide, "Quotas").
const TRANSACTION_ITEMS: usize = 100;
const ABSENT: &str = "attribute_not_exists(pk)";
const UNCHANGED: &str = "version = :currentVersion";

/// Views in a DynamoDB table, one item each, and their fences beside them. Clones are cheap.
///
/// A view is read with one consistent `GetItem` and written with one `PutItem` under `attribute_not_exists(pk)` or
/// `version = :currentVersion`. Views with a key of their own are written in one `TransactWriteItems` with the
/// fence of the stream: at most 99 of them by one commit. Errors are those of
/// [`DynamoEventStore`](crate::DynamoEventStore).
#[derive(Debug, Clone)]
pub struct DynamoViewStore {
    pub(crate) client: Client,
    pub(crate) table: String,
}

impl ViewStore for DynamoViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        let item = self.item(id).await?;
        item.map(|item| decode_view(&self.table, item)).transpose()
    }

    async fn put(&self, view: &StoredView, expected: Version) -> Result<Write, StoreError> {
        let mut contention = Contention::default();
        loop {
            let (condition, values) = unchanged_since(expected);
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(checked_item(view.record())?))
                .condition_expression(condition)
                .set_expression_attribute_values(values)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            match put.send().await {
                Ok(_) => return Ok(Write::Done),
                Err(SdkError::ServiceError(context))
                    if context.err().is_conditional_check_failed_exception() =>
                {
                    return Ok(Write::Stale);
                }
                Err(error) if error.code() == Some(CONTENDED) && contention.wait().await => {}
                Err(error) => return Err(store_error(&self.table, error)),
            }
        }
    }

    async fn fence(&self, id: &ViewId) -> Result<Version, StoreError> {
        match self.item(id).await? {
            None => Ok(Version::NONE),
            Some(item) => {
                let record = record_of(&self.table, item)?;
                version_of(&record).ok_or_else(|| unreadable(&self.table, id, "a fence without a `version`"))
            }
        }
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: Version,
        views: &[(StoredView, Version)],
    ) -> Result<Write, StoreError> {
        if views.len() >= TRANSACTION_ITEMS {
            return Err(refused(format!(
                "the events change {} views of table `{}` at once, and a transaction takes at most {} beside \
                 the fence; spread the events over more commands",
                views.len(),
                self.table,
                TRANSACTION_ITEMS - 1,
            )));
        }
        let mut contention = Contention::default();
        loop {
            let mut writes = Vec::with_capacity(views.len() + 1);
            writes.push(self.conditional(fence.record(), expected)?);
            for (view, expected) in views {
                writes.push(self.conditional(view.record(), *expected)?);
            }
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            match sent {
                Ok(_) => return Ok(Write::Done),
                Err(error) => match cancelled(&error) {
                    Some(Cancelled::Stale) => return Ok(Write::Stale),
                    Some(Cancelled::Contended) if contention.wait().await => {}
                    Some(Cancelled::Contended | Cancelled::Throttled) => {
                        return Err(StoreError::Throttled { source: Box::new(error) });
                    }
                    None => return Err(store_error(&self.table, error)),
                },
            }
        }
    }

    async fn list(&self, pk: &str, after: Option<&str>) -> Result<ViewPage, StoreError> {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let start = after.map(|sk| Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))]));
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| store_error(&self.table, error))?;
        let more = output.last_evaluated_key.is_some();
        let views = output.items.unwrap_or_default().into_iter().map(|item| decode_view(&self.table, item));
        Ok(ViewPage { views: views.collect::<Result<_, _>>()?, more })
    }
}

impl DynamoViewStore {
    async fn item(&self, id: &ViewId) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(id.pk.clone()))
            .key("sk", AttributeValue::S(id.sk.clone()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| store_error(&self.table, error))?;
        Ok(output.item)
    }

    fn conditional(&self, record: Record, expected: Version) -> Result<TransactWriteItem, StoreError> {
        let (condition, values) = unchanged_since(expected);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(checked_item(record)?))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// The condition under which an item may be written over.
fn unchanged_since(expected: Version) -> (&'static str, Option<Item>) {
    if expected == Version::NONE {
        return (ABSENT, None);
    }
    let version = AttributeValue::N(expected.get().to_string());
    (UNCHANGED, Some(Item::from([(":currentVersion".to_owned(), version)])))
}

/// Why a transaction was not carried out.
enum Cancelled {
    Stale,
    Contended,
    Throttled,
}

fn cancelled(error: &SdkError<TransactWriteItemsError>) -> Option<Cancelled> {
    let SdkError::ServiceError(context) = error else { return None };
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = context.err() else {
        return (error.code() == Some(CONTENDED)).then_some(Cancelled::Contended);
    };
    let reasons = cancelled.cancellation_reasons();
    let has = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
    if has("ConditionalCheckFailed") {
        Some(Cancelled::Stale)
    } else if has("TransactionConflict") {
        Some(Cancelled::Contended)
    } else if has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
        Some(Cancelled::Throttled)
    } else {
        None
    }
}

fn decode_view(table: &str, item: Item) -> Result<StoredView, StoreError> {
    let mut record = record_of(table, item)?;
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = ViewId { pk: text("pk"), sk: text("sk") };
    let missing = |name: &str| unreadable(table, &id, &format!("a view without a readable `{name}`"));
    let version = version_of(&record).ok_or_else(|| missing("version"))?;
    let updated_at: Timestamp = text("updatedAt").parse().map_err(|_| missing("updatedAt"))?;
    let data = record.remove("data").ok_or_else(|| missing("data"))?;
    Ok(StoredView { id, version, data, updated_at })
}

fn record_of(table: &str, item: Item) -> Result<Record, StoreError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let id = ViewId { pk: text("pk"), sk: text("sk") };
    attribute::to_record(item).map_err(|error| unreadable(table, &id, &error.to_string()))
}

fn version_of(record: &Record) -> Option<Version> {
    record.get("version").and_then(Value::as_u64).map(Version::new)
}

fn unreadable(table: &str, id: &ViewId, reason: &str) -> StoreError {
    refused(format!("table `{table}`, item at pk `{}`, sk `{}`: {reason}", id.pk, id.sk))
}
