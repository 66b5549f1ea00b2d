//! Extreme values of the app's events, on the way through a message.

use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Number, Value};

use crate::aggregate::AggregateRow;
use crate::app::App;
use crate::commit::{Commit, StoredEvent};
use crate::delivery::{Body, Message};
use crate::event::upcaster::EventSchema;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::schema::{drawn, scalar};
use crate::testing::difference::{fields, report};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// How many values of each event are drawn for a seed.
const VALUES: u32 = 8;

/// The data of an event is the same after it was stored, sent and read.
///
/// # Errors
/// The first event that is different afterwards, by field.
pub(super) fn check(app: &App, rng: &mut Rng) -> Result<(), String> {
    for row in inventory::iter::<AggregateRow>() {
        for EventSchema { id, widened, shape, .. } in (row.schemas)() {
            let listens = |name: &str| {
                app.delivery().subscribers.iter().flat_map(|one| &one.events).any(|id| id.is_stored_as(name))
            };
            let Some(shape) = shape.filter(|_| listens(id.name)) else { continue };
            for _ in 0..VALUES {
                let (round, mut draw) = (rng.usize(..1024), |name: &'static str| extreme(name, rng));
                let Some(data) = drawn(&shape, round, &mut draw) else { continue };
                let event = StoredEvent::new(id.name, id.schema, data).widened(widened);
                // Where the type does not take the value, or the store does not, nothing is stored.
                let Ok(stored) = (row.again)(&event) else { continue };
                check_one(app, row, stored)?;
            }
        }
    }
    Ok(())
}

fn check_one(app: &App, row: &AggregateRow, stored: StoredEvent) -> Result<(), String> {
    let wrong = |what: &str| format!("`{}` {what}: {}", stored.name, stored.data);
    let stream = StreamKey::new("CHAOS", "VALUES#1").map_err(|error| error.to_string())?;
    let metadata = Arc::new(Metadata::new("values", Timestamp::from_unix_millis(0)));
    let commit = Commit::new(stream, Version::new(1), vec![stored.clone()], metadata);
    let body = Message::of(app, &commit).body;
    let arrived = match Body::parse(&body) {
        Ok(Body::Commit(arrived)) => arrived,
        // It is read from the store instead.
        Ok(Body::Reference(..)) => return Ok(()),
        Err(reason) => return Err(wrong(&format!("is not read from its message ({reason})"))),
    };
    let [arrived] = &arrived.events[..] else { return Err(wrong("is not alone in its message")) };
    same(&stored, arrived, "is another value after the way over a message")?;
    let again = (row.again)(arrived).map_err(|reason| wrong(&format!("cannot be read back ({reason})")))?;
    same(&stored, &again, "is another value when it is read and stored again")
}

/// By their texts, which have the sign of a zero and the last bit of a number.
fn same(stored: &StoredEvent, found: &StoredEvent, what: &str) -> Result<(), String> {
    let (left, right) = (stored.data.to_string(), found.data.to_string());
    if stored.name == found.name && left == right {
        return Ok(());
    }
    let mut differing = fields(&stored.data, &found.data);
    if differing.is_empty() {
        differing = vec![format!("{} became {}", stored.data, found.data)];
    }
    Err(report(&format!("`{}` {what}", stored.name), &[("", differing)]))
}

fn extreme(name: &'static str, rng: &mut Rng) -> Value {
    let one_of = |rng: &mut Rng, values: &[Value]| values[rng.usize(..values.len())].clone();
    let (least, most) = match name {
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        "u8" => (0.into(), u8::MAX.into()),
        "u16" => (0.into(), u16::MAX.into()),
        "u32" => (0.into(), u32::MAX.into()),
        "u64" | "usize" => (0.into(), u64::MAX.into()),
        "bool" => (false.into(), true.into()),
        "char" => ("\0".into(), "\u{10FFFF}".into()),
        "string" => (Value::from(""), Value::from("\u{FFFF}\u{1F980} \"\\ 1.0 \0")),
        "f64" => {
            // Any bits, with an exponent that DynamoDB stores.
            let bits = rng.u64(..) & !(0x7FF << 52) | rng.u64(1023 - 400..1023 + 400) << 52;
            let any = Number::from_f64(f64::from_bits(bits)).map_or(Value::Null, Value::Number);
            return one_of(
                rng,
                &[any.clone(), any, 0.0.into(), (-0.0).into(), 2.0.into(), 1e-130.into(), 9.9e125.into()],
            );
        }
        "f32" => {
            let bits = rng.u32(..) & !(0xFF << 23) | rng.u32(1..255) << 23;
            return one_of(rng, &[f32::from_bits(bits).into(), f32::MAX.into(), (-0.0).into(), 2.0.into()]);
        }
        other => return scalar(other),
    };
    one_of(rng, &[least, most, scalar(name)])
}
