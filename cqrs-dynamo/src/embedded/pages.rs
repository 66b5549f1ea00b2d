//! How much one answer holds.
//!
//! Left alone, dynoxide 3.2 takes all that follows into memory for a page, however much, and cuts it at 1 MB afterwards;
//! what it reads of a stream it does not cut at all.

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

/// So many bytes of items are read for a page at most; JSON, in which they are stored, takes up to some times of it.
const HELD_BYTES: i64 = 8 << 20;

/// So many items are read for a page at most: items of 256 bytes fill 1 MB.
const PAGE_ITEMS: usize = 4_096;

/// So many records come in one answer at most (Amazon DynamoDB Streams API Reference, "GetRecords").
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
            // One more than there are, lest the page looks as if it had been cut short again.
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
            // One more than there are, lest the page looks as if it had been cut short again.
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
        // A record that is larger than a page comes alone.
        request.limit = Some(wanted.min(fitting - usize::from(full)).max(1));
    }
    now(get_records::execute(storage, request))
}

/// How many items may be read before their sizes are known, and how many are wanted in all.
fn limits(storage: &Storage, table: &str, wanted: Option<usize>) -> (usize, usize) {
    let wanted = wanted.map_or(PAGE_ITEMS, |wanted| wanted.min(PAGE_ITEMS));
    let statement = format!("SELECT max(item_size) FROM {}", quoted(table));
    let largest = storage.conn().prepare_cached(&statement).and_then(|mut statement| {
        let largest: Option<i64> = statement.query_row([], |row| row.get(0))?;
        Ok(largest.unwrap_or_default())
    });
    // A table that is not there is dynoxide's to report.
    let few = HELD_BYTES / largest.unwrap_or_default().max(1);
    (usize::try_from(few).unwrap_or(PAGE_ITEMS).clamp(1, PAGE_ITEMS).min(wanted), wanted)
}

/// The key at which a page ended because no more was asked for, and not because it was full.
fn cut_short(last: &Option<Key>, scanned: usize, few: usize, limit: usize) -> Option<&Key> {
    last.as_ref().filter(|_| few < limit && scanned >= few)
}

/// In which order a page goes on.
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
    /// How many items of those behind the key fit on a page; unknown for an index that is not a global secondary one of one or two
    /// attributes, and for a scan of one, whose pages are just shorter.
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
        // An entry has no size of its own; it is not larger than its item.
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

    /// Where a key schema finds the last key, in dynoxide's form.
    fn key(&self, schema: &[KeySchemaElement]) -> Option<(String, String)> {
        let text = |kind| self.part(schema, kind).and_then(AttributeValue::to_key_string);
        Some((text(KeyType::HASH)?, text(KeyType::RANGE).unwrap_or_default()))
    }

    fn part(&self, schema: &[KeySchemaElement], kind: KeyType) -> Option<&AttributeValue> {
        let element = schema.iter().find(|element| element.key_type == kind)?;
        self.last.get(&element.attribute_name)
    }
}

/// How many of these sizes fill a page, with the one that does not fit any more; and whether there is such a one.
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
