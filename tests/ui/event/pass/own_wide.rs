//! A type of the user's own that stores a wide integer as a text.

use std::fmt::LowerHex;

use cqrs_core::prelude::*;
use cqrs_core::schema::Shape;
use cqrs_core::serde::{Deserialize, Deserializer, Serialize, Serializer, de};

struct Hex<T>(T);

impl<T: LowerHex> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hex<u128> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Hex).map_err(de::Error::custom)
    }
}

impl<T> EventData for Hex<T> {
    const SHAPE: Shape = Shape::Scalar("string");
}

#[event]
struct Hashed {
    hash: Hex<u128>,
    parts: Vec<Hex<u128>>,
}

fn main() {
    let hashed = Hashed { hash: Hex(u128::MAX), parts: vec![Hex(1)] };
    let _ = (hashed.hash.0, hashed.parts.len());
}
