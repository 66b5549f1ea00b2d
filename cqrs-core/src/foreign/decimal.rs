use rust_decimal::Decimal;

use super::only_rendering;
use crate::key::{KeyPart, stable_hash};
use crate::projection::{IndexText, IndexValue};
use crate::schema::data::form;

form! {
    Decimal: "decimal", r#""12.50""#;
}

/// The digits of the largest decimal.
const DIGITS: usize = 29;
/// Ends a negative decimal: of two that begin with the same digits, the shorter one is the larger.
const END_OF_NEGATIVE: char = '~';

/// Without the zeros at the end, so that equal decimals are one key.
impl KeyPart for Decimal {
    fn render_part(&self, _width: usize, out: &mut String) {
        out.push_str(&self.normalize().to_string());
    }

    fn parse_part(text: &str) -> Option<Self> {
        only_rendering(text.parse().ok()?, text)
    }
}

/// All digits of the integer, and the fraction without zeros at the end. In a negative decimal, each digit is replaced
/// by its difference from nine. `-` sorts before the digits.
impl IndexValue for Decimal {
    const SHAPE: u64 = stable_hash(b"decimal");

    fn write(&self, text: &mut IndexText) {
        let value = self.normalize();
        let scale = usize::try_from(value.scale()).unwrap_or_default();
        let digits = format!("{:0>width$}", value.mantissa().unsigned_abs(), width = DIGITS + scale);
        let is_negative = value.is_sign_negative();
        if is_negative {
            text.0.push('-');
        }
        for (at, digit) in digits.chars().enumerate() {
            if at == DIGITS {
                text.0.push('.');
            }
            let missing = || digit.to_digit(10).and_then(|digit| char::from_digit(9 - digit, 10));
            text.0.push(if is_negative { missing().unwrap_or(digit) } else { digit });
        }
        if is_negative {
            text.0.push(END_OF_NEGATIVE);
        }
    }
}

/// Whether serde writes decimals as texts. Any crate of the build may enable a feature of `rust_decimal` that makes all
/// of them floating-point numbers.
pub(crate) fn is_stored_as_text() -> bool {
    serde_json::to_value(Decimal::ONE).is_ok_and(|one| one.is_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{check_data, check_part, check_shape, rendered};
    use super::*;
    use crate::app::{App, WiringFault};
    use crate::projection::check_order;
    use crate::store::MemoryEventStore;

    const MOST: i128 = (1 << 96) - 1;

    fn decimals() -> impl Strategy<Value = Decimal> {
        let mantissa =
            prop_oneof![-12..13_i128, -100_000..100_000_i128, Just(MOST), Just(-MOST), -MOST..=MOST];
        (mantissa, 0..=28_u32).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
    }

    /// The same number with more zeros at its end, as many as there is room for.
    fn with_zeros(value: Decimal) -> Decimal {
        let mut scaled = value;
        scaled.rescale(28.min(value.scale() + 3));
        scaled
    }

    proptest! {
        #[test]
        fn equal_decimals_are_one_key_and_one_place_in_an_index(value in decimals()) {
            let (scaled, normal) = (with_zeros(value), value.normalize());
            for other in [scaled, normal] {
                prop_assert_eq!(other, value);
                prop_assert_eq!(rendered(&other), rendered(&value));
                prop_assert_eq!(IndexText::of(&other), IndexText::of(&value));
            }
            check_part(&value)?;
        }

        #[test]
        fn indexes_have_the_order_of_numbers(left in decimals(), right in decimals()) {
            check_order(&left, &right)?;
            check_order(&left, &with_zeros(left))?;
            check_order(&left, &-left)?;
            check_order(&left.trunc(), &left)?;
        }

        #[test]
        fn what_is_stored_has_its_scale(value in decimals()) {
            check_data(&value)?;
            let read: Decimal = serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap();
            prop_assert_eq!((read.mantissa(), read.scale()), (value.mantissa(), value.scale()));
        }
    }

    #[test]
    fn the_zeros_at_the_end_make_no_second_key() {
        let texts = |text: &str| rendered(&text.parse::<Decimal>().unwrap());
        assert_eq!([texts("1.0"), texts("1.00"), texts("1"), texts("100")], ["1", "1", "1", "100"]);
        assert_eq!([texts("-12.50"), texts("0.000")], ["-12.5", "0"]);
        let mut negative = Decimal::new(0, 2);
        negative.set_sign_negative(true);
        assert_eq!(rendered(&negative), "0");
        check_order(&negative, &Decimal::ZERO).unwrap();
        for text in ["1.0", "01", "+1", "1e3", "-0", ".5", "1_000", "1.00000000000000000000000000001"] {
            assert_eq!(Decimal::parse_part(text), None, "{text}");
        }
    }

    #[test]
    fn the_lock_names_it() {
        check_shape::<Decimal>("decimal");
    }

    /// With `--features rust_decimal/serde-float`, the opposite holds.
    #[test]
    fn an_app_is_built_only_where_decimals_are_texts() {
        let built = App::builder(MemoryEventStore::new()).build();
        let faults = built.err().map(|error| error.faults).unwrap_or_default();
        assert_eq!(faults.contains(&WiringFault::DecimalAsFloat), !is_stored_as_text(), "{faults:?}");
    }
}
