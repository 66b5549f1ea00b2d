//! Types as users write them, with the attributes of serde that decide on the stored form.

use std::collections::BTreeMap;

use cqrs_core::Json;
use cqrs_core::prelude::*;
use cqrs_core::serde::{Deserialize, Serialize};
use fastrand::Rng;

use crate::sample::Sample;

macro_rules! record {
    ($(#[$attr:meta])* $name:ident { $($(#[$field_attr:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, EventData)]
        #[serde(crate = "cqrs_core::serde")]
        $(#[$attr])*
        pub(crate) struct $name { $($(#[$field_attr])* pub(crate) $field: $ty),* }

        impl Sample for $name {
            fn sample(_rng: &mut Rng) -> Self {
                Self { $($field: Sample::sample(_rng)),* }
            }
        }
    };
}

macro_rules! newtype {
    ($(#[$attr:meta])* $name:ident($($ty:ty),*)) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
        #[serde(crate = "cqrs_core::serde")]
        $(#[$attr])*
        pub(crate) struct $name($($ty),*);

        impl Sample for $name {
            fn sample(rng: &mut Rng) -> Self {
                Self($(<$ty>::sample(rng)),*)
            }
        }
    };
}

macro_rules! choice {
    ($(#[$attr:meta])* $name:ident {
        $($(#[$case_attr:meta])* $case:ident $(($($ty:ty),*))? $({ $($field:ident: $field_ty:ty),* })?),* $(,)?
    }) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EventData)]
        #[serde(crate = "cqrs_core::serde")]
        $(#[$attr])*
        pub(crate) enum $name {
            $($(#[$case_attr])* $case $(($($ty),*))? $({ $($field: $field_ty),* })?),*
        }

        impl Sample for $name {
            fn sample(rng: &mut Rng) -> Self {
                let cases: &[fn(&mut Rng) -> Self] = &[$(|_rng| {
                    Self::$case $(($(<$ty>::sample(_rng)),*))? $({ $($field: <$field_ty>::sample(_rng)),* })?
                }),*];
                cases[rng.usize(..cases.len())](rng)
            }
        }
    };
}

newtype! { Cents(i64) }
newtype! { Ratio(f64) }
newtype! { Pair(u8, f32) }
newtype! { #[serde(transparent)] Clear(Option<f64>) }

record! { Point { north: f64, east: f64 } }
record! { Renamed { #[serde(rename = "type")] kind: String, #[serde(rename = "ß", alias = "ss")] count: u64 } }
record! { #[serde(rename_all = "SCREAMING-KEBAB-CASE")] Shouted { first_name: String, last_name: Option<String> } }
record! { #[serde(default)] Defaulted { count: u32, level: f64, text: String } }
record! {
    Sparse {
        #[serde(default, skip_serializing_if = "Vec::is_empty")] items: Vec<f64>,
        #[serde(skip_serializing_if = "Option::is_none")] note: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")] map: BTreeMap<u16, bool>,
    }
}
record! { Forgetful { kept: u32, #[serde(skip)] seen: u32, #[serde(default, skip_serializing)] hint: Option<f64> } }
record! { Nullable { nested: Option<Option<u32>>, unit: Option<()>, free: Json, number: Option<f64> } }
record! { Flat { id: u32, #[serde(flatten)] point: Point, #[serde(flatten)] renamed: Renamed } }
record! { FlatRest { id: u32, #[serde(flatten)] rest: BTreeMap<String, f64> } }
record! { FlatJson { id: u32, #[serde(flatten)] rest: BTreeMap<String, Json> } }
record! { FlatPerhaps { id: u32, #[serde(flatten)] point: Option<Point> } }
record! { FlatBeside { by_number: BTreeMap<i32, f64>, #[serde(flatten)] point: Point } }
record! { #[serde(deny_unknown_fields)] Strict { one: u8, two: Option<char> } }
record! { Deep { list: Vec<Vec<Option<Point>>>, map: BTreeMap<String, BTreeMap<u8, Ratio>>, boxed: Box<Point> } }
record! { Empty {} }
record! { Wide { #[event_data(opaque)] most: u128, #[event_data(opaque)] least: i128 } }
record! { Integers { a: i8, b: i16, c: i32, d: i64, e: u8, f: u16, g: u32, h: u64 } }

choice! { #[derive(Eq, PartialOrd, Ord)] Colour { Red, #[serde(rename = "g")] Green, Blue } }
choice! { External { Unit, One(f64), Two(u64, Option<i32>), Named { level: f32, text: String } } }
choice! { #[serde(tag = "kind")] Internal { Unit, Named { level: f64, count: i64 }, #[serde(rename = "s")] Small { of: Option<u8> } } }
choice! { #[serde(tag = "kind", content = "of", rename_all = "kebab-case")] Adjacent { UnitCase, OneCase(f64), TwoCases(bool, char) } }
choice! { #[serde(untagged)] Untagged { Count(u64), Less(i64), Level(f64), Flag(bool), Text(String), Many(Vec<f64>) } }
choice! { #[serde(untagged)] Alike { One { level: f64, more: Option<u8> }, Other { level: f64 }, Nothing } }
choice! { #[serde(tag = "kind")] Around { Free { data: Json }, Number { number: Option<f64> } } }
choice! { #[serde(untagged)] Either { Big(u64), Double(f64), Single(f32) } }
