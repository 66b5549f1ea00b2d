use std::sync::Arc;

use super::encoding::{push_signed, push_text, push_unsigned};
use crate::key::{extend_hash, stable_hash};
use crate::timestamp::Timestamp;

/// A value by which an index lists views: text, an integer, `bool`, a [`Timestamp`], and your own types; with a feature also types of
/// `chrono`, `uuid` and `rust_decimal`.
///
/// A unit enum and a struct around one value derive it:
///
/// ```
/// use cqrs_core::IndexValue;
///
/// #[derive(Clone, IndexValue)]
/// enum Priority {
///     Low,
///     High,
/// }
///
/// #[derive(Clone, IndexValue)]
/// struct CustomerId(String);
/// ```
///
/// An index has the order of the values: texts by their bytes, numbers and times ascending, the variants of an enum in the order
/// of declaration. A type that wraps a foreign one writes a value with the same order:
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use cqrs_core::IndexValue;
/// use cqrs_core::projection::IndexText;
///
/// #[derive(Clone)]
/// struct Host(Ipv4Addr);
///
/// impl IndexValue for Host {
///     fn write(&self, text: &mut IndexText) {
///         u32::from(self.0).write(text);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an index: nothing says in which order its values are listed",
    label = "this type is not an `IndexValue`",
    note = "a unit enum and a struct around one value derive it: `#[derive(IndexValue)]`",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`",
    note = "to index one part of a larger type, keep that part in a field of the view"
)]
pub trait IndexValue: Clone + Send + Sync + 'static {
    /// Changes with the encoding: a cursor with another number is refused.
    const SHAPE: u64 = 0;

    /// Writes it, as one value of a type that is an `IndexValue`: two consecutive writes would run together. Different values
    /// write different texts, and the texts sort like the values.
    fn write(&self, text: &mut IndexText);
}

/// A field of a view that an index may have: a value, or an `Option` of one. A view with `None` is not in the index.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an index: nothing says in which order its values are listed",
    label = "this field is neither an `IndexValue` nor an `Option` of one",
    note = "a unit enum and a struct around one value derive it: `#[derive(IndexValue)]`",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`",
    note = "to index one part of a larger type, keep that part in a field of the view"
)]
pub trait IndexField: 'static {
    /// The type of value that a query asks for.
    type Value: IndexValue;

    /// The value, if there is one.
    fn value(&self) -> Option<&Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T: IndexValue> IndexField for T {
    type Value = T;

    fn value(&self) -> Option<&T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: IndexValue> IndexField for Option<T> {
    type Value = T;

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// The text of one value in the keys of an index.
#[derive(Debug, Clone, Default)]
pub struct IndexText(pub(crate) String);

impl IndexText {
    /// The text of a value.
    pub(crate) fn of(value: &impl IndexValue) -> String {
        let mut text = Self::default();
        value.write(&mut text);
        text.0
    }

    /// The common prefix of the encodings of all texts that begin with this one.
    pub(crate) fn of_beginning(beginning: &str) -> String {
        let mut text = String::new();
        push_text(beginning, &mut text);
        text
    }

    /// A variant of an enum: its discriminant, of 64 bits with or without a sign, and its name.
    pub(crate) fn push_case(&mut self, discriminant: i128, name: &str) {
        push_signed::<{ i64::MIN as i128 }>(discriminant, usize::from(DIGITS), &mut self.0);
        push_text(name, &mut self.0);
    }
}

impl IndexValue for String {
    const SHAPE: u64 = stable_hash(b"text");
    fn write(&self, text: &mut IndexText) {
        push_text(self, &mut text.0);
    }
}

impl IndexValue for Arc<str> {
    const SHAPE: u64 = String::SHAPE;
    fn write(&self, text: &mut IndexText) {
        push_text(self, &mut text.0);
    }
}

impl IndexValue for bool {
    const SHAPE: u64 = stable_hash(b"bool");
    fn write(&self, text: &mut IndexText) {
        text.0.push_str(if *self { "true" } else { "false" });
    }
}

impl IndexValue for Timestamp {
    const SHAPE: u64 = stable_hash(b"time");
    fn write(&self, text: &mut IndexText) {
        text.0.push_str(&self.to_string());
    }
}

/// As wide as 64 bits need, for every type: the text of a value stays the same when its field becomes wider.
const DIGITS: u8 = 20;
/// For 128 bits.
const MANY_DIGITS: u8 = 40;

macro_rules! integers {
    ($name:literal, $digits:expr, $write:expr; $($integer:ty)*) => {$(
        impl IndexValue for $integer {
            const SHAPE: u64 = extend_hash(stable_hash($name), &[$digits]);
            fn write(&self, text: &mut IndexText) {
                $write((*self).into(), usize::from($digits), &mut text.0);
            }
        }
    )*};
}
integers!(b"unsigned", DIGITS, push_unsigned; u8 u16 u32 u64);
integers!(b"unsigned", MANY_DIGITS, push_unsigned; u128);
integers!(b"signed", DIGITS, push_signed::<{ i64::MIN as i128 }>; i8 i16 i32 i64);
integers!(b"signed", MANY_DIGITS, push_signed::<{ i128::MIN }>; i128);

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::projection::index::encoding::{AFTER_END, END};
    use proptest::prelude::*;

    /// The text in a key, with what follows it.
    fn in_key(value: &impl IndexValue, behind: &str) -> String {
        format!("{}{END}{behind}", IndexText::of(value))
    }

    const LAST: &str = "~\u{10ffff}";

    /// The texts of two values have the order of the values, whatever follows them in a key.
    pub(crate) fn check<T: IndexValue + Ord>(left: &T, right: &T) -> Result<(), TestCaseError> {
        let texts = [IndexText::of(left), IndexText::of(right)];
        prop_assert_eq!(left.cmp(right), texts[0].cmp(&texts[1]));
        let behind = texts.each_ref().map(|text| format!("{text}{AFTER_END}"));
        // For anything that follows in the key, and for both bounds of a range.
        if left < right {
            let keys = [in_key(left, LAST), in_key(right, "")];
            prop_assert!(keys[0] < keys[1] && keys[0] < texts[1] && behind[0] < keys[1], "{:?}", texts);
        }
        let key = in_key(left, LAST);
        prop_assert!(key < behind[0], "{}", key);
        Ok(())
    }

    proptest! {
        #[test]
        fn texts_stand_in_the_order_of_their_bytes(left in ".{0,4}|[ !\"\\x00\\x01#]{0,4}", right in ".{0,4}|[ !\"\\x00\\x01#]{0,4}", more in ".{0,2}") {
            check(&left, &right)?;
            check(&left, &format!("{left}{more}"))?;
            let longer = IndexText::of(&format!("{left}{more}"));
            prop_assert!(longer.starts_with(&IndexText::of_beginning(&left)), "{}", longer);
            prop_assert!(!IndexText::of(&left).contains(END));
        }

        #[test]
        fn numbers_stand_in_their_order(
            small: [i8; 2], signed: [i64; 2], wide: [i128; 2], unsigned: [u64; 2], widest: [u128; 2], near in -3_i64..3,
        ) {
            check(&small[0], &small[1])?;
            check(&signed[0], &signed[1])?;
            check(&near, &signed[0])?;
            check(&wide[0], &wide[1])?;
            check(&unsigned[0], &unsigned[1])?;
            check(&widest[0], &widest[1])?;
        }

        #[test]
        fn times_stand_in_their_order(left: i64, right: i64) {
            check(&Timestamp::from_unix_millis(left), &Timestamp::from_unix_millis(right))?;
        }
    }

    #[test]
    fn cases_stand_in_the_order_of_their_discriminants() {
        let case = |discriminant: i128| {
            let mut text = IndexText::default();
            text.push_case(discriminant, "");
            text.0
        };
        let signed = [i64::MIN, -1, 0, 7, i64::MAX];
        assert!(
            signed.iter().all(|number| case((*number).into()) == IndexText::of(number)),
            "as stored before"
        );
        let texts = signed.map(i128::from).into_iter().chain([1 << 63, u64::MAX.into()]).map(case);
        assert!(texts.is_sorted());
    }

    #[test]
    fn the_ends_of_the_numbers_stand_at_the_ends() {
        for (least, most) in [(i64::MIN, -1), (-1, 0), (0, i64::MAX)] {
            check(&least, &most).unwrap();
        }
        for (least, most) in [(i128::MIN, -1), (-1, 0), (0, i128::MAX)] {
            check(&least, &most).unwrap();
        }
        assert_eq!(IndexText::of(&7_u64), IndexText::of(&7_i32), "a field that is retyped keeps its place");
        check(&false, &true).unwrap();
    }
}
