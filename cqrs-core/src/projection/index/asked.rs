use std::ops::{Bound, Range, RangeBounds, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use super::value::IndexValue;
use crate::key::KeyPart;
use crate::timestamp::Timestamp;

/// The condition of a query on a field: a value, a range of values (`from..to`), or the beginning of a text
/// ([`starts_with`]).
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` cannot be compared with a `{Self}`",
    label = "expected a `{T}`, or a range of them such as `from..to`",
    note = "query a text by `&str`, a range of `&str`, or `starts_with(\"…\")`"
)]
pub trait Asked<T> {
    /// What may follow in the query: the next field after a value, nothing after a range.
    type Then<Next>;

    /// The condition as a criterion.
    fn criterion(self) -> Criterion<T>;
}

/// The condition of a query on the last field of a key: like [`Asked`], with ranges only of values that a key keeps in
/// order.
#[diagnostic::on_unimplemented(
    message = "the last field of a key, of type `{T}`, cannot be compared with a `{Self}`",
    label = "expected a `{T}`, or a range of them such as `from..to`",
    note = "query a text by `&str`, a range of `&str`, or `starts_with(\"…\")`"
)]
pub trait AskedOfKey<T>: Asked<T> {}

/// The condition of a query on a field of a key that other fields follow: one value.
#[diagnostic::on_unimplemented(
    message = "a field of a key that others follow, of type `{T}`, cannot be compared with a `{Self}`",
    label = "expected a `{T}`",
    note = "only the last field of a key takes a range: views are grouped by the values of the other fields"
)]
pub trait PartValue<T>: Asked<T> {}

/// A part of a key whose renderings have a meaningful order: a time, or the bytes of a text, with `#`, `%`, `@` and control
/// characters sorted as `%`.
#[diagnostic::on_unimplemented(
    message = "there are no ranges of `{Self}` in a key: it is rendered without leading zeros, and 10 comes before 9",
    label = "only a single `{Self}` can be asked for",
    note = "keep the value in a field of the view, and declare an index that ends with it: `index(by_number(customer_id, number))`"
)]
pub trait OrderedPart: KeyPart {}

impl OrderedPart for String {}
impl OrderedPart for Timestamp {}

/// A value for a field: the value itself, a reference to it, or a `&str`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` cannot be compared with a `{Self}`",
    label = "expected a `{T}`",
    note = "the first field of an index, and each end of a range, is one value; a type of your own derives `IndexValue`"
)]
pub trait FieldValue<T> {
    /// The value.
    fn into_value(self) -> T;
}

/// The condition on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(hidden)]
pub enum Criterion<T> {
    Is(T),
    Within(Bound<T>, Bound<T>),
    Begins(String),
}

/// A query with a range as its last field: no further field can follow.
#[derive(Debug, Clone, Copy)]
pub struct Ranged(());

/// The texts with a prefix, for a query.
///
/// ```
/// use cqrs_core::prelude::*;
/// let beginning = starts_with("2024-01-");
/// ```
#[must_use]
pub fn starts_with(text: impl Into<String>) -> StartsWith {
    StartsWith(text.into())
}

/// See [`starts_with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartsWith(String);

impl<T: IndexValue> FieldValue<T> for T {
    fn into_value(self) -> T {
        self
    }
}

impl<T: IndexValue> FieldValue<T> for &T {
    fn into_value(self) -> T {
        self.clone()
    }
}

impl FieldValue<String> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }
}

// One by one: in a blanket impl for all values, the compiler could not rule out the ranges.
macro_rules! values {
    ($([$($bound:tt)*] $value:ty => $field:ty;)*) => {$(
        impl<$($bound)*> Asked<$field> for $value {
            type Then<Next> = Next;

            fn criterion(self) -> Criterion<$field> {
                Criterion::Is(self.into_value())
            }
        }

        impl<$($bound)*> AskedOfKey<$field> for $value {}
        impl<$($bound)*> PartValue<$field> for $value {}
    )*};
}
values! {
    [T: IndexValue] T => T;
    [T: IndexValue] &T => T;
    [] &str => String;
}

impl Asked<String> for StartsWith {
    type Then<Next> = Ranged;

    fn criterion(self) -> Criterion<String> {
        Criterion::Begins(self.0)
    }
}

impl AskedOfKey<String> for StartsWith {}

impl<T: IndexValue> Asked<T> for RangeFull {
    type Then<Next> = Ranged;

    fn criterion(self) -> Criterion<T> {
        Criterion::Within(Bound::Unbounded, Bound::Unbounded)
    }
}

impl<T: IndexValue> AskedOfKey<T> for RangeFull {}

macro_rules! ranges {
    ($($range:ty),*) => {$(
        impl<T: IndexValue, V: FieldValue<T> + Clone> Asked<T> for $range {
            type Then<Next> = Ranged;

            fn criterion(self) -> Criterion<T> {
                within(&self)
            }
        }

        impl<T: OrderedPart + IndexValue, V: FieldValue<T> + Clone> AskedOfKey<T> for $range {}
    )*};
}
ranges!(Range<V>, RangeFrom<V>, RangeInclusive<V>, RangeTo<V>, RangeToInclusive<V>, (Bound<V>, Bound<V>));

fn within<T, V: FieldValue<T> + Clone>(range: &impl RangeBounds<V>) -> Criterion<T> {
    let bound = |bound: Bound<&V>| bound.map(|value| value.clone().into_value());
    Criterion::Within(bound(range.start_bound()), bound(range.end_bound()))
}

impl<T> Criterion<T> {
    pub(crate) fn map(
        self,
        text: impl Fn(&T) -> String,
        beginning: impl Fn(&str) -> String,
    ) -> Criterion<String> {
        match self {
            Self::Is(value) => Criterion::Is(text(&value)),
            Self::Within(from, to) => Criterion::Within(from.as_ref().map(&text), to.as_ref().map(&text)),
            Self::Begins(with) => Criterion::Begins(beginning(&with)),
        }
    }
}
