//! How the golden items were made.

use std::collections::BTreeMap;

use cqrs_core::delivery::Message;
use cqrs_core::prelude::*;
use cqrs_dynamo::Dynamo;
use cqrs_tests::faults::{Call, Fault, Faults, database};
use cqrs_tests::raw;
use serde_json::json;

use crate::lab::{
    Calls, Laboratory, Measure, Measured, Origin, Person, Reading, Sample, SampledV1, Sheet, Unit, app, key,
    laboratory, told,
};
use crate::{IDS, commits, items};

fn plain() -> Measured {
    Measured {
        lab: "north".into(),
        least: -7,
        most: 7,
        level: 0.1,
        single: 0.1,
        perhaps: Some(964.096_705_605_763_9),
        nested: Some(Some(3)),
        unit: None,
        pair: (true, 'å'),
        bytes: vec![0, 127, 255],
        by_number: BTreeMap::from([(-1, 0.5), (2, 1e21)]),
        by_text: BTreeMap::from([("a b".into(), vec![None, Some(String::new())])]),
        reading: Reading::Count(2),
        origin: Origin::Field { north: 52.5, east: -0.25 },
        scale: Unit::Ratio(1, 3),
        person: Person { by: "Ada".into(), with: vec!["Bob".into()] },
        note: "東京 \u{1F980} \u{0} \u{FFFF}".into(),
        free: json!({ "a": [1, null, true, "x", { "b": {} }, 0.25] }),
    }
}

/// Values that came back differently even then.
fn edge() -> Measured {
    Measured {
        lab: "south".into(),
        least: i64::MIN,
        most: u64::MAX,
        level: -0.0,
        single: f32::MAX,
        perhaps: Some(f64::INFINITY),
        nested: Some(None),
        unit: Some(()),
        pair: (false, '\u{10FFFF}'),
        bytes: Vec::new(),
        by_number: BTreeMap::from([(i32::MIN, -0.0), (i32::MAX, 2.0)]),
        by_text: BTreeMap::from([("\u{1F980}".into(), Vec::new())]),
        reading: Reading::Level(2.0),
        origin: Origin::Unknown,
        scale: Unit::Plain,
        person: Person { by: String::new(), with: Vec::new() },
        note: String::new(),
        free: json!([1.0, -0.0, 1e20, 1e-130, 9.5e125]),
    }
}

/// `CQRS_GOLDEN=new.json cargo test --workspace --test golden -- --ignored record` writes the items of this build.
#[tokio::test]
#[ignore = "it writes a file"]
async fn record() {
    let file = std::env::var("CQRS_GOLDEN").unwrap();
    let (embedded, dynamo) = database().await;
    let calls = Calls::default();
    let app = app(&dynamo, &calls, true);
    fill(&dynamo, &app).await;
    app.run_until_idle().await.unwrap();
    app.replay::<Sheet>().await.unwrap();

    // A replay that stops before its last streams.
    let faults = Faults::new(&embedded, {
        let seen = std::sync::atomic::AtomicUsize::new(0);
        move |call: &Call| match call.operation.as_str() {
            "TransactWriteItems" if seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 2 => {
                Fault::Answer(400, "ThrottlingException")
            }
            _ => Fault::None,
        }
    });
    let broken = crate::lab::app(&faults.dynamo_without_retries(), &calls, false);
    broken.replay::<Laboratory>().parallel(1).await.unwrap_err();

    // The state as a process without memory reads it: the one that decided may have folded something else.
    let app = crate::lab::app(&dynamo, &calls, false);
    let mut told_of = serde_json::Map::new();
    for id in IDS {
        told_of.insert(id.to_owned(), told(&app, id).await);
    }
    let north = app.view::<Laboratory>(&laboratory("north")).await.unwrap();
    let south = app.view::<Laboratory>(&laboratory("south")).await.unwrap();
    let bodies: Vec<String> =
        commits(&dynamo).await.iter().map(|commit| Message::of(&app, commit).body).collect();
    let golden = json!({
        "tables": items::all(&dynamo).await,
        "messages": bodies,
        "told": told_of,
        "laboratories": { "north": format!("{north:?}"), "south": format!("{south:?}") },
        "samples in north": north.unwrap().samples,
    });
    std::fs::write(file, serde_json::to_string_pretty(&golden).unwrap()).unwrap();
}

async fn fill(dynamo: &Dynamo, app: &App) {
    raw::put(dynamo, raw::record(&key("old"), 1, &SampledV1 { lab: "north".into() })).await;
    app.execute(&key("old"), Measure(vec![plain()])).by("Ada").await.unwrap();
    let sample = |lab: &str, batch| Sample { lab: lab.into(), batch: Some(batch) };
    app.execute(&key("plain"), sample("north", 7))
        .command_id("sample-7")
        .by("user-123")
        .correlation_id("request-1")
        .at("2020-02-29T12:00:00.123Z".parse().unwrap())
        .await
        .unwrap();
    app.execute(&key("plain"), Measure(vec![plain(), edge(), plain()])).await.unwrap();
    app.execute(&key("plain"), Measure(vec![edge()])).await.unwrap();
    app.execute(&key("plain"), Measure(vec![plain()])).await.unwrap();
    app.execute(&key("edge"), sample("south", u32::MAX)).await.unwrap();
    app.execute(&key("edge"), Measure(vec![edge(), edge()])).await.unwrap();
    app.execute(&key("bad"), sample("south", 13)).await.unwrap();
}
