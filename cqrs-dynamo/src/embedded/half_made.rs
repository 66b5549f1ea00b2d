//! Tables that a killed process has left incomplete. Dynoxide 3.2 makes and deletes a table statement by statement, and
//! earlier versions of this crate used no transaction around that. A kill could leave, for example, the description of
//! a table that does not exist, and each request to it failed from then on.

use dynoxide::DynoxideError;
use dynoxide::storage::{Storage, TableMetadata};
use dynoxide::types::GlobalSecondaryIndex;

use super::indexes::quoted;
use super::transaction::whole;
use crate::names::Tables;

/// Removes what cannot be used, so that `create_tables` makes it again, and adds the indexes that are only described.
pub(super) fn mend(storage: &Storage) {
    let mended = is_half_made(storage).and_then(|found| match found {
        true => whole(storage, || mend_all(storage)),
        false => Ok(()),
    });
    if let Err(error) = mended {
        tracing::warn!(%error, "the embedded database may have tables that are half made, and they cannot be repaired");
    }
}

/// Checked without the file's write lock: nearly every file is intact.
fn is_half_made(storage: &Storage) -> Result<bool, DynoxideError> {
    let tables = described(storage)?;
    for table in &tables {
        if !is_there(storage, &table.table_name)?
            || is_without_stream(storage, &tables, table)?
            || !missing_indexes(storage, table)?.is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn mend_all(storage: &Storage) -> Result<(), DynoxideError> {
    let tables = described(storage)?;
    for table in &tables {
        let name = &table.table_name;
        if !is_there(storage, name)? || is_without_stream(storage, &tables, table)? {
            storage.drop_data_table(name)?;
            storage.delete_table_metadata(name)?;
            continue;
        }
        for index in missing_indexes(storage, table)? {
            storage.create_gsi_table(name, &index)?;
        }
    }
    Ok(())
}

fn described(storage: &Storage) -> Result<Vec<TableMetadata>, DynoxideError> {
    let names = storage.list_table_names()?;
    names.iter().filter_map(|name| storage.get_table_metadata(name).transpose()).collect()
}

fn is_there(storage: &Storage, table: &str) -> Result<bool, DynoxideError> {
    let statement = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
    let count: i64 = storage.conn().query_row(statement, [table], |row| row.get(0))?;
    Ok(count > 0)
}

/// Only the first of this crate's tables has a stream, and the stream is made last.
fn is_without_stream(
    storage: &Storage,
    tables: &[TableMetadata],
    table: &TableMetadata,
) -> Result<bool, DynoxideError> {
    let name = &table.table_name;
    if table.stream_enabled || tables.len() > 1 || *name != Tables::default().events {
        return Ok(false);
    }
    is_empty(storage, name)
}

/// Indexes that are described but do not exist. If the table has items, no kill caused that: without the index, each write to the
/// table fails.
fn missing_indexes(storage: &Storage, table: &TableMetadata) -> Result<Vec<String>, DynoxideError> {
    let Some(definitions) = &table.gsi_definitions else { return Ok(Vec::new()) };
    let indexes: Vec<GlobalSecondaryIndex> = serde_json::from_str(definitions)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let mut missing = Vec::new();
    for index in indexes {
        if !is_there(storage, &format!("{}::gsi::{}", table.table_name, index.index_name))? {
            missing.push(index.index_name);
        }
    }
    if !missing.is_empty() && !is_empty(storage, &table.table_name)? {
        missing.clear();
    }
    Ok(missing)
}

fn is_empty(storage: &Storage, table: &str) -> Result<bool, DynoxideError> {
    let statement = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1)", quoted(table));
    let count: i64 = storage.conn().query_row(&statement, [], |row| row.get(0))?;
    Ok(count == 0)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::types::AttributeValue;
    use dynoxide::storage::Storage;

    use crate::embedded::Embedded;
    use crate::names::Tables;
    use crate::table::creation;

    /// Dynoxide's statements that make the tables, undone from the last: one for each moment of a kill.
    const UNDONE: [&str; 11] = [
        "DROP TABLE \"delivery\"",
        "DELETE FROM _tables WHERE table_name = 'delivery'",
        "DROP TABLE \"snapshots\"",
        "DELETE FROM _tables WHERE table_name = 'snapshots'",
        "DROP TABLE \"views::gsi::index2\"",
        "DROP TABLE \"views::gsi::index1\"",
        "DROP TABLE \"views\"",
        "DELETE FROM _tables WHERE table_name = 'views'",
        "UPDATE _tables SET stream_enabled = 0, stream_view_type = NULL, stream_label = NULL",
        "DROP TABLE \"events\"",
        "DELETE FROM _tables",
    ];

    #[tokio::test]
    async fn tables_that_a_kill_left_half_made_are_made_whole() {
        for undone in 1..=UNDONE.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("shop.db");
            open(&path.to_string_lossy()).await;
            let file = Storage::new(&path.to_string_lossy()).unwrap();
            UNDONE[..undone].iter().for_each(|statement| file.conn().execute_batch(statement).unwrap());
            drop(file);
            let client = open(&path.to_string_lossy()).await;
            for table in ["events", "views", "snapshots", "delivery"] {
                let attributes = ["pk", "sk", "index1pk", "index1sk", "index2pk", "index2sk"];
                let item = attributes.map(|name| (name.to_owned(), AttributeValue::S(name.to_owned())));
                let put = client.put_item().table_name(table).set_item(Some(item.into())).send().await;
                put.unwrap_or_else(|error| panic!("{undone} undone, {table}: {error:?}"));
            }
        }
    }

    async fn open(path: &str) -> Client {
        let client = Client::new(&Embedded::open(path).unwrap().sdk_config());
        creation::create(&client, &Tables::default(), 2, &[]).await.unwrap();
        client
    }
}
