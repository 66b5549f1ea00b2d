//! Values that are changed at random: what a schema accepts, the reader accepts.

use std::collections::BTreeMap;
use std::fmt::Debug;

use cqrs_core::Json;
use cqrs_core::contract::json_schema;
use cqrs_core::prelude::*;
use cqrs_core::serde::Serialize;
use cqrs_core::serde::de::DeserializeOwned;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::data::*;
use crate::sample::Sample;

/// Values that may be anywhere, and are often wrong.
fn stranger(rng: &mut Rng) -> Value {
    let strangers = [
        Value::Null,
        true.into(),
        (-1).into(),
        300.into(),
        70_000.into(),
        u64::MAX.into(),
        i64::MIN.into(),
        1.5.into(),
        "".into(),
        "text".into(),
        "Unit".into(),
        json!([]),
        json!([1.5]),
        json!({}),
        json!({ "level": 1.5 }),
    ];
    strangers[rng.usize(..strangers.len())].clone()
}

/// Changes one place.
fn change(value: &mut Value, rng: &mut Rng) {
    let inside = rng.u8(..4) > 0;
    match value {
        Value::Object(fields) if inside && !fields.is_empty() => {
            let name = fields.keys().nth(rng.usize(..fields.len())).unwrap().clone();
            match rng.u8(..6) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert("stranger".to_owned(), stranger(rng))),
                _ => change(fields.get_mut(&name).unwrap(), rng),
            }
        }
        Value::Array(items) if inside && !items.is_empty() => {
            let place = rng.usize(..items.len());
            match rng.u8(..6) {
                0 => drop(items.remove(place)),
                1 => items.push(stranger(rng)),
                _ => change(&mut items[place], rng),
            }
        }
        other => *other = stranger(rng),
    }
}

/// How many changed values both refuse, both accept, and only the schema refuses.
#[derive(Debug, Default)]
struct Verdicts {
    refused: usize,
    taken: usize,
    stricter: Vec<String>,
}

fn compare<T: EventData + Sample + Serialize + DeserializeOwned + Debug>(verdicts: &mut Verdicts) {
    let schema = json_schema(&T::SHAPE);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut rng = Rng::with_seed(T::SHAPE.fingerprint());
    for _ in 0..400 {
        let Ok(mut value) = serde_json::to_value(T::sample(&mut rng)) else { continue };
        for _ in 0..rng.usize(1..3) {
            change(&mut value, &mut rng);
        }
        let read = T::deserialize(&value);
        match (validator.is_valid(&value), read) {
            (true, Ok(_)) => verdicts.taken += 1,
            (false, Err(_)) => verdicts.refused += 1,
            (false, Ok(read)) => verdicts.stricter.push(format!("{}: {value} is read as {read:?}", T::SHAPE)),
            (true, Err(error)) => {
                panic!("the schema of `{}` takes {value}, and serde does not: {error} ({schema:#})", T::SHAPE)
            }
        }
    }
}

macro_rules! compare {
    ($verdicts:ident: $($ty:ty),* $(,)?) => {
        $(compare::<$ty>(&mut $verdicts);)*
    };
}

#[test]
fn a_schema_takes_nothing_that_serde_refuses() {
    let mut verdicts = Verdicts::default();
    compare! { verdicts:
        bool, char, String, i8, i64, u64, f64, Json, Cents, Ratio, Pair, Clear, Point, Renamed, Shouted, Defaulted, Sparse,
        Forgetful, Nullable, Flat, FlatRest, FlatJson, FlatPerhaps, FlatBeside, Strict, Deep, Empty, Integers, Colour,
        External, Internal, Adjacent, Untagged, Alike, Around, Either, Option<f64>, Option<Option<u64>>, Option<Internal>,
        Vec<u8>, Vec<Option<f64>>, Vec<External>, Vec<(u64, f64)>, BTreeMap<char, f64>, BTreeMap<i32, f64>,
        BTreeMap<u64, Option<u8>>, BTreeMap<Colour, f64>, BTreeMap<String, Around>, (f64, f32), [f64; 2], [Option<f64>; 2],
        Box<External>, Box<Alike>,
    }
    assert!(
        verdicts.refused > 4_000 && verdicts.taken > 3_000,
        "{} and {}",
        verdicts.refused,
        verdicts.taken
    );
    // Serde reads an array as the fields of a struct in their order, and the schema has the form that is written.
    let other: Vec<_> = verdicts.stricter.iter().filter(|line| !line.contains(": [] is read as")).collect();
    assert!(other.is_empty(), "refused by the schema alone: {other:#?}");
}
