#!/usr/bin/env bash
# An index that one process adds to a dynoxide file gets nothing from a process that has the file open.
#
# DynamoDB adds a global secondary index to a table that is in use: from `UpdateTable` on, every write is carried into it, whoever
# writes (Amazon DynamoDB Developer Guide, "Managing Global Secondary Indexes"). dynoxide-rs 3.2.0 lets several processes open one
# SQLite file, and each keeps the description of a table that it has used once. A process that was there before the index goes on
# writing items without entries in it; no error says so, and a query of the index does not find them, also after a new start. The
# new process finds what it has written itself. Two programs side by side on one file, as in a deployment, are such processes.
#
# Seen with two handles of one file, which behave as two processes do:
#
#   dynoxide-rs 3.2.0: the index has 1 of 2 items
#
# Exits with 0 where this is still so.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo new --quiet --bin probe
cd probe
cargo add --quiet dynoxide-rs@=3.2.0 --no-default-features --features native-sqlite
cargo add --quiet serde_json@1

cat > src/main.rs << 'PROBE'
use dynoxide::Database;
use serde_json::{Value, from_value, json};

fn put(database: &Database, id: &str) {
    let item = json!({ "TableName": "orders", "Item": { "pk": { "S": id }, "status": { "S": "open" } } });
    database.put_item(from_value(item).unwrap()).unwrap();
}

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let older = Database::new(&file).unwrap();
    let table = json!({
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
    });
    older.create_table(from_value(table).unwrap()).unwrap();
    let get = json!({ "TableName": "orders", "Key": { "pk": { "S": "none" } } });
    older.get_item(from_value(get).unwrap()).unwrap();

    let newer = Database::new(&file).unwrap();
    let index = json!({
        "TableName": "orders",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "status", "AttributeType": "S" },
        ],
        "GlobalSecondaryIndexUpdates": [{ "Create": {
            "IndexName": "by_status",
            "KeySchema": [{ "AttributeName": "status", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        } }],
    });
    newer.update_table(from_value(index).unwrap()).unwrap();
    put(&newer, "1");
    put(&older, "2");
    drop((older, newer));

    let query = json!({
        "TableName": "orders",
        "IndexName": "by_status",
        "KeyConditionExpression": "#status = :open",
        "ExpressionAttributeNames": { "#status": "status" },
        "ExpressionAttributeValues": { ":open": { "S": "open" } },
    });
    let again = Database::new(&file).unwrap();
    let found = again.query(from_value(query).unwrap()).unwrap();
    let scan: Value = json!({ "TableName": "orders" });
    let all = again.scan(from_value(scan).unwrap()).unwrap();
    println!("dynoxide-rs 3.2.0: the index has {} of {} items", found.count, all.count);
}
PROBE

said=$(cargo run --quiet -- "$folder/orders.db")
echo "$said"
[ "$said" = "dynoxide-rs 3.2.0: the index has 1 of 2 items" ]
