//! Each kind of change is tried with values: the newer type reads those that the older type stores.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::EventData;
use crate::schema::{Changes, drawn, scalar};

/// Values of each pair of types.
const VALUES: usize = 400;

/// Pairs of types, the earlier `Data` and today's `Data`, that a function checks.
macro_rules! pairs {
    ($judged:ident: $($name:ident { $($was:item)* } => { $($is:item)* })*) => {$(
        mod $name {
            #[allow(unused_imports, unreachable_pub, unreachable_patterns, reason = "a pair takes of it what it needs")]
            mod was {
                use super::super::*;
                $(#[derive(Debug, Serialize, Deserialize, EventData)] #[event_data(crate = crate)] $was)*
            }
            #[allow(unused_imports, unreachable_pub, unreachable_patterns, reason = "a pair takes of it what it needs")]
            mod is {
                use super::super::*;
                $(#[derive(Debug, Serialize, Deserialize, EventData)] #[event_data(crate = crate)] $is)*
            }

            #[test]
            fn $judged() {
                super::$judged::<was::Data, is::Data>();
            }
        }
    )*};
}

/// The change is called a widening, and all values that were stored are read as before.
#[track_caller]
fn widens<Was, Is>()
where
    Was: EventData + Serialize + DeserializeOwned,
    Is: EventData + Serialize + DeserializeOwned,
{
    let locked = Was::SHAPE.to_string();
    let changes = Changes::between(&Is::SHAPE, &locked);
    assert!(changes.is_widening(), "{}", changes.text());
    assert!(Changes::breaking(&Is::SHAPE, &locked).is_empty());
    let values = values::<Was>();
    assert!(values.len() > VALUES / 2, "{} values", values.len());
    for stored in values {
        if let Err(reason) = read::<Is>(&stored) {
            panic!("{stored}: {reason}");
        }
    }
}

/// The change is not called a widening, and some stored value is not read, or is read as another value.
#[track_caller]
fn breaks<Was, Is>()
where
    Was: EventData + Serialize + DeserializeOwned,
    Is: EventData + Serialize + DeserializeOwned,
{
    is_refused::<Was, Is>();
    assert!(
        values::<Was>().iter().any(|stored| read::<Is>(stored).is_err()),
        "all values are read as before"
    );
}

/// The change is not called a widening.
#[track_caller]
fn is_refused<Was: EventData, Is: EventData>() {
    let locked = Was::SHAPE.to_string();
    assert!(!Changes::between(&Is::SHAPE, &locked).is_widening());
    let breaking = Changes::breaking(&Is::SHAPE, &locked);
    assert!(!breaking.is_empty(), "no reason is given");
}

/// Values as a type stores them.
fn values<T: EventData + Serialize + DeserializeOwned>() -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut stored = Vec::new();
    for _ in 0..VALUES {
        let round = random.usize(..64);
        let Some(data) = drawn(&T::SHAPE, round, &mut |name| any(name, &mut random)) else { continue };
        if let Ok(value) = T::deserialize(&data) {
            stored.push(serde_json::to_value(&value).unwrap());
        }
    }
    stored
}

/// Any scalar; texts are often the names of fields and cases.
fn any(name: &'static str, random: &mut fastrand::Rng) -> Value {
    let texts = ["", "text", "One", "Two", "Three", "note", "7"];
    match name {
        "string" => texts[random.usize(..texts.len())].into(),
        "u8" => random.u8(..).into(),
        "u16" => random.u16(..).into(),
        "u32" => [0, 7, u32::MAX][random.usize(..3)].into(),
        "u64" => [0, 7, u64::MAX][random.usize(..3)].into(),
        "i32" => [i32::MIN, 0, i32::MAX][random.usize(..3)].into(),
        "bool" => random.bool().into(),
        other => scalar(other),
    }
}

/// Reads stored data and stores it again. What was there is still there, and what is new has no content.
fn read<T: Serialize + DeserializeOwned>(stored: &Value) -> Result<(), String> {
    let read = T::deserialize(stored).map_err(|error| error.to_string())?;
    let again = serde_json::to_value(&read).map_err(|error| error.to_string())?;
    if is_said(stored, &again) { Ok(()) } else { Err(format!("it became {again}")) }
}

fn is_said(stored: &Value, again: &Value) -> bool {
    match (stored, again) {
        (Value::Object(stored), Value::Object(again)) => {
            let says_nothing = |value: &Value| [json!(null), json!(0), json!(""), json!([])].contains(value);
            let kept = |(name, value): (&String, &Value)| {
                again.get(name).map_or(says_nothing(value), |again| is_said(value, again))
            };
            stored.iter().all(kept)
                && again.iter().all(|(name, value)| stored.contains_key(name) || says_nothing(value))
        }
        (Value::Array(stored), Value::Array(again)) => {
            stored.len() == again.len()
                && stored.iter().zip(again).all(|(stored, again)| is_said(stored, again))
        }
        (stored, again) => stored == again,
    }
}

pairs! { widens:
    a_field_before_a_list_of_records_that_hold_another {
        pub struct Data { items: Vec<Item> }
        pub struct Item { sku: String, #[serde(flatten)] size: Size }
        pub struct Size { height: u16 }
    } => {
        pub struct Data { items: Vec<Item>, note: Option<u8> }
        pub struct Item { sku: String, #[serde(flatten)] size: Size }
        pub struct Size { height: u16 }
    }
    a_field_before_a_default {
        pub struct Data { items: Vec<Item> }
        pub struct Item { #[serde(default)] a: u8, #[serde(alias = "c")] b: u8 }
    } => {
        pub struct Data { items: Vec<Item>, note: Option<u8> }
        pub struct Item { #[serde(default)] a: u8, #[serde(alias = "c")] b: u8 }
    }
    a_field_that_is_an_option { pub struct Data { a: u8 } } => { pub struct Data { note: Option<String>, a: u8 } }
    a_field_behind_an_alias_of_option { pub struct Data { a: u8 } } => {
        pub struct Data { a: u8, note: Maybe }
    }
    a_field_with_a_default { pub struct Data { a: u8 } } => {
        pub struct Data { a: u8, #[serde(default)] b: u32, #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")] c: Vec<u8> }
    }
    a_field_of_a_struct_with_defaults { #[derive(Default)] #[serde(default)] pub struct Data { a: u8 } } => {
        #[derive(Default)] #[serde(default)] pub struct Data { a: u8, b: String }
    }
    a_field_of_a_struct_that_had_none { pub struct Data {} } => { pub struct Data { a: Option<u8> } }
    a_field_where_unknown_ones_are_denied { #[serde(deny_unknown_fields)] pub struct Data { a: u8 } } => {
        #[serde(deny_unknown_fields)] pub struct Data { a: u8, b: Option<u8> }
    }
    a_field_deep_inside {
        pub struct Data { all: Vec<Option<BTreeMap<String, (u8, Line)>>> }
        pub struct Line { a: u8 }
    } => {
        pub struct Data { all: Vec<Option<BTreeMap<String, (u8, Line)>>> }
        pub struct Line { a: u8, note: Option<String> }
    }
    a_field_beside_and_inside_of_flattened_ones {
        pub struct Data { a: u8, #[serde(flatten)] size: Size }
        pub struct Size { height: u16 }
    } => {
        pub struct Data { a: u8, note: Option<String>, #[serde(flatten)] size: Size }
        pub struct Size { height: u16, width: Option<u16> }
    }
    a_field_of_a_type_that_holds_itself { pub struct Data { a: u8, next: Option<Box<Data>> } } => {
        pub struct Data { a: u8, b: Option<u8>, next: Option<Box<Data>> }
    }
    a_field_that_holds_its_type { pub struct Data { a: u8 } } => {
        pub struct Data { a: u8, next: Option<Box<Data>> }
    }
    an_option_of_an_option { pub struct Data { a: u8 } } => { pub struct Data { a: u8, b: Option<Option<u8>> } }
    a_case { pub enum Data { One, Two(u8), Three { a: u8 } } } => {
        pub enum Data { Zero { b: u8 }, One, Two(u8), Half, Three { a: u8 }, Four(String, u8) }
    }
    a_case_in_a_field_of_a_case {
        pub enum Data { One, Three { inner: Inner, #[serde(rename = "n")] note: Option<u8> } }
        pub enum Inner { One }
    } => {
        pub enum Data { One, Three { inner: Inner, #[serde(rename = "n")] note: Option<u8>, more: Option<u8> } }
        pub enum Inner { One, Two { a: u8 } }
    }
    a_case_beside_a_tag { #[serde(tag = "kind")] pub enum Data { One, Three { a: u8 } } } => {
        #[serde(tag = "kind")] pub enum Data { Two, One, Three { a: u8, b: Option<u8> } }
    }
    a_case_beside_a_tag_and_its_content { #[serde(tag = "t", content = "c")] pub enum Data { One, Two(u8, u8), Three { a: u8 } } } => {
        #[serde(tag = "t", content = "c")] pub enum Data { Four(u8), One, Two(u8, u8), Three { a: u8, b: Option<u8> } }
    }
    a_case_in_front_of_the_one_for_all_others { #[serde(tag = "t")] pub enum Data { One, #[serde(other)] Two } } => {
        #[serde(tag = "t")] pub enum Data { One, Three, #[serde(other)] Two }
    }
    a_last_case_without_a_tag { #[serde(untagged)] pub enum Data { One(u8), Two { a: u8 } } } => {
        #[serde(untagged)] pub enum Data { One(u8), Two { a: u8 }, Three { a: u16 }, Four(String) }
    }
    a_last_untagged_case { pub enum Data { One, #[serde(untagged)] Two(u8) } } => {
        pub enum Data { One, #[serde(untagged)] Two(u8), #[serde(untagged)] Three(String) }
    }
    a_key_that_is_a_case { pub struct Data { all: BTreeMap<Key, u8> } #[derive(PartialEq, Eq, PartialOrd, Ord)] pub enum Key { One } } => {
        pub struct Data { all: BTreeMap<Key, u8> }
        #[derive(PartialEq, Eq, PartialOrd, Ord)] pub enum Key { One, Two }
    }
    an_alias { pub struct Data { a: u8, b: Inner } pub enum Inner { One } } => {
        pub struct Data { #[serde(alias = "first")] a: u8, b: Inner }
        pub enum Inner { #[serde(alias = "first")] One }
    }
    a_default { pub struct Data { a: u8 } } => {
        pub struct Data { #[serde(default, skip_serializing_if = "is_zero")] a: u8 }
    }
    a_field_that_is_left_out_where_it_is_none { pub struct Data { a: Option<u8> } } => {
        pub struct Data { #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8> }
    }
    a_wider_integer { pub struct Data { a: u8, b: u32, c: Vec<u16>, d: BTreeMap<u32, i32>, e: NonZeroU16, f: NonZeroU32 } } => {
        pub struct Data { a: u16, b: i64, c: Vec<u64>, d: BTreeMap<u64, i64>, e: NonZeroU32, f: u32 }
    }
    an_option_that_gets_a_default_with_it { pub struct Data { a: u8 } } => { pub struct Data { #[serde(default)] a: Option<u8> } }
    more_room_within_a_field_with_a_default { pub struct Data { #[serde(default)] a: Vec<u8> } } => {
        pub struct Data { #[serde(default)] a: Vec<Option<u16>> }
    }
    an_option_of_what_was_there { pub struct Data { a: u8, b: Vec<String>, c: Inner } pub enum Inner { One, Two(u8) } } => {
        pub struct Data { a: Option<u32>, b: Option<Vec<Option<String>>>, c: Option<Inner> }
        pub enum Inner { One, Two(u8), Three }
    }
}

pairs! { breaks:
    a_field_that_must_be_there { pub struct Data { a: u8 } } => { pub struct Data { a: u8, b: u8 } }
    an_option_behind_a_newtype { pub struct Data { a: u8 } } => {
        pub struct Data { a: u8, b: Behind }
        pub struct Behind(Option<u8>);
    }
    a_field_that_is_gone { pub struct Data { a: u8, b: Option<u8> } } => { pub struct Data { a: u8 } }
    a_field_that_takes_a_flattened_one_s_name {
        pub struct Data { a: u8, #[serde(flatten)] size: Size }
        pub struct Size { note: Option<u8> }
    } => {
        pub struct Data { a: u8, note: Option<u8>, #[serde(flatten)] size: Size }
        pub struct Size { note: Option<u8> }
    }
    a_field_beside_a_flattened_map { pub struct Data { a: u8, #[serde(flatten)] rest: BTreeMap<String, u8> } } => {
        pub struct Data { a: u8, note: Option<String>, #[serde(flatten)] rest: BTreeMap<String, u8> }
    }
    a_value_that_is_no_option_any_more { pub struct Data { a: Option<u8> } } => { pub struct Data { a: u8 } }
    another_default_for_what_may_be_missing {
        pub struct Data { #[serde(skip_serializing_if = "Option::is_none")] a: Option<u8> }
    } => {
        pub struct Data { #[serde(default = "some_five", skip_serializing_if = "Option::is_none")] a: Option<u8> }
    }
    a_default_that_is_gone { pub struct Data { #[serde(default, skip_serializing_if = "is_zero")] a: u8 } } => {
        pub struct Data { a: u8 }
    }
    a_narrower_integer { pub struct Data { a: u16 } } => { pub struct Data { a: u8 } }
    an_integer_with_a_sign { pub struct Data { a: u32 } } => { pub struct Data { a: i32 } }
    an_integer_without_zero { pub struct Data { a: u32 } } => { pub struct Data { a: NonZeroU32 } }
    a_case_that_is_gone { pub enum Data { One, Two } } => { pub enum Data { One } }
    a_case_with_something_in_it { pub enum Data { One } } => { pub enum Data { One { a: Option<u8> } } }
    an_alias_that_is_a_case { pub enum Data { One, Two } } => { pub enum Data { #[serde(alias = "Two")] Three, One, Two } }
    a_first_case_without_a_tag { #[serde(untagged)] pub enum Data { Two { a: u8 } } } => {
        #[serde(untagged)] pub enum Data { One { a: u64, #[serde(default = "five")] b: u8 }, Two { a: u8 } }
    }
    untagged_cases_in_another_order {
        #[serde(untagged)] pub enum Data { Two { a: u8 }, One { a: u8, #[serde(default = "five")] b: u8 } }
    } => {
        #[serde(untagged)] pub enum Data { One { a: u8, #[serde(default = "five")] b: u8 }, Two { a: u8 } }
    }
    a_field_of_an_untagged_case {
        #[serde(untagged)] pub enum Data { One(Strict), Two { a: u8, b: u16 } }
        #[serde(deny_unknown_fields)] pub struct Strict { a: u8 }
    } => {
        #[serde(untagged)] pub enum Data { One(Strict), Two { a: u8, b: u16 } }
        #[serde(deny_unknown_fields)] pub struct Strict { a: u8, b: Option<u16>, #[serde(default = "five")] c: u8 }
    }
    a_case_inside_of_an_untagged_one {
        #[serde(untagged)] pub enum Data { One(Inner), Two(String) }
        pub enum Inner { One }
    } => {
        #[serde(untagged)] pub enum Data { One(Inner), Two(String) }
        pub enum Inner { One, #[serde(rename = "Second", alias = "Two")] Two }
    }
    one_more_in_a_tuple { pub struct Data(u8, u8); } => { pub struct Data(u8, u8, Option<u8>); }
    another_tag { #[serde(tag = "t")] pub enum Data { One { a: u8 } } } => { #[serde(tag = "u")] pub enum Data { One { a: u8 } } }
    a_record_for_a_map { pub struct Data { all: BTreeMap<String, u8> } } => {
        pub struct Data { all: All }
        pub struct All { note: Option<u8> }
    }
}

pairs! { is_refused:
    a_field_under_another_name { pub struct Data { a: u8 } } => { pub struct Data { #[serde(rename = "b", alias = "a")] a: u8 } }
    a_flattened_record { pub struct Data { a: u8 } } => {
        pub struct Data { a: u8, #[serde(flatten)] size: Size }
        pub struct Size { note: Option<u8> }
    }
    a_case_of_a_flattened_enum {
        pub struct Data { a: u8, #[serde(flatten)] inner: Inner }
        #[serde(tag = "t")] pub enum Inner { One }
    } => {
        pub struct Data { a: u8, #[serde(flatten)] inner: Inner }
        #[serde(tag = "t")] pub enum Inner { One, Two }
    }
    unknown_fields_that_are_denied { pub struct Data { a: u8 } } => { #[serde(deny_unknown_fields)] pub struct Data { a: u8 } }
    an_integer_of_the_machine { pub struct Data { a: u32 } } => { pub struct Data { a: usize } }
    an_option_of_what_may_be_null { pub struct Data { a: Value } } => { pub struct Data { a: Option<Value> } }
    an_option_of_what_had_a_default { pub struct Data { #[serde(default = "five", skip_serializing_if = "is_five")] a: u8 } } => {
        pub struct Data { #[serde(default, skip_serializing_if = "Option::is_none")] a: Option<u8> }
    }
    a_field_with_a_default_that_becomes_an_option { pub struct Data { #[serde(default)] a: Vec<u8> } } => {
        pub struct Data { #[serde(default)] a: Option<Vec<u8>> }
    }
    a_longer_float { pub struct Data { a: f32 } } => { pub struct Data { a: f64 } }
    an_option_as_a_key { pub struct Data { all: BTreeMap<String, u8> } } => { pub struct Data { all: BTreeMap<Option<String>, u8> } }
}

type Maybe = Option<String>;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

fn five() -> u8 {
    5
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_five(number: &u8) -> bool {
    *number == five()
}

fn some_five() -> Option<u8> {
    Some(5)
}
