//! Table descriptions whose cost does not grow with the table.

use dynoxide::DynoxideError;
use dynoxide::actions::describe_stream::{
    self, DescribeStreamRequest, DescribeStreamResponse, SequenceNumberRange, Shard, StreamDescription,
};
use dynoxide::actions::describe_table::{self, DescribeTableRequest, DescribeTableResponse};
use dynoxide::actions::vector_lifecycle::VectorIndexLifecycle;
use dynoxide::actions::{
    BillingModeSummary, GlobalSecondaryIndexDescription, StreamSpecificationDescription, TableDescription,
    TableProvisionedThroughputDescription,
};
use dynoxide::storage::{Storage, TableMetadata};
use dynoxide::streams::{index_arn, shard_id, stream_arn, table_arn};
use dynoxide::types::GlobalSecondaryIndex;

use super::dispatch::now;
use super::indexes::quoted;
use super::retention::shown;

/// How many items are counted. For more, a table reports how many were written; DynamoDB's own count is hours old.
const COUNTED: i64 = 2_000;

/// Dynoxide counts all items of a table and all entries of its indexes, and adds up their sizes.
pub(super) fn table(
    storage: &Storage,
    request: DescribeTableRequest,
    vectors: &VectorIndexLifecycle,
) -> Result<DescribeTableResponse, DynoxideError> {
    if let Some(metadata) = storage.get_table_metadata(&request.table_name)?.filter(is_plain)
        && let Some((items, bytes)) = estimated(storage, &metadata.table_name)?
    {
        return Ok(DescribeTableResponse { table: described(metadata, items, bytes)? });
    }
    now(describe_table::execute(storage, request, vectors))
}

/// Dynoxide scans all records for the numbers of a shard, and reports an end for its open shard.
pub(super) fn stream(
    storage: &Storage,
    request: DescribeStreamRequest,
) -> Result<DescribeStreamResponse, DynoxideError> {
    let table = table_of(&request.stream_arn).unwrap_or_default();
    let Some(metadata) = storage.get_table_metadata(table)?.filter(|table| table.stream_enabled) else {
        return now(describe_stream::execute(storage, request));
    };
    let first = "SELECT min(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1";
    let first: Option<i64> = storage.conn().prepare_cached(first)?.query_row([table], |row| row.get(0))?;
    let shard = Shard {
        shard_id: shard_id(table),
        sequence_number_range: SequenceNumberRange {
            starting_sequence_number: first.map(shown),
            ending_sequence_number: None,
        },
    };
    let stream_description = StreamDescription {
        stream_arn: request.stream_arn,
        stream_label: metadata.stream_label.unwrap_or_default(),
        stream_status: "ENABLED".to_owned(),
        stream_view_type: metadata.stream_view_type.unwrap_or_default(),
        table_name: metadata.table_name,
        shards: vec![shard],
        creation_request_date_time: seconds(metadata.created_at),
    };
    Ok(DescribeStreamResponse { stream_description })
}

/// The table of a stream: `arn:aws:dynamodb:{region}:{account}:table/{table}/stream/{label}`.
pub(super) fn table_of(stream: &str) -> Option<&str> {
    stream.split('/').nth(1)
}

/// Whether a table has only the features of this crate's tables: global secondary indexes, and no rarely used options.
fn is_plain(table: &TableMetadata) -> bool {
    let optional = [
        &table.lsi_definitions,
        &table.vector_index_definitions,
        &table.provisioned_throughput,
        &table.on_demand_throughput,
        &table.sse_specification,
        &table.table_class,
    ];
    optional.iter().all(|option| option.is_none())
}

/// The approximate number of items and of their bytes; `None` if they can be counted.
fn estimated(storage: &Storage, table: &str) -> Result<Option<(i64, i64)>, DynoxideError> {
    let quoted = quoted(table);
    let counted = format!("SELECT count(*) FROM (SELECT item_size FROM {quoted} LIMIT {COUNTED})");
    let counted: i64 = storage.conn().query_row(&counted, [], |row| row.get(0))?;
    if counted < COUNTED {
        return Ok(None);
    }
    let written = format!("SELECT max(rowid) FROM {quoted}");
    let written: i64 = storage.conn().query_row(&written, [], |row| row.get(0))?;
    let bytes = format!(
        "SELECT CAST(avg(item_size) AS INTEGER) FROM \
         (SELECT item_size FROM {quoted} ORDER BY rowid DESC LIMIT 100)"
    );
    let bytes: i64 = storage.conn().query_row(&bytes, [], |row| row.get(0))?;
    Ok(Some((written, written.saturating_mul(bytes))))
}

/// An index has no more entries than its table has items; the exact number would need a count.
fn described_index(
    table: &str,
    index: GlobalSecondaryIndex,
    items: i64,
    bytes: i64,
) -> GlobalSecondaryIndexDescription {
    GlobalSecondaryIndexDescription {
        index_arn: index_arn(table, &index.index_name),
        index_name: index.index_name,
        key_schema: index.key_schema,
        projection: index.projection,
        index_status: "ACTIVE".to_owned(),
        provisioned_throughput: Some(TableProvisionedThroughputDescription::default()),
        item_count: Some(items),
        index_size_bytes: Some(bytes),
    }
}

fn described(table: TableMetadata, items: i64, bytes: i64) -> Result<TableDescription, DynoxideError> {
    let malformed = |error: serde_json::Error| DynoxideError::InternalServerError(error.to_string());
    let name = &table.table_name;
    let label = table.stream_label.filter(|_| table.stream_enabled);
    let stream_enabled = table.stream_enabled;
    let specification =
        StreamSpecificationDescription { stream_enabled, stream_view_type: table.stream_view_type };
    let indexes: Option<Vec<GlobalSecondaryIndex>> =
        table.gsi_definitions.as_deref().map(serde_json::from_str).transpose().map_err(malformed)?;
    let described = |index| described_index(name, index, items, bytes);
    let global_secondary_indexes = indexes.map(|indexes| indexes.into_iter().map(described).collect());
    Ok(TableDescription {
        table_id: table.table_id,
        table_arn: table_arn(name),
        table_status: table.table_status,
        key_schema: serde_json::from_str(&table.key_schema).map_err(malformed)?,
        attribute_definitions: serde_json::from_str(&table.attribute_definitions).map_err(malformed)?,
        creation_date_time: Some(seconds(table.created_at)),
        item_count: Some(items),
        table_size_bytes: Some(bytes),
        global_secondary_indexes,
        provisioned_throughput: Some(TableProvisionedThroughputDescription::default()),
        billing_mode_summary: table
            .billing_mode
            .map(|billing_mode| BillingModeSummary { billing_mode, ..BillingModeSummary::default() }),
        stream_specification: stream_enabled.then_some(specification),
        latest_stream_arn: label.as_deref().map(|label| stream_arn(name, label)),
        latest_stream_label: label,
        deletion_protection_enabled: Some(table.deletion_protection_enabled),
        table_name: table.table_name,
        ..TableDescription::default()
    })
}

/// Whole seconds, as in the API.
#[expect(clippy::cast_precision_loss, reason = "seconds of the next million years fit")]
fn seconds(since_1970: i64) -> f64 {
    since_1970 as f64
}
