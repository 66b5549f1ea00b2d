//! Makes up data of a given shape. A lock keeps it as an example of today's stored events.

use serde_json::{Map, Value};

use super::lock::unquoted;
use super::notation::{is_told, name_of};
use super::shape::{Field, Shape};

/// Why there is no example.
pub(crate) enum NoExample {
    /// The type contains itself without an end.
    Endless,
    /// A type is opaque and has no example, or its example is not JSON.
    Refused(String),
}

/// The largest number of examples that are kept of one event.
const MOST: usize = 64;

/// Examples that show every case of a choice, values and their absence.
pub(crate) fn examples(shape: &Shape) -> Result<Vec<Value>, NoExample> {
    let mut all: Vec<Value> = Vec::new();
    for round in 0..rounds(shape).min(MOST) {
        let example = build(shape, round, &mut scalar)?;
        if !all.contains(&example) {
            all.push(example);
        }
    }
    Ok(all)
}

/// Data whose scalars come from `draw`, with the cases of a round; `None` if there is no example either.
pub(crate) fn drawn(shape: &Shape, round: usize, draw: Draw<'_>) -> Option<Value> {
    build(shape, round % rounds(shape), draw).ok()
}

/// Gives the value for a scalar, by the scalar's name.
type Draw<'a> = &'a mut dyn FnMut(&'static str) -> Value;

/// How many examples show everything that a shape can be: each possibility once, and its absence if it may be absent.
fn rounds(shape: &Shape) -> usize {
    match shape {
        Shape::Scalar(_) | Shape::Itself | Shape::Opaque(_) | Shape::Example(..) => 1,
        Shape::Optional(inner) | Shape::List(inner) | Shape::Map(_, inner) => rounds(inner) + 1,
        Shape::Array(inner, _) | Shape::Lossy(inner) | Shape::Recursive(_, inner) => rounds(inner),
        Shape::Tuple(items) => items.iter().map(rounds).max().unwrap_or(1),
        Shape::Record(fields) => fields.iter().map(rounds_of_field).max().unwrap_or(1),
        Shape::Choice(_, cases) => cases.iter().map(rounds_of_field).sum::<usize>().max(1),
    }
}

fn rounds_of_field(field: &Field) -> usize {
    field.shape.as_ref().map_or(1, rounds) + usize::from(is_told(field.label.as_bytes(), b"default"))
}

fn build(shape: &Shape, round: usize, draw: Draw<'_>) -> Result<Value, NoExample> {
    let round = round % rounds(shape);
    Ok(match shape {
        Shape::Scalar(name) => draw(name),
        Shape::Optional(inner) | Shape::List(inner) | Shape::Map(_, inner) if round == rounds(inner) => {
            nothing(shape)
        }
        Shape::Optional(inner) => or_nothing(shape, build(inner, round, draw))?,
        Shape::List(item) => {
            or_nothing(shape, build(item, round, draw).map(|item| Value::Array(vec![item])))?
        }
        Shape::Map(key, value) => {
            let key = match build(key, round, draw)? {
                Value::String(text) => text,
                other => other.to_string(),
            };
            or_nothing(
                shape,
                build(value, round, draw).map(|value| Value::Object(Map::from_iter([(key, value)]))),
            )?
        }
        Shape::Array(item, length) => Value::Array(vec![build(item, round, draw)?; *length]),
        Shape::Tuple(items) => {
            Value::Array(items.iter().map(|item| build(item, round, draw)).collect::<Result<_, _>>()?)
        }
        Shape::Record(fields) => Value::Object(record(fields, round, draw)?),
        // The form that is read, for a type that is written in another form.
        Shape::Choice("sides", sides) => match sides.last().and_then(|side| side.shape.as_ref()) {
            Some(read) => build(read, round, draw)?,
            None => Value::Null,
        },
        Shape::Choice(tagging, cases) => choice(tagging, cases, round, draw)?,
        Shape::Lossy(inner) | Shape::Recursive(_, inner) => build(inner, round, draw)?,
        Shape::Itself => return Err(NoExample::Endless),
        Shape::Opaque(name) => {
            return Err(NoExample::Refused(format!(
                "`{name}` is opaque: give an example of it, `#[event_data(opaque, example = \"…\")]`"
            )));
        }
        Shape::Example(_, json) => serde_json::from_str(json)
            .map_err(|error| NoExample::Refused(format!("the example `{json}` is not JSON: {error}")))?,
    })
}

fn nothing(shape: &Shape) -> Value {
    match shape {
        Shape::List(_) => Value::Array(Vec::new()),
        Shape::Map(..) => Value::Object(Map::new()),
        _ => Value::Null,
    }
}

/// A type that contains itself ends where a value may be missing.
fn or_nothing(shape: &Shape, built: Result<Value, NoExample>) -> Result<Value, NoExample> {
    match built {
        Err(NoExample::Endless) => Ok(nothing(shape)),
        built => built,
    }
}

/// The plainest value of a scalar.
pub(crate) fn scalar(name: &str) -> Value {
    match name {
        "bool" => true.into(),
        "f32" | "f64" => 1.5.into(),
        "char" => "c".into(),
        "null" => Value::Null,
        _ if name.starts_with('u') => 7.into(),
        _ if name.starts_with('i') => (-7).into(),
        _ => "text".into(),
    }
}

fn record(fields: &[Field], round: usize, draw: Draw<'_>) -> Result<Map<String, Value>, NoExample> {
    let mut record = Map::new();
    for field in fields {
        let Some(shape) = &field.shape else { continue };
        if is_told(field.label.as_bytes(), b"default") && round % rounds_of_field(field) == rounds(shape) {
            continue;
        }
        match (field.label.starts_with(".."), build(shape, round, draw)?) {
            (true, Value::Object(inner)) => record.extend(inner),
            (true, _) => {}
            (false, Value::Null) if is_told(field.label.as_bytes(), b"omitted") => {}
            (false, value) => {
                record.insert(stored_name(field), value);
            }
        }
    }
    Ok(record)
}

/// The case of a round. A case that contains itself without an end is replaced by the next one.
fn choice(tagging: &str, cases: &[Field], round: usize, draw: Draw<'_>) -> Result<Value, NoExample> {
    let mut left = round;
    let chosen = cases.iter().position(|case| {
        let rounds = rounds_of_field(case);
        let found = left < rounds;
        left = if found { left } else { left - rounds };
        found
    });
    let first = chosen.unwrap_or_default();
    let mut order = cases[first..].iter().chain(&cases[..first]);
    loop {
        let Some(case) = order.next() else { return Err(NoExample::Endless) };
        match case.shape.as_ref().map(|shape| build(shape, left, draw)).transpose() {
            Ok(data) if is_told(case.label.as_bytes(), b"untagged") => return Ok(data.unwrap_or_default()),
            Ok(data) => return Ok(tagged(tagging, stored_name(case), data)),
            Err(NoExample::Endless) => {}
            Err(refused) => return Err(refused),
        }
    }
}

/// As serde writes the case of an enum: <https://serde.rs/enum-representations.html>.
fn tagged(tagging: &str, name: String, data: Option<Value>) -> Value {
    let mut options = tagging.split('"').skip(1).step_by(2).map(str::to_owned);
    match (options.next(), options.next()) {
        _ if tagging.ends_with("untagged") => data.unwrap_or_default(),
        (Some(tag), Some(content)) => {
            let content = data.map(|data| (content, data));
            Value::Object([(tag, name.into())].into_iter().chain(content).collect())
        }
        (Some(tag), None) => {
            let fields = match data {
                Some(Value::Object(fields)) => fields,
                _ => Map::new(),
            };
            Value::Object([(tag, name.into())].into_iter().chain(fields).collect())
        }
        (None, _) => match data {
            Some(data) => Value::Object(Map::from_iter([(name, data)])),
            None => name.into(),
        },
    }
}

fn stored_name(field: &Field) -> String {
    let name = name_of(field.label.as_bytes()).len();
    unquoted(&field.label[..name])
}
