//! SQLite indexes that dynoxide 3.2 lacks, because small databases do not need them. Without them each write and each poll scans
//! all stream records, and each page of a segmented scan sorts the whole table.
//!
//! They depend on the names of dynoxide's tables and columns. If a later version has other names, SQLite's error is logged, and
//! the database works without the indexes: correctly, but slower the larger it gets.

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;

/// For the last sequence number of a stream, and the records after a number.
const SEQUENCE: &str = "CREATE INDEX IF NOT EXISTS \"cqrs::sequence\" \
                        ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

pub(super) fn of_stream(storage: &Storage) {
    report("the records of its streams", make(storage, SEQUENCE));
}

pub(super) fn of_table(storage: &Storage, table: &str) {
    let on = quoted(table);
    let name = |index: &str| quoted(&format!("cqrs::{index}::{table}"));
    // The order of a segmented scan.
    let hash = format!("CREATE INDEX IF NOT EXISTS {} ON {on} (hash_prefix, pk, sk)", name("hash"));
    // For the largest item, which bounds a page, and the sum of all, which describes a table.
    let size = format!("CREATE INDEX IF NOT EXISTS {} ON {on} (item_size)", name("size"));
    report(table, make(storage, &hash).and_then(|()| make(storage, &size)));
}

/// A table's name in a statement: it cannot be a parameter.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn make(storage: &Storage, statement: &str) -> Result<(), DynoxideError> {
    Ok(storage.conn().execute_batch(statement)?)
}

fn report(what: &str, made: Result<(), DynoxideError>) {
    if let Err(error) = made {
        tracing::warn!(
            what,
            %error,
            "the embedded database works without an index, and gets slower as it grows; does this version of \
             `dynoxide-rs` store its tables in another way?"
        );
    }
}
