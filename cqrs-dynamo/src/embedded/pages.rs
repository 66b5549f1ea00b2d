//! The size of one answer.
//!
//! By itself, dynoxide 3.2 reads everything that follows into memory for a page, and only then cuts it at 1 MB. It does not cut
//! the records of a stream at all.

use std::collections::HashMap;

use dynoxide::actions::get_records::{self, GetRecordsRequest, GetRecordsResponse};
use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
use dynoxide::actions::query::{self, QueryRequest, QueryResponse};
use dynoxide::actions::scan::{self, ScanRequest, ScanResponse};
use dynoxide::storage::{Storage, compute_hash_prefix};
use dynoxide::types::{GlobalSecondaryIndex, KeySchemaElement, KeyType};
use dynoxide::{AttributeValue, DynoxideError};

use super::dispatch::now;
use super::indexes::quoted;

/// Where a page ends on DynamoDB.
const PAGE_BYTES: i64 = 1 << 20;

/// The most bytes of items that are read for a page; stored as JSON, they take several times that.
const HELD_BYTES: i64 = 8 << 20;

/// The most items that are read for a page: items of 256 bytes fill 1 MB.
const PAGE_ITEMS: usize = 4_096;

/// The most records in one answer (Amazon DynamoDB Streams API Reference, "GetRecords").
const PAGE_RECORDS: usize = 1_000;

type Key = HashMap<String, AttributeValue>;

pub(super) fn query(
    storage: &Storage,
    request: impl Fn() -> Result<QueryRequest, DynoxideError>,
) -> Result<QueryResponse, DynoxideError> {
    let mut cautious = request()?;
    let (few, limit) = limits(storage, &cautious.table_name, cautious.limit);
    cautious.limit = Some(few);
    let first = now(query::execute(storage, cautious))?;
    let Some(last) = cut_short(&first.last_evaluated_key, first.scanned_count, few, limit) else {
        return Ok(first);
    };
    let mut wanted = request()?;
    let behind = Behind { table: &wanted.table_name, index: wanted.index_name.as_deref(), last };
    let order = if wanted.scan_index_forward { Order::Partition } else { Order::Backwards };
    match behind.fitting(storage, order)? {
        Some(0) => Ok(QueryResponse { last_evaluated_key: None, ..first }),
        Some(more) => {
            // One more than there are: otherwise the page would look cut short again.
            wanted.limit = Some(limit.min(few + more + 1));
            now(query::execute(storage, wanted))
        }
        None => Ok(first),
    }
}

pub(super) fn scan(
    storage: &Storage,
    request: impl Fn() -> Result<ScanRequest, DynoxideError>,
) -> Result<ScanResponse, DynoxideError> {
    let mut cautious = request()?;
    let (few, limit) = limits(storage, &cautious.table_name, cautious.limit);
    cautious.limit = Some(few);
    let first = now(scan::execute(storage, cautious))?;
    let Some(last) = cut_short(&first.last_evaluated_key, first.scanned_count, few, limit) else {
        return Ok(first);
    };
    let mut wanted = request()?;
    let behind = Behind { table: &wanted.table_name, index: wanted.index_name.as_deref(), last };
    let order = if wanted.segment.is_some() { Order::Hash } else { Order::Table };
    match behind.fitting(storage, order)? {
        Some(0) => Ok(ScanResponse { last_evaluated_key: None, ..first }),
        Some(more) => {
            // One more than there are: otherwise the page would look cut short again.
            wanted.limit = Some(limit.min(few + more + 1));
            now(scan::execute(storage, wanted))
        }
        None => Ok(first),
    }
}

pub(super) fn records(
    storage: &Storage,
    mut request: GetRecordsRequest,
) -> Result<GetRecordsResponse, DynoxideError> {
    let wanted = request.limit.unwrap_or(PAGE_RECORDS).min(PAGE_RECORDS);
    if let Some((table, _, after)) = decode_shard_iterator(&request.shard_iterator) {
        let statement = "SELECT octet_length(keys_json) + coalesce(octet_length(new_image), 0) \
                         + coalesce(octet_length(old_image), 0) FROM _stream_records \
                         WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2 \
                         ORDER BY CAST(sequence_number AS INTEGER) LIMIT 1000";
        let mut statement = storage.conn().prepare_cached(statement)?;
        let sizes = statement.query_map((table, after), |row| row.get(0))?;
        let (fitting, full) = fitting(sizes)?;
        // A record that is larger than a page is returned alone.
        request.limit = Some(wanted.min(fitting - usize::from(full)).max(1));
    }
    now(get_records::execute(storage, request))
}

/// How many items may be read before their sizes are known, and how many are requested in all.
fn limits(storage: &Storage, table: &str, wanted: Option<usize>) -> (usize, usize) {
    let wanted = wanted.map_or(PAGE_ITEMS, |wanted| wanted.min(PAGE_ITEMS));
    let statement = format!("SELECT max(item_size) FROM {}", quoted(table));
    let largest = storage.conn().prepare_cached(&statement).and_then(|mut statement| {
        let largest: Option<i64> = statement.query_row([], |row| row.get(0))?;
        Ok(largest.unwrap_or_default())
    });
    // Dynoxide reports a missing table.
    let few = HELD_BYTES / largest.unwrap_or_default().max(1);
    (usize::try_from(few).unwrap_or(PAGE_ITEMS).clamp(1, PAGE_ITEMS).min(wanted), wanted)
}

/// The key at which a page ended because of its limit, and not because it was full.
fn cut_short(last: &Option<Key>, scanned: usize, few: usize, limit: usize) -> Option<&Key> {
    last.as_ref().filter(|_| few < limit && scanned >= few)
}

/// The order in which the next page continues.
#[derive(Clone, Copy)]
enum Order {
    Partition,
    Backwards,
    Table,
    Hash,
}

/// What follows a key.
struct Behind<'a> {
    table: &'a str,
    index: Option<&'a str>,
    last: &'a Key,
}

impl Behind<'_> {
    /// How many items after the key fit on a page. Unknown for an index that is not a global secondary one with one or two key
    /// attributes, and for the scan of an index; such pages are just shorter.
    fn fitting(&self, storage: &Storage, order: Order) -> Result<Option<usize>, DynoxideError> {
        let Some(metadata) = storage.get_table_metadata(self.table)? else { return Ok(None) };
        let schema: Vec<KeySchemaElement> = serde_json::from_str(&metadata.key_schema).unwrap_or_default();
        let Some(index) = self.index else { return self.in_table(storage, order, &schema) };
        let indexes: Option<Vec<GlobalSecondaryIndex>> =
            metadata.gsi_definitions.and_then(|indexes| serde_json::from_str(&indexes).ok());
        let found = indexes.into_iter().flatten().find(|found| found.index_name == index);
        let key =
            found.filter(|found| found.key_schema.len() <= 2).and_then(|found| self.key(&found.key_schema));
        let (Some((index_pk, index_sk)), Some((pk, sk))) = (key, self.key(&schema)) else { return Ok(None) };
        let (side, direction) = match order {
            Order::Partition => (">", "ASC"),
            Order::Backwards => ("<", "DESC"),
            Order::Table | Order::Hash => return Ok(None),
        };
        // An entry's size is not stored; it is not larger than its item.
        let entries = quoted(&format!("{}::gsi::{index}", self.table));
        let statement = format!(
            "SELECT item.item_size FROM {entries} AS entry \
             JOIN {} AS item ON item.pk = entry.table_pk AND item.sk = entry.table_sk \
             WHERE entry.gsi_pk = ?1 AND (entry.gsi_sk, entry.table_pk, entry.table_sk) {side} (?2, ?3, ?4) \
             ORDER BY entry.gsi_sk {direction}, entry.table_pk {direction}, entry.table_sk {direction} \
             LIMIT {PAGE_ITEMS}",
            quoted(self.table)
        );
        let mut statement = storage.conn().prepare_cached(&statement)?;
        let sizes = statement.query_map((index_pk, index_sk, pk, sk), |row| row.get(0))?;
        fitting(sizes).map(|(fitting, _)| Some(fitting))
    }

    fn in_table(
        &self,
        storage: &Storage,
        order: Order,
        schema: &[KeySchemaElement],
    ) -> Result<Option<usize>, DynoxideError> {
        let Some((pk, sk)) = self.key(schema) else { return Ok(None) };
        let behind = match order {
            Order::Partition => "pk = ?1 AND sk > ?2 ORDER BY sk",
            Order::Backwards => "pk = ?1 AND sk < ?2 ORDER BY sk DESC",
            Order::Table => "(pk, sk) > (?1, ?2) ORDER BY pk, sk",
            Order::Hash => "(hash_prefix, pk, sk) > (?3, ?1, ?2) ORDER BY hash_prefix, pk, sk",
        };
        let statement =
            format!("SELECT item_size FROM {} WHERE {behind} LIMIT {PAGE_ITEMS}", quoted(self.table));
        let mut statement = storage.conn().prepare_cached(&statement)?;
        let fitting = match order {
            Order::Hash => {
                let hash = self.part(schema, KeyType::HASH).map(compute_hash_prefix);
                fitting(statement.query_map((pk, sk, hash), |row| row.get(0))?)
            }
            _ => fitting(statement.query_map((pk, sk), |row| row.get(0))?),
        };
        fitting.map(|(fitting, _)| Some(fitting))
    }

    /// The last key by a key schema, in dynoxide's form.
    fn key(&self, schema: &[KeySchemaElement]) -> Option<(String, String)> {
        let text = |kind| self.part(schema, kind).and_then(AttributeValue::to_key_string);
        Some((text(KeyType::HASH)?, text(KeyType::RANGE).unwrap_or_default()))
    }

    fn part(&self, schema: &[KeySchemaElement], kind: KeyType) -> Option<&AttributeValue> {
        let element = schema.iter().find(|element| element.key_type == kind)?;
        self.last.get(&element.attribute_name)
    }
}

/// How many of these sizes fill a page, including the first that no longer fits; and whether there is one.
fn fitting<E>(sizes: impl Iterator<Item = Result<i64, E>>) -> Result<(usize, bool), DynoxideError>
where
    DynoxideError: From<E>,
{
    let (mut count, mut bytes) = (0, 0);
    for size in sizes {
        bytes += size?;
        count += 1;
        if bytes > PAGE_BYTES {
            return Ok((count, true));
        }
    }
    Ok((count, false))
}
