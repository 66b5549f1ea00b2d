//! A validator accepts what serde writes, and rejects what serde does not read.

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Definitions, json_schema};
use crate::schema::{Field, Shape, drawn, scalar};

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"));
    jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"))
}

/// The schema accepts the value, alone and in another document.
#[track_caller]
pub(crate) fn assert_described(shape: &Shape, value: &Value) {
    let schema = json_schema(shape);
    if let Err(error) = validator(&schema).validate(value) {
        panic!("{value} is of `{shape}`: {error} ({schema:#})");
    }
    let has_both = schema.get("$id").is_some() && schema.get("$ref").is_some();
    assert!(!has_both, "a reference beside an id is more than some validators can take: {schema:#}");
    let embedded = json!({ "type": "object", "properties": { "one": schema, "two": json_schema(&Shape::Scalar("u8")) } });
    assert!(validator(&embedded).is_valid(&json!({ "one": value, "two": 2 })), "{value}: {embedded:#}");

    let mut definitions = Definitions::new("#/components/schemas/");
    let inside = definitions.schema(shape);
    let document = json!({
        "properties": { "one": inside },
        "components": { "schemas": definitions.into_schemas() },
    });
    assert!(validator(&document).is_valid(&json!({ "one": value })), "{value}: {document:#}");
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

const SCALARS: [&str; 16] = [
    "bool",
    "i8",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "f64",
    "char",
    "string",
    "null",
    "u8 nonzero",
    "i64 nonzero",
    "json",
];
const TAGGINGS: [&str; 5] =
    ["enum", "enum untagged", "enum tag \"kind\"", "enum tag \"t\" content \"c\"", "enum"];
const NOTES: [&str; 5] = ["", "|other_name", " default", " omitted", ""];

fn scalars() -> impl Strategy<Value = Shape> {
    prop::sample::select(&SCALARS[..]).prop_map(Shape::Scalar)
}

fn records(inner: impl Strategy<Value = Shape> + Clone) -> impl Strategy<Value = Shape> {
    let field = (prop::sample::select(&NOTES[..]), inner);
    (prop::collection::vec(field, 0..4), any::<bool>()).prop_map(|(fields, strict)| {
        let mut fields: Vec<Field> = fields
            .into_iter()
            .enumerate()
            .map(|(number, (note, shape))| {
                let other = note.replace("other_name", &format!("other{number}"));
                Field::new(leaked(format!("f{number}{other}")), shape)
            })
            .collect();
        if strict {
            fields.push(Field::new("..", Shape::Scalar("null")));
        }
        Shape::Record(leaked(fields))
    })
}

fn shapes() -> impl Strategy<Value = Shape> {
    scalars().prop_recursive(4, 24, 4, |inner| {
        let case = prop::option::of(records(inner.clone()));
        let choice = (prop::sample::select(&TAGGINGS[..]), prop::collection::vec(case, 1..4));
        prop_oneof![
            inner.clone().prop_map(|shape| Shape::Optional(leaked(shape))),
            inner.clone().prop_map(|shape| Shape::List(leaked(shape))),
            (inner.clone(), 0..3_usize).prop_map(|(shape, length)| Shape::Array(leaked(shape), length)),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| Shape::Tuple(leaked(items))),
            (prop::sample::select(&["string", "u16", "i64", "char", "bool"][..]), inner.clone())
                .prop_map(|(key, value)| Shape::Map(leaked(Shape::Scalar(key)), leaked(value))),
            records(inner.clone()),
            records(inner.clone()).prop_map(|inside| {
                Shape::Record(leaked([Field::new("beside", Shape::Scalar("u8")), Field::new("..", inside)]))
            }),
            choice.prop_map(|(tagging, cases)| {
                let cases: Vec<Field> = cases
                    .into_iter()
                    .enumerate()
                    .map(|(number, shape)| {
                        let label = leaked(format!("Case{number}"));
                        shape.map_or(Field::bare(label), |shape| Field::new(label, shape))
                    })
                    .collect();
                Shape::Choice(tagging, leaked(cases))
            }),
            inner.prop_map(|shape| {
                let children = Field::new("children", Shape::List(leaked(Shape::Itself)));
                let record = Shape::Record(leaked([Field::new("value", shape), children]));
                Shape::Recursive("Tree", leaked(record))
            }),
        ]
    })
}

/// A value of a scalar that is often the first or last of its kind.
fn extreme(name: &str, number: u64) -> Value {
    let pick = |values: &[Value]| {
        usize::try_from(number)
            .ok()
            .and_then(|number| values.get(number % values.len()))
            .cloned()
            .unwrap_or_default()
    };
    match name {
        "i8" => pick(&[i8::MIN.into(), i8::MAX.into(), 0.into()]),
        "i64" | "i64 nonzero" => pick(&[i64::MIN.into(), i64::MAX.into(), 1.into()]),
        "u8" => pick(&[0.into(), u8::MAX.into()]),
        "u8 nonzero" => pick(&[1.into(), u8::MAX.into()]),
        "u64" => pick(&[0.into(), u64::MAX.into(), (u64::MAX - 1).into()]),
        "char" => pick(&["\u{10FFFF}".into(), "é".into(), "\0".into()]),
        "bool" => pick(&[true.into(), false.into()]),
        "json" => pick(&[Value::Null, json!([1, {}]), "text".into()]),
        other => scalar(other),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn values_of_a_shape_match_its_schema(shape in shapes(), seed in any::<u64>()) {
        let mut seed = seed;
        for round in 0..8 {
            let drawn = drawn(&shape, round, &mut |name| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                extreme(name, seed >> 33)
            });
            if let Some(value) = drawn {
                assert_described(&shape, &value);
            }
        }
    }
}
