//! Values of any type that an event may hold, with the extreme ones often among them.

use std::collections::BTreeMap;

use cqrs_core::Json;
use fastrand::Rng;
use serde_json::{Map, Number};

/// A type of which values are drawn.
pub(crate) trait Sample: Sized {
    fn sample(rng: &mut Rng) -> Self;
}

fn one_of<T: Clone>(rng: &mut Rng, values: &[T]) -> T {
    values[rng.usize(..values.len())].clone()
}

macro_rules! integers {
    ($($int:ident)*) => {$(
        impl Sample for $int {
            fn sample(rng: &mut Rng) -> Self {
                match rng.u8(..3) {
                    0 => one_of(rng, &[$int::MIN, $int::MAX, 0, 1, $int::MAX - 1, $int::MIN + 1]),
                    1 => rng.$int(0..=100),
                    _ => rng.$int(..),
                }
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

/// Most within 64 bits: others are stored only where numbers are kept as texts (`arbitrary_precision`), and refused elsewhere.
impl Sample for u128 {
    fn sample(rng: &mut Rng) -> Self {
        match rng.u8(..12) {
            0 => one_of(rng, &[u128::from(u64::MAX) + 1, 10_u128.pow(38) - 1, u128::MAX]),
            _ => u64::sample(rng).into(),
        }
    }
}

impl Sample for i128 {
    fn sample(rng: &mut Rng) -> Self {
        i64::sample(rng).into()
    }
}

impl Sample for () {
    fn sample(_: &mut Rng) -> Self {}
}

impl Sample for bool {
    fn sample(rng: &mut Rng) -> Self {
        rng.bool()
    }
}

impl Sample for char {
    fn sample(rng: &mut Rng) -> Self {
        match rng.bool() {
            true => one_of(rng, &['\0', '\u{FFFF}', '\u{10FFFF}', '"', '\\', '0', 'é']),
            false => rng.char(..),
        }
    }
}

impl Sample for String {
    fn sample(rng: &mut Rng) -> Self {
        let known = ["", "null", "1", "1.0", "NaN", "true", "kind", "東京", "\u{1F980}", "a.b#c@d%e"];
        match rng.bool() {
            true => one_of(rng, &known).to_owned(),
            false => (0..rng.usize(..9)).map(|_| char::sample(rng)).collect(),
        }
    }
}

impl Sample for f64 {
    fn sample(rng: &mut Rng) -> Self {
        let known = [
            0.0,
            -0.0,
            1.0,
            2.0,
            -7.0,
            0.1,
            964.096_705_605_763_9,
            9_007_199_254_740_993.0,
            1e15,
            1e19,
            -1e19,
            1e20,
            1e21,
            1e-130,
            -1e-130,
            9.9e125,
            f64::EPSILON,
        ];
        match rng.u8(..40) {
            0 => one_of(rng, &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            // Out of the range of DynamoDB.
            1 => one_of(rng, &[f64::MAX, f64::MIN_POSITIVE, 5e-324]),
            2..20 => one_of(rng, &known),
            // Any bits, with an exponent in range.
            _ => {
                let exponent = rng.u64(1023 - 400..1023 + 400);
                f64::from_bits(rng.u64(..) & !(0x7FF << 52) | exponent << 52)
            }
        }
    }
}

impl Sample for f32 {
    fn sample(rng: &mut Rng) -> Self {
        match rng.u8(..40) {
            0 => one_of(rng, &[f32::NAN, f32::INFINITY]),
            1..20 => one_of(rng, &[0.0, -0.0, 1.0, 0.1, f32::MAX, f32::MIN_POSITIVE, 1e-45, 16_777_216.0]),
            _ => f32::from_bits(rng.u32(..) & !(0xFF << 23) | rng.u32(1..255) << 23),
        }
    }
}

impl Sample for Json {
    fn sample(rng: &mut Rng) -> Self {
        match rng.u8(..9) {
            0 => Json::Null,
            1 => bool::sample(rng).into(),
            2 => i64::sample(rng).into(),
            3 => u64::sample(rng).into(),
            4 | 5 => Number::from_f64(f64::sample(rng)).map_or(Json::Null, Json::Number),
            6 => String::sample(rng).into(),
            7 => Json::Array((0..rng.usize(..3)).map(|_| Json::sample(rng)).collect()),
            _ => {
                let field = |rng: &mut Rng| (String::sample(rng), Json::sample(rng));
                Json::Object((0..rng.usize(..3)).map(|_| field(rng)).collect::<Map<_, _>>())
            }
        }
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(rng: &mut Rng) -> Self {
        (rng.u8(..4) > 0).then(|| T::sample(rng))
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(rng: &mut Rng) -> Self {
        Box::new(T::sample(rng))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(rng: &mut Rng) -> Self {
        (0..rng.usize(..4)).map(|_| T::sample(rng)).collect()
    }
}

impl<T: Sample> Sample for [T; 2] {
    fn sample(rng: &mut Rng) -> Self {
        [T::sample(rng), T::sample(rng)]
    }
}

impl<T: Sample, U: Sample> Sample for (T, U) {
    fn sample(rng: &mut Rng) -> Self {
        (T::sample(rng), U::sample(rng))
    }
}

impl<K: Sample + Ord, V: Sample> Sample for BTreeMap<K, V> {
    fn sample(rng: &mut Rng) -> Self {
        (0..rng.usize(..4)).map(|_| (K::sample(rng), V::sample(rng))).collect()
    }
}
