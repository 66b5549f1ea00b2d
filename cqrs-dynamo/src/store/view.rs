use std::iter;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnConsumedCapacity, TransactWriteItem};
use cqrs_core::commit::CommitDigest;
use cqrs_core::projection::ViewId;
use cqrs_core::store::record::Record;
use cqrs_core::store::{Extent, limits};
use cqrs_core::view::{Fence, Revision, StoredView, ViewScan, ViewStore, Write};
use cqrs_core::{StoreError, Timestamp, Version};
use serde_json::Value;

use crate::table::{
    CONTENDED, Condition, Contention, Item, attribute, checked, key, refused, scan, store_error,
};

/// Views in a DynamoDB table, one item each, and their fences beside them. Clones are cheap.
///
/// A view is read with one consistent `GetItem` and written with one `PutItem` under `attribute_not_exists(pk)` or
/// `version = :currentVersion`. Views with a key of their own are written in one `TransactWriteItems` with the
/// fence of the stream, or in several where a commit changes more than one takes. Errors are those of
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

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        self.put_if(view, || Condition::at(expected)).await
    }

    async fn put_rebuilt(&self, view: &StoredView) -> Result<Write, StoreError> {
        self.put_if(view, || Condition::older_than(view)).await
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        let mut contention = Contention::default();
        loop {
            let condition = Condition::at(expected);
            let delete = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key(&id.pk, &id.sk)))
                .condition_expression(condition.expression)
                .set_expression_attribute_values(condition.values)
                .return_consumed_capacity(ReturnConsumedCapacity::Total);
            match delete.send().await {
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

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        let writes = vec![
            self.put_item(view.record(), Condition::at(expected))?,
            self.delete_item(shadow, Condition::at(shadow_expected))?,
        ];
        self.transact(writes).await
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        let Some(item) = self.item(id).await? else { return Ok(None) };
        let record = record_of(&self.table, item)?;
        let version =
            version_of(&record).ok_or_else(|| unreadable(&self.table, id, "a fence without a `version`"))?;
        let built = record.get("built").and_then(Value::as_u64).map_or(version, Version::new);
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let (part, built_part) = (text("appliedUntil"), text("builtUntil"));
        let (build, digest) = (build_of(&record), digest_of(&record));
        Ok(Some(Fence { id: id.clone(), version, digest, build, built, part, built_part }))
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        let mut records = vec![fence.record()];
        records.extend(views.iter().map(|(view, _)| view.record()));
        limits::check_transaction(&records)?;
        let conditions = views.iter().map(|(_, expected)| Condition::at(*expected));
        let conditions = iter::once(Condition::fenced(expected)).chain(conditions);
        let writes =
            records.into_iter().zip(conditions).map(|(record, condition)| self.put_item(record, condition));
        self.transact(writes.collect::<Result<_, _>>()?).await
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        let start = after.map(|id| key(&id.pk, &id.sk));
        // Fences have no data.
        let page = scan::page(&self.client, &self.table, extent, start, Some("data")).await?;
        let views = page.items.into_iter().map(|item| decode_view(&self.table, item));
        let next = page.next.map(|(pk, sk)| ViewId { pk, sk });
        Ok(ViewScan { views: views.collect::<Result<_, _>>()?, next })
    }
}

impl DynamoViewStore {
    async fn item(&self, id: &ViewId) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(&id.pk, &id.sk)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| store_error(&self.table, error))?;
        Ok(output.item)
    }

    async fn put_if(
        &self,
        view: &StoredView,
        condition: impl Fn() -> Condition,
    ) -> Result<Write, StoreError> {
        let item = checked(view.record())?;
        let mut contention = Contention::default();
        loop {
            let condition = condition();
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item.clone()))
                .condition_expression(condition.expression)
                .set_expression_attribute_values(condition.values)
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

    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Write, StoreError> {
        let mut contention = Contention::default();
        loop {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
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

    fn put_item(&self, record: Record, condition: Condition) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(checked(record)?))
            .condition_expression(condition.expression)
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn delete_item(&self, id: &ViewId, condition: Condition) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&id.pk, &id.sk)))
            .condition_expression(condition.expression)
            .set_expression_attribute_values(condition.values)
            .build()
            .map_err(|error| refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
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
    let (build, digest) = (build_of(&record), digest_of(&record));
    let data = record.remove("data").ok_or_else(|| missing("data"))?;
    Ok(StoredView { id, version, build, digest, data, updated_at })
}

fn record_of(table: &str, item: Item) -> Result<Record, StoreError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let id = ViewId { pk: text("pk"), sk: text("sk") };
    attribute::to_record(item).map_err(|error| unreadable(table, &id, &error.to_string()))
}

fn version_of(record: &Record) -> Option<Version> {
    record.get("version").and_then(Value::as_u64).map(Version::new)
}

fn build_of(record: &Record) -> u64 {
    record.get("build").and_then(Value::as_u64).unwrap_or_default()
}

/// One that cannot be read is taken for that of another commit, which is looked into.
fn digest_of(record: &Record) -> Option<CommitDigest> {
    record.get("digest").and_then(Value::as_str)?.parse().ok()
}

fn unreadable(table: &str, id: &ViewId, reason: &str) -> StoreError {
    refused(format!("table `{table}`, item at pk `{}`, sk `{}`: {reason}", id.pk, id.sk))
}
