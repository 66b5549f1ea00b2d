//! How much memory many requests at once take. One test, because it measures its process.

use aws_sdk_dynamodb::types::AttributeValue;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::bank::{self, Open};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The most memory that this process has had so far, in MB.
fn most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim_end_matches("kB").trim().parse().ok()).unwrap_or(0) / 1024
}

/// Each of the large answers has 1 MB.
#[test]
fn memory_grows_with_neither_commands_nor_large_answers_at_once() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dynamo = Dynamo::embedded_in_memory().await.unwrap();
        let app = bank::app(dynamo.event_store()).unwrap();
        let mut commands = JoinSet::new();
        for number in 0..5_000 {
            let app = app.clone();
            let open = async move {
                let key = bank::account(&number.to_string());
                app.execute(&key, Open { owner: "Ada".into() }).await.map(|done| done.version)
            };
            commands.spawn(open);
        }
        let done = commands.join_all().await;
        assert!(done.iter().all(|done| matches!(done, Ok(version) if *version == Version::new(1))));
        let small = most();

        let (client, table) = (dynamo.client(), &dynamo.tables().views);
        for number in 0..3 {
            let put = client
                .put_item()
                .table_name(table)
                .item("pk", text("p"))
                .item("sk", text(&number.to_string()));
            put.item("data", text(&"x".repeat(340_000))).send().await.unwrap();
        }
        let before = most();
        let mut reads = JoinSet::new();
        for _ in 0..150 {
            let query = client.query().table_name(table).key_condition_expression("pk = :pk");
            let query = query.expression_attribute_values(":pk", text("p"));
            reads.spawn(async move { query.send().await.map(|page| page.count()) });
        }
        let read = reads.join_all().await;
        assert!(read.iter().all(|read| matches!(read, Ok(3))));
        let large = most() - before;
        println!("{small} MB after 5,000 commands at once, {large} MB more after 150 large answers");
        assert!(small < 300, "{small} MB");
        assert!(large < 100, "{large} MB");
    });
}
