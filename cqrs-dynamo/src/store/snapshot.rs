use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use cqrs_core::snapshot::{SnapshotStore, StoredSnapshot};
use cqrs_core::{StoreError, StreamKey};

use crate::table::{attribute, checked, key, refused, store_error};

/// Snapshots in a DynamoDB table, one item a stream, at the stream's own keys. Clones are cheap.
///
/// A snapshot is read with one `GetItem` and written with one `PutItem` under `attribute_not_exists(pk) OR version <
/// :version`. Errors are those of [`DynamoEventStore`](crate::DynamoEventStore).
#[derive(Debug, Clone)]
pub struct DynamoSnapshotStore {
    pub(crate) client: Client,
    pub(crate) table: String,
}

impl SnapshotStore for DynamoSnapshotStore {
    async fn get(&self, stream: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
        // Half the price of a consistent read. What comes is a snapshot all the same; an earlier one has more commits
        // after it.
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(stream.pk(), stream.sk())))
            .consistent_read(false)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| store_error(&self.table, error))?;
        let Some(item) = output.item else { return Ok(None) };
        let record = attribute::to_record(item).map_err(|error| {
            let (table, pk, sk) = (&self.table, stream.pk(), stream.sk());
            refused(format!("table `{table}`, item at pk `{pk}`, sk `{sk}`: {error}"))
        })?;
        StoredSnapshot::decode(record).map(Some)
    }

    async fn put(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(checked(snapshot.record())?))
            .condition_expression("attribute_not_exists(pk) OR version < :version")
            .expression_attribute_values(":version", AttributeValue::N(snapshot.version.get().to_string()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(store_error(&self.table, error)),
        }
    }
}
