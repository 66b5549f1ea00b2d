use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::snapshot::{SnapshotStore, StoredSnapshot};
use cqrs_core::store::record::Record;
use cqrs_core::{StoreError, StreamKey};

use crate::table::{Condition, ItemWrite, Row, Table, Written, checked, key};

/// Snapshots in a DynamoDB table, one item per stream, at the stream's own keys. Clones are cheap.
///
/// A snapshot is read with one `GetItem` and written with one `PutItem` under `attribute_not_exists(pk) OR version <
/// :version`. Errors are those of [`DynamoEventStore`](crate::DynamoEventStore).
#[derive(Debug, Clone)]
pub struct DynamoSnapshotStore {
    pub(crate) table: Table,
}

impl SnapshotStore for DynamoSnapshotStore {
    async fn get(&self, stream: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
        // Half the price of a consistent read. An earlier snapshot is a snapshot too; it only has more commits after
        // it.
        let record = self.table.get(key(stream.pk(), stream.sk()), false, whole).await?;
        let Some(record) = record else { return Ok(None) };
        let record = record.map_err(|error| self.table.unreadable(stream.pk(), stream.sk(), &error))?;
        StoredSnapshot::decode(record).map(Some)
    }

    async fn put(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        let write = || {
            let version = AttributeValue::N(snapshot.version.get().to_string());
            let earlier = Condition::of("attribute_not_exists(pk) OR version < :version");
            Ok(ItemWrite::put(checked(snapshot.record())?, earlier.values([(":version", version)])))
        };
        match self.table.write(write).await? {
            // There is a later one, which is as good.
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }
}

/// The record of an item whose attributes are all JSON; `None` for another one.
fn whole(row: Row<'_>) -> Result<Record, String> {
    let (record, others) = row.into_readable();
    others.first().map_or(Ok(record), |other| Err(other.to_string()))
}
