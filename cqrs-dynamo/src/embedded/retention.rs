//! Stream records are removed after 24 hours, as on DynamoDB, but not before they have been delivered.
//!
//! A subscriber keeps its positions in the delivery table. A record is removed when all positions have passed it, and never if
//! there are no positions: a file may rest for days with commits that are not delivered yet.

use std::time::{Duration, Instant, SystemTime};

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use dynoxide::streams::shard_id;

use super::indexes::quoted;
use crate::names::partition::{LEASES, POSITIONS};

/// How long DynamoDB keeps a record (Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams").
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How often old records are looked for, how many are removed at a time, and how many before the file's first request.
const EVERY: Duration = Duration::from_secs(10 * 60);
const BATCH: usize = 500;
const BATCHES_AT_FIRST: usize = 20;

/// What dynoxide adds to a sequence number before it shows it.
const SHOWN: u128 = 100_000_000_000_000_000_000;

/// Subscribers that asked for their positions before they had any, and up to where each stream was trimmed. No DynamoDB table can
/// have these names.
const OWN_TABLES: &str = "\
    CREATE TABLE IF NOT EXISTS \"cqrs::readers\" \
        (table_name TEXT NOT NULL, pk TEXT NOT NULL, PRIMARY KEY (table_name, pk)); \
    CREATE TABLE IF NOT EXISTS \"cqrs::trimmed\" (table_name TEXT PRIMARY KEY, sequence INTEGER NOT NULL)";

/// Which subscribers still have to read what, and when to look for old records next.
pub(super) struct Retention {
    /// Whether the file has the tables for it; without them it keeps all records.
    notes: bool,
    due: Instant,
}

impl Retention {
    pub(super) fn begin(storage: &Storage) -> Self {
        let made = storage.conn().execute_batch(OWN_TABLES);
        if let Err(error) = &made {
            tracing::warn!(%error, "the embedded database cannot record the readers of its streams, and keeps all records");
        }
        let mut retention = Self { notes: made.is_ok(), due: Instant::now() };
        for _ in 0..BATCHES_AT_FIRST {
            retention.tidy(storage);
        }
        retention
    }

    /// Removes a few old records, if it is time.
    pub(super) fn tidy(&mut self, storage: &Storage) {
        if !self.notes || Instant::now() < self.due {
            return;
        }
        match trim(storage) {
            // There may be more; requests that have arrived meanwhile go first.
            Ok(true) => {}
            Ok(false) => self.due = Instant::now() + EVERY,
            Err(error) => {
                tracing::warn!(%error, "old stream records of the embedded database cannot be removed");
                self.due = Instant::now() + EVERY;
            }
        }
    }

    /// Notes a subscriber that has no position yet: all records are still to be delivered to it.
    pub(super) fn note_reader(&self, storage: &Storage, table: &str, pk: &str) -> Result<(), DynoxideError> {
        if self.notes && is_subscriber(pk) {
            let note = "INSERT OR IGNORE INTO \"cqrs::readers\" (table_name, pk) VALUES (?1, ?2)";
            storage.conn().prepare_cached(note)?.execute((table, format!("S:{pk}")))?;
        }
        Ok(())
    }

    /// Whether records after a sequence number, as it is shown, are gone.
    pub(super) fn is_trimmed(
        &self,
        storage: &Storage,
        table: &str,
        after: &str,
    ) -> Result<bool, DynoxideError> {
        let Some(after) = stored(after).filter(|_| self.notes) else { return Ok(false) };
        let statement = "SELECT count(*) FROM \"cqrs::trimmed\" WHERE table_name = ?1 AND sequence > ?2";
        let gone: i64 =
            storage.conn().prepare_cached(statement)?.query_row((table, after), |row| row.get(0))?;
        Ok(gone > 0)
    }
}

/// Removes a batch from each stream; true if there may be more.
fn trim(storage: &Storage) -> Result<bool, DynoxideError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let before = i64::try_from(now.saturating_sub(KEPT).as_secs()).unwrap_or_default();
    let tables = storage.list_table_names()?;
    let mut more = false;
    for table in storage.list_stream_enabled_tables()? {
        if let Some(passed) = passed(storage, &tables, &table.table_name)? {
            more |= remove(storage, &table.table_name, passed, before)? == BATCH;
        }
    }
    Ok(more)
}

/// The sequence number that all readers of a stream have passed.
fn passed(storage: &Storage, tables: &[String], streamed: &str) -> Result<Option<i64>, DynoxideError> {
    let shard = format!("S:{}", shard_id(streamed));
    let mut passed = None;
    for table in tables {
        let quoted = quoted(table);
        let unread = format!(
            "SELECT count(*) FROM \"cqrs::readers\" AS reader WHERE reader.table_name = ?1 \
             AND NOT EXISTS (SELECT 1 FROM {quoted} AS item WHERE item.pk = reader.pk)"
        );
        let unread: i64 = storage.conn().query_row(&unread, [table], |row| row.get(0))?;
        if unread > 0 {
            return Ok(None);
        }
        for prefix in [POSITIONS, LEASES] {
            let statement = format!(
                "SELECT pk, json_extract(item_json, '$.position.S') FROM {quoted} \
                 WHERE pk >= ?1 AND pk < ?2 AND sk = ?3"
            );
            let mut statement = storage.conn().prepare(&statement)?;
            let (from, to) = (format!("S:{prefix}"), format!("S:{}$", prefix.trim_end_matches('#')));
            let mut readers = statement.query((from, to, &shard))?;
            while let Some(reader) = readers.next()? {
                let pk: String = reader.get(0)?;
                if prefix == POSITIONS && !is_subscriber(pk.trim_start_matches("S:")) {
                    continue;
                }
                let position: Option<String> = reader.get(1)?;
                let Some(position) = position.as_deref().and_then(stored) else { return Ok(None) };
                passed = Some(passed.map_or(position, |passed: i64| passed.min(position)));
            }
        }
    }
    Ok(passed)
}

/// The last record stays: the next numbers continue from it.
fn remove(storage: &Storage, table: &str, passed: i64, before: i64) -> Result<usize, DynoxideError> {
    let oldest = format!(
        "SELECT id, sequence FROM (SELECT id, created_at, CAST(sequence_number AS INTEGER) AS sequence \
         FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 \
         AND CAST(sequence_number AS INTEGER) < (SELECT max(CAST(sequence_number AS INTEGER)) \
         FROM _stream_records WHERE table_name = ?1) \
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT {BATCH}) WHERE created_at < ?3"
    );
    let transaction = storage.conn().unchecked_transaction()?;
    let noted = format!(
        "INSERT INTO \"cqrs::trimmed\" (table_name, sequence) SELECT ?1, max(sequence) FROM ({oldest}) \
         HAVING count(*) > 0 \
         ON CONFLICT (table_name) DO UPDATE SET sequence = max(sequence, excluded.sequence)"
    );
    transaction.execute(&noted, (table, passed, before))?;
    let removed = transaction.execute(
        &format!("DELETE FROM _stream_records WHERE id IN (SELECT id FROM ({oldest}))"),
        (table, passed, before),
    )?;
    transaction.commit()?;
    Ok(removed)
}

/// Whether a partition has the positions of a subscriber, and not the checkpoints of a replay.
fn is_subscriber(pk: &str) -> bool {
    pk.strip_prefix(POSITIONS).is_some_and(|name| !name.starts_with('@'))
}

/// A sequence number as dynoxide shows it.
pub(super) fn shown(stored: i64) -> String {
    (SHOWN + u128::try_from(stored).unwrap_or_default()).to_string()
}

/// The number in the file for one that was shown, or for a position.
fn stored(shown: &str) -> Option<i64> {
    i64::try_from(shown.parse::<u128>().ok()?.checked_sub(SHOWN)?).ok()
}
