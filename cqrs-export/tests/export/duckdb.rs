use std::path::Path;
use std::process::Command;

use cqrs_export::Format;
use serde_json::{Value, json};

use crate::export;
use crate::shop::{Shop, at};

/// Runs a query, and prints its rows as JSON.
const PROGRAM: &str = "
import duckdb, json, sys
rows = duckdb.sql(sys.argv[1]).fetchall()
print(json.dumps(rows, default=str))
";

#[track_caller]
fn query(sql: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/duckdb");
    let run = Command::new(&script).args(["-c", PROGRAM, sql]).output();
    let run = run.unwrap_or_else(|error| panic!("{} cannot be run: {error}", script.display()));
    assert!(run.status.success(), "{sql}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// The answers that both formats give, and those of the store.
#[tokio::test]
async fn duckdb_reads_both_formats() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    let (lines, tables) = (folder.path().join("lines"), folder.path().join("tables"));
    let by_lines = export(&shop, &lines, Format::JsonLines).await;
    let by_tables = export(&shop, &tables, Format::Parquet).await;
    assert_eq!(by_lines.events, by_tables.events);

    let all_lines = format!("read_json('{}/*/*/*.jsonl', union_by_name = true)", lines.display());
    let all_tables = format!("read_parquet('{}/*/*/*.parquet', union_by_name = true)", tables.display());
    for all in [&all_lines, &all_tables] {
        let counts = query(&format!("SELECT type, schema, count(*) FROM {all} GROUP BY ALL ORDER BY ALL"));
        let expected = json!([
            ["OrderGifted", 1, 2],
            ["Ordered", 1, 175],
            ["Ordered", 2, 525],
            ["Visited", 1, 5],
            ["order/shipped", 1, 700]
        ]);
        assert_eq!(counts, expected, "{all}");
        let widened = query(&format!("SELECT widened, count(*) FROM {all} GROUP BY ALL ORDER BY ALL"));
        assert_eq!(widened, json!([[0, 1405], [2, 2]]), "{all}");
        let sql = format!(
            "SELECT epoch_ms(min(recorded_at::TIMESTAMPTZ)), epoch_ms(max(recorded_at::TIMESTAMPTZ)),
                epoch_ms(min(created_at::TIMESTAMPTZ)), count(DISTINCT (pk, sk, version, index)), count(tenant), count(created_by)
            FROM {all}"
        );
        let known = shop.lines();
        let of = |name: &str| known.values().filter(|line| !line[name].is_null()).count();
        let range =
            json!([[at(0).unix_millis(), at(699).unix_millis(), 0, 1407, of("tenant"), of("created_by")]]);
        assert_eq!(query(&sql), range, "{all}");
    }

    // To the last digit, also beyond the numbers of JavaScript and of `i64`.
    let sum: u128 =
        shop.lines().values().filter_map(|line| line["data"]["cents"].as_u64()).map(u128::from).sum();
    let of_lines = format!(
        "SELECT sum((json->>'$.data.cents')::HUGEINT)::VARCHAR, max((json->>'$.data.cents')::UBIGINT)::VARCHAR
        FROM read_ndjson_objects('{}/Ordered/*/*.jsonl')",
        lines.display()
    );
    let of_tables = format!(
        "SELECT sum(data_cents)::VARCHAR, max(data_cents)::VARCHAR
        FROM read_parquet('{}/Ordered/*/*.parquet', union_by_name = true)",
        tables.display()
    );
    for sql in [of_lines, of_tables] {
        assert_eq!(query(&sql), json!([[sum.to_string(), u64::MAX.to_string()]]), "{sql}");
    }
}

#[tokio::test]
async fn columns_of_the_data_have_its_types() {
    let (shop, folder) = (Shop::open().await, tempfile::tempdir().unwrap());
    export(&shop, folder.path(), Format::Parquet).await;
    let table = format!("read_parquet('{}/Ordered/v2/*.parquet')", folder.path().display());
    let described = query(&format!("SELECT column_name, column_type FROM (DESCRIBE FROM {table})"));
    let kind = |name: &str| {
        let found = described.as_array().unwrap().iter().find(|column| column[0] == name);
        found.map_or(Value::Null, |column| column[1].clone())
    };
    for (name, expected) in [
        ("version", "BIGINT"),
        ("recorded_at", "TIMESTAMP WITH TIME ZONE"),
        ("data", "JSON"),
        ("data_cents", "UBIGINT"),
        ("data_weight", "DOUBLE"),
        ("data_points", "BIGINT"),
        ("data_gift", "BOOLEAN"),
        ("data_channel", "VARCHAR"),
        ("data_orderedAt", "TIMESTAMP WITH TIME ZONE"),
    ] {
        assert_eq!(kind(name), expected, "{name} in {described}");
    }
    assert_eq!(kind("data_lines"), Value::Null, "a list has no column");
    let row = query(&format!(
        "SELECT data_weight, data_points, data_gift, data_channel, epoch_ms(data_orderedAt), data->>'$.cents'
        FROM {table} WHERE sk IN ('ORDER#00001', 'ORDER#00003') ORDER BY sk"
    ));
    assert_eq!(
        row,
        json!([
            [null, -7, false, "web", at(1).unix_millis(), u64::MAX.to_string()],
            [0.1, -7, false, "web", at(3).unix_millis(), "9007199254740996"],
        ])
    );
    let escaped = query(&format!(
        "SELECT count(*), max(data_parcel) FROM read_parquet('{}/order%2Fshipped/v1/*.parquet')",
        folder.path().display()
    ));
    assert_eq!(escaped, json!([[700, "second \u{1F980}"]]));
}
