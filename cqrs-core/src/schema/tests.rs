//! The derive reads serde's attributes as serde does: data that is made up from a shape is what serde writes and reads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::example::{NoExample, examples};
use super::lock::in_order;
use super::{Changes, EventsLock, Field, SchemaNumber, Shape};
use crate::{EventData, Timestamp, Version};

#[track_caller]
fn made_up<T: EventData>() -> Vec<Value> {
    match examples(&T::SHAPE) {
        Ok(examples) => examples,
        Err(NoExample::Endless) => panic!("{} has no end", T::SHAPE),
        Err(NoExample::Refused(reason)) => panic!("{reason}"),
    }
}

/// Serde reads the data made up from the shape, and writes the same data.
#[track_caller]
fn is_serdes<T: EventData + Serialize + DeserializeOwned>(shape: &str) {
    assert_eq!(T::SHAPE.to_string(), shape);
    for example in made_up::<T>() {
        let read = T::deserialize(&example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), example, "{shape}");
        #[cfg(feature = "contracts")]
        crate::contract::tests::assert_described(&T::SHAPE, &example);
    }
}

macro_rules! cases {
    ($($name:ident $rule:literal: $fields:literal, $variants:literal;)*) => {
        $(
            #[derive(Serialize, Deserialize, EventData)]
            #[event_data(crate = crate)]
            #[serde(rename_all = $rule)]
            struct $name {
                plain: u8,
                two_words_2: u8,
                r#type: u8,
                _hidden: u8,
            }
        )*

        mod variants {
            use super::*;
            $(
                #[derive(Serialize, Deserialize, EventData)]
                #[event_data(crate = crate)]
                #[serde(rename_all = $rule)]
                pub(super) enum $name {
                    Plain,
                    TwoWords2,
                    HTTPCode(u8),
                }
            )*
        }

        #[test]
        fn rename_all_is_that_of_serde() {
            $(
                is_serdes::<$name>($fields);
                is_serdes::<variants::$name>($variants);
            )*
        }
    };
}

cases! {
    Lower "lowercase": "{ plain: u8, two_words_2: u8, type: u8, _hidden: u8 }", "enum { plain, twowords2, httpcode: u8 }";
    Upper "UPPERCASE": "{ PLAIN: u8, TWO_WORDS_2: u8, TYPE: u8, _HIDDEN: u8 }", "enum { PLAIN, TWOWORDS2, HTTPCODE: u8 }";
    Pascal "PascalCase": "{ Plain: u8, TwoWords2: u8, Type: u8, Hidden: u8 }", "enum { Plain, TwoWords2, HTTPCode: u8 }";
    Camel "camelCase": "{ plain: u8, twoWords2: u8, type: u8, hidden: u8 }", "enum { plain, twoWords2, hTTPCode: u8 }";
    Snake "snake_case": "{ plain: u8, two_words_2: u8, type: u8, _hidden: u8 }", "enum { plain, two_words2, h_t_t_p_code: u8 }";
    Screaming "SCREAMING_SNAKE_CASE": "{ PLAIN: u8, TWO_WORDS_2: u8, TYPE: u8, _HIDDEN: u8 }", "enum { PLAIN, TWO_WORDS2, H_T_T_P_CODE: u8 }";
    Kebab "kebab-case": "{ plain: u8, two-words-2: u8, type: u8, -hidden: u8 }", "enum { plain, two-words2, h-t-t-p-code: u8 }";
    ScreamingKebab "SCREAMING-KEBAB-CASE": "{ PLAIN: u8, TWO-WORDS-2: u8, TYPE: u8, -HIDDEN: u8 }", "enum { PLAIN, TWO-WORDS2, H-T-T-P-CODE: u8 }";
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct Nested<T> {
    value: T,
    parts: Vec<Nested<T>>,
    next: Option<Box<Self>>,
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct Everything {
    #[serde(rename = "two words")]
    quoted: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    optional: Option<i64>,
    map: BTreeMap<u32, (bool, char)>,
    array: [f32; 2],
    nested: Nested<Cow<'static, str>>,
    #[serde(skip)]
    _skipped: Option<Duration>,
    #[serde(flatten)]
    more: More,
    unit: (),
    at: Timestamp,
    version: Version,
    address: IpAddr,
    took: Duration,
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct More {
    more: BTreeSet<u8>,
    any: Value,
}

#[test]
fn forms_of_all_kinds_are_those_of_serde() {
    is_serdes::<Everything>(
        "{ \"two words\": string, optional default omitted: i64?, map: map<u32, (bool, char)>, \
         array: [f32; 2], nested: { value: string, parts: [itself], next: itself? }, \
         ..: { more: [u8], any: json }, unit: null, at: timestamp, version: u64, address: ip, \
         took: { secs: u64, nanos: u32 } }",
    );
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct Newtype(String);

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(tag = "t", rename_all_fields = "camelCase")]
enum Tagged {
    Unit,
    Struct { some_field: u8 },
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(Newtype),
    Tuple(u8, String),
    #[serde(rename_all = "UPPERCASE")]
    Struct {
        some_field: u8,
    },
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[test]
fn enums_of_all_kinds_are_those_of_serde() {
    is_serdes::<Tagged>("enum tag \"t\" { Unit, Struct: { someField: u8 } }");
    is_serdes::<Adjacent>(
        "enum tag \"t\" content \"c\" { Unit, Newtype: string, Tuple: (u8, string), Struct: { SOME_FIELD: u8 } }",
    );
    is_serdes::<Untagged>("enum untagged { Number: u8, Text: string }");
    assert_eq!(made_up::<Tagged>(), [json!({ "t": "Unit" }), json!({ "t": "Struct", "someField": 7 })]);
    is_serdes::<HashMap<String, Vec<Option<Newtype>>>>("map<string, [string?]>");
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn write<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.to_string())
    }

    pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(serialize_with = "as_text::write", deserialize_with = "as_text::read")]
    #[event_data(example = "\"5\"")]
    first: u64,
    second: Wide,
    #[event_data(opaque, example = "{}")]
    third: HashMap<String, (u8, u8)>,
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(tag = "type", rename = "named")]
struct Named {
    value: u8,
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct Wide(u8, u8, u8, u8, u8, u8, u8, u8, u8, Option<u16>);

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
enum PartlyUntagged {
    Cash,
    #[serde(untagged)]
    Other(String),
}

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(transparent)]
struct Marked<T> {
    marker: std::marker::PhantomData<T>,
    value: u64,
}

#[derive(Clone, Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
#[serde(from = "String")]
struct ReadAsText {
    cents: u64,
}

impl From<String> for ReadAsText {
    fn from(text: String) -> Self {
        Self { cents: text.len() as u64 }
    }
}

const WIDTH: usize = 2;

#[derive(Serialize, Deserialize, EventData)]
#[event_data(crate = crate)]
struct Digest {
    bytes: [u8; Self::LENGTH],
}

impl Digest {
    const LENGTH: usize = WIDTH;
}

#[test]
fn what_changes_the_form_is_in_the_text() {
    is_serdes::<Strict>(
        "{ first: opaque \"deserialize_with as_text::read, serialize_with as_text::write\", \
         second: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u16?), third: opaque \"HashMap<String,(u8,u8)>\", ..: null }",
    );
    is_serdes::<Named>("{ type: enum { named }, value: u8 }");
    is_serdes::<PartlyUntagged>("enum { Cash, Other untagged: string }");
    is_serdes::<Marked<String>>("u64");
    is_serdes::<Digest>("{ bytes: [u8; 2] }");
    is_serdes::<std::num::NonZeroU64>("u64 nonzero");
    assert_eq!(ReadAsText::SHAPE.to_string(), "sides { written: { cents: u64 }, read: string }");
    assert_eq!(made_up::<ReadAsText>(), [json!("text")]);
}

#[test]
fn a_shape_differs_from_none_but_another() {
    let shapes = [
        Strict::SHAPE,
        Wide::SHAPE,
        PartlyUntagged::SHAPE,
        ReadAsText::SHAPE,
        <u64>::SHAPE,
        std::num::NonZeroU64::SHAPE,
        Everything::SHAPE,
        Adjacent::SHAPE,
        Untagged::SHAPE,
        <Vec<Option<[u8; 3]>>>::SHAPE,
        <(u8, BTreeMap<String, Tagged>)>::SHAPE,
        <[u16; 3]>::SHAPE,
        <[u8; 4]>::SHAPE,
        <Vec<u8>>::SHAPE,
        <Option<Vec<u8>>>::SHAPE,
        Shape::Opaque("Vec<(u8, String)>"),
        Shape::Opaque("Vec<u8>"),
    ];
    for (index, shape) in shapes.iter().enumerate() {
        for (other, locked) in shapes.iter().enumerate() {
            let changes = Box::new(Changes::between(shape, &locked.to_string()));
            assert_eq!(changes.is_empty(), index == other, "{shape} and {locked}: {}", changes.text());
            assert_eq!(shape.fingerprint() == locked.fingerprint(), index == other);
        }
    }
}

/// `cqrs-macros` has the same test for the text that it reads from the lock.
#[test]
fn a_fingerprint_is_the_hash_of_the_text() {
    const FIELDS: &[Field] = &[Field::of::<String>("id"), Field::of::<Vec<u32>>("quantities")];
    assert_eq!(Shape::Record(FIELDS).fingerprint(), 13_286_107_032_837_057_374);
}

#[test]
fn a_number_that_json_has_no_place_for_is_looked_for_wherever_one_may_stand() {
    for shape in [
        f64::SHAPE,
        <Vec<Option<f32>>>::SHAPE,
        <HashMap<String, (u8, [f64; 2])>>::SHAPE,
        Shape::Record(const { &[Field::of::<u8>("whole"), Field::of::<f64>("share")] }),
        Shape::Choice("enum", const { &[Field::bare("None"), Field::of::<f64>("Share")] }),
        Shape::Opaque("Money"),
        Shape::Scalar("money"),
    ] {
        assert!(shape.may_lose_numbers(), "{shape}");
    }
    assert!(!Untagged::SHAPE.may_lose_numbers());
    assert!(!<(u8, BTreeMap<String, Option<i64>>)>::SHAPE.may_lose_numbers());
}

#[test]
fn the_order_of_fields_does_not_count() {
    let left = "{ a: u8, b: [{ c: u8, d: enum tag \"},{\" { X, Y: { p: u8, q: u8 } } }] }";
    let right = "{ b: [{ d: enum tag \"},{\" { Y: { q: u8, p: u8 }, X }, c: u8 }], a: u8 }";
    assert_eq!(in_order(left), in_order(right));
    assert_ne!(in_order(left), in_order(&right.replace("q: u8", "q: u16")));
}

#[test]
fn a_lock_is_read_as_it_was_written() {
    let text = "\"Two Words\" 3 {\n    a: [{ b: u8, c: (u8, string) }],\n    \"d, e\": enum { X, Y: u8 },\n}\n= {\"a\":[]}\n= {\"a\":null}\n\nEmpty 1 {}\n= {}\n";
    let lock: EventsLock = text.parse().unwrap();
    let entry = lock.get("Two Words", SchemaNumber::new(3, 0)).unwrap();
    assert_eq!(entry.shape, "{ a: [{ b: u8, c: (u8, string) }], \"d, e\": enum { X, Y: u8 } }");
    assert_eq!(entry.examples, [json!({ "a": [] }), json!({ "a": null })]);
    assert_eq!(lock.get("Empty", SchemaNumber::new(1, 0)).unwrap().shape, "{}");
    assert_eq!(lock.to_string().parse::<EventsLock>().unwrap(), lock);
    assert!(lock.to_string().contains("\n\"Two Words\" 3 {\n    a: [{ b: u8, c: (u8, string) }],\n"));
}

#[test]
fn a_line_that_is_none_of_a_lock_is_named() {
    fn said<T: Debug>(result: Result<T, super::LockError>) -> String {
        result.unwrap_err().to_string()
    }
    for (text, expected) in [
        ("= {}", "line 1: an example without an event"),
        ("# remark\n\nOrderCreated", "line 3: expected `Name schema shape`"),
        ("OrderCreated one {}", "line 1: `one` is not a schema: write 1, 2, …"),
        ("OrderCreated 1.0 {}", "line 1: `1.0` is not a schema: write 1, 2, …, or 1.1 after a widening"),
        ("A 1.1 {}\nA 1.1 {}", "line 2: `A` (schema 1.1) is listed twice"),
        ("A 1 {}\nA 1 {}", "line 2: `A` (schema 1) is listed twice"),
        ("A 1 {}\n= {", "line 2: EOF while parsing"),
    ] {
        let said = said(text.parse::<EventsLock>());
        assert!(said.starts_with(expected), "{said}");
    }
}
