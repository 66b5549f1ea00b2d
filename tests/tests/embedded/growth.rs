//! Work in a large file is done as in a small one. The bench `growth` has the figures.

use cqrs_core::prelude::*;
use cqrs_core::store::{EventStore, Extent};
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Open};
use dynoxide::storage::Storage;
use tempfile::TempDir;

/// The names of the indexes that this crate adds, and the plan by which SQLite answers what dynoxide asks.
fn plan(storage: &Storage, statement: &str) -> String {
    let mut statement = storage.conn().prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let mut rows = statement.raw_query();
    let mut plan = String::new();
    while let Some(row) = rows.next().unwrap() {
        plan.push_str(&row.get::<_, String>(3).unwrap());
        plan.push('\n');
    }
    plan
}

/// As dynoxide 3.2 asks for them.
const ASKED: [(&str, &str); 5] = [
    (
        "the next sequence number",
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 FROM _stream_records WHERE table_name = ?1",
    ),
    (
        "the records behind an iterator",
        "SELECT event_name, keys_json, new_image, old_image, sequence_number, created_at, user_identity, event_id \
         FROM _stream_records WHERE table_name = ?1 AND shard_id = ?2 AND CAST(sequence_number AS INTEGER) > ?3 \
         ORDER BY CAST(sequence_number AS INTEGER) ASC LIMIT ?4",
    ),
    (
        "a page of a segment",
        "SELECT pk, sk, item_json FROM \"events\" WHERE (hash_prefix, pk, sk) > (?3, ?1, ?2) \
         AND substr(hash_prefix, 1, 3) >= ?4 AND substr(hash_prefix, 1, 3) <= ?5 \
         ORDER BY hash_prefix ASC, pk ASC, sk ASC LIMIT 100",
    ),
    (
        "a page of a table",
        "SELECT pk, sk, item_json FROM \"events\" WHERE (pk, sk) > (?1, ?2) ORDER BY pk ASC, sk ASC LIMIT 100",
    ),
    ("the sizes of a table", "SELECT COUNT(*), COALESCE(SUM(item_size), 0) FROM \"events\""),
];

fn is_indexed(path: &str) {
    let storage = Storage::new(path).unwrap();
    for (what, statement) in ASKED {
        let plan = plan(&storage, statement);
        assert!(plan.contains("INDEX"), "{what}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{what}: {plan}");
    }
}

#[tokio::test]
async fn no_look_up_goes_through_all_there_is_in_a_new_file_and_in_one_of_an_earlier_version() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    let path = path.to_str().unwrap();
    {
        let dynamo = Dynamo::embedded(path).await.unwrap();
        let app = bank::app(dynamo.event_store()).unwrap();
        app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
    }
    is_indexed(path);
    {
        // As it was before there were indexes.
        let storage = Storage::new(path).unwrap();
        let of_ours = "SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'cqrs::%'";
        let mut names = storage.conn().prepare(of_ours).unwrap();
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(names.len(), 9, "{names:?}");
        for name in names {
            storage.conn().execute_batch(&format!("DROP INDEX \"{name}\"")).unwrap();
        }
    }
    let dynamo = Dynamo::embedded(path).await.unwrap();
    is_indexed(path);
    let app = bank::app(dynamo.event_store()).unwrap();
    assert_eq!(app.load(&bank::account("1")).await.unwrap().version, Version::new(1));
}

/// A later dynoxide may name its columns differently. That is no reason to refuse the file.
#[tokio::test]
async fn a_database_without_the_expected_columns_is_opened_without_indexes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bank.db");
    let path = path.to_str().unwrap();
    drop(Dynamo::embedded(path).await.unwrap());
    {
        let storage = Storage::new(path).unwrap();
        let renamed =
            "DROP INDEX \"cqrs::hash::views\"; ALTER TABLE \"views\" RENAME COLUMN hash_prefix TO prefix";
        storage.conn().execute_batch(renamed).unwrap();
    }
    let dynamo = Dynamo::embedded(path).await.unwrap();
    let app = bank::app(dynamo.event_store()).unwrap();
    app.execute(&bank::account("1"), Open { owner: "Ada".into() }).await.unwrap();
}

#[tokio::test]
async fn a_scan_in_this_process_is_not_divided() {
    let dynamo = Dynamo::embedded_in_memory().await.unwrap();
    let store = dynamo.event_store();
    assert_eq!(store.segments(8), 1);
    let all = Extent::Segment { number: 0, of: 1 };
    assert!(store.scan(&all, None).await.unwrap().commits.is_empty());
}
