//! One command beside the bare SDK requests that it is made of, on one embedded DynamoDB, in turns, so that a drift of
//! the machine meets both.
//!
//! `cargo bench -p cqrs-benches --bench latency`; a number after `--` is the rounds, 2,000 by default.

use std::error::Error;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use cqrs_benches::account::{AccountKey, deposit};
use cqrs_benches::samples::Samples;
use cqrs_core::StreamKey;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;

const ROUNDS: usize = 2_000;
/// Commits of a stream before a cold command is timed on it.
const PRIOR: [u64; 3] = [0, 20, 200];
/// A longer stream takes longer to set up than to time.
const LONG_ROUNDS: usize = 200;

type Fallible<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Fallible<()> {
    let rounds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROUNDS);
    println!("microseconds                        p50      p99");
    warm(rounds).await?;
    for prior in PRIOR {
        cold(prior, if prior > 0 { rounds.min(LONG_ROUNDS) } else { rounds }).await?;
    }
    Ok(())
}

/// The state is in memory: one `PutItem`.
async fn warm(rounds: usize) -> Fallible<()> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(dynamo.event_store()).build()?;
    let tenant = Tenant::new("BANK")?;
    let key = AccountKey::new(&tenant, "warm");
    let bare = AccountKey::new(&tenant, "bare").stream()?;
    let (mut command, mut put) = (Samples::default(), Samples::default());
    app.execute(&key, deposit()).await?;
    for round in 1..=rounds as u64 {
        command.time(app.execute(&key, deposit()).into_future()).await?;
        put.time(put_item(&dynamo, &bare, round)).await?;
    }
    show("warm command", &command, "PutItem", &put);
    Ok(())
}

/// Nothing is in memory, and the stream has `prior` commits: `Query`, `PutItem`.
async fn cold(prior: u64, rounds: usize) -> Fallible<()> {
    let dynamo = Dynamo::embedded_in_memory().await?;
    let app = App::builder(dynamo.event_store()).build()?;
    let filler = App::builder(dynamo.event_store()).build()?;
    let tenant = Tenant::new("BANK")?;
    let (mut command, mut bare) = (Samples::default(), Samples::default());
    for round in 0..rounds {
        let key = AccountKey::new(&tenant, format!("cold-{round}"));
        let twin = AccountKey::new(&tenant, format!("bare-{round}"));
        for _ in 0..prior {
            filler.execute(&key, deposit()).await?;
            filler.execute(&twin, deposit()).await?;
        }
        let stream = twin.stream()?;
        command.time(app.execute(&key, deposit()).into_future()).await?;
        bare.time(async {
            query(&dynamo, &stream).await?;
            put_item(&dynamo, &stream, prior + 1).await
        })
        .await?;
    }
    show(&format!("cold command after {prior}"), &command, "Query, PutItem", &bare);
    Ok(())
}

/// The request that an append is, with the same item.
async fn put_item(dynamo: &Dynamo, stream: &StreamKey, version: u64) -> Fallible<()> {
    let cents = AttributeValue::N("5".to_owned());
    let note = AttributeValue::S("x".repeat(200));
    let data = AttributeValue::M([("cents".to_owned(), cents), ("note".to_owned(), note)].into());
    let id = uuid_like(version);
    let text = |value: &str| AttributeValue::S(value.to_owned());
    dynamo
        .client()
        .put_item()
        .table_name(&dynamo.tables().events)
        .item("pk", text(stream.pk()))
        .item("sk", AttributeValue::S(stream.commit_sk(Version::new(version))))
        .item("version", AttributeValue::N(version.to_string()))
        .item("type", text("Deposited"))
        .item("schema", AttributeValue::N("1".to_owned()))
        .item("data", data)
        .item("createdAt", AttributeValue::S(Timestamp::now().to_string()))
        .item("commandId", text(&id))
        .item("correlationId", text(&id))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await?;
    Ok(())
}

/// The request that a read is.
async fn query(dynamo: &Dynamo, stream: &StreamKey) -> Fallible<usize> {
    let output = dynamo
        .client()
        .query()
        .table_name(&dynamo.tables().events)
        .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
        .expression_attribute_values(":pk", AttributeValue::S(stream.pk().to_owned()))
        .expression_attribute_values(":first", AttributeValue::S(stream.commit_sk(Version::new(1))))
        .expression_attribute_values(":last", AttributeValue::S(stream.commit_sk(Version::MAX)))
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await?;
    Ok(output.items().len())
}

fn uuid_like(number: u64) -> String {
    format!("{number:08x}-0000-7000-8000-000000000000")
}

fn show(what: &str, ours: &Samples, floor: &str, bare: &Samples) {
    println!("{what:<26} {ours}");
    println!("  {floor:<24} {bare}   p50 ratio {:.3}", ours.percentile(50) / bare.percentile(50));
}
