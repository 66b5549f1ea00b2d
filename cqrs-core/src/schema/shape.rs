use std::fmt;

use super::notation::same;
use super::text::Text;

/// A type whose stored form is known at compile time: an event, every type inside it, and the state of an aggregate
/// with `snapshot_every`.
///
/// `#[event]` implements it for events, `#[derive(EventData)]` for the types inside of them, and this crate for those of
/// the standard library. The derive reads the type's serde attributes; it adds no serde derives.
///
/// ```
/// use cqrs_core::prelude::*;
/// use cqrs_core::serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, EventData)]
/// #[serde(crate = "cqrs_core::serde", rename_all = "camelCase")]
/// struct Item {
///     sku: String,
///     unit_price: Option<u64>,
/// }
///
/// assert_eq!(Item::SHAPE.to_string(), "{ sku: string, unitPrice: u64? }");
/// assert_eq!(<Vec<Item>>::SHAPE.to_string(), "[{ sku: string, unitPrice: u64? }]");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is part of what is stored, and its shape is not known",
    label = "no `EventData`",
    note = "if the type is your own, derive it: `#[derive(EventData)]`",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`",
    note = "a field of another crate's type is marked instead: `#[event_data(opaque)]`"
)]
pub trait EventData {
    /// What it is stored as.
    const SHAPE: Shape;
    /// Whether a field of this type may be missing in stored data, and is then read as `None`. The shape does not show
    /// this: an option in a newtype has the same shape, and must not be missing.
    #[doc(hidden)]
    const MAY_MISS: bool = false;
}

/// What a value is stored as: the stored names and the kinds, without any name that only the program uses.
///
/// Its text is the one in `events.lock`.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Shape {
    /// A value without parts: `string`, `u64`, `bool`.
    Scalar(&'static str),
    /// A value or null: `u64?`.
    Optional(&'static Shape),
    /// Any number of one kind: `[u64]`.
    List(&'static Shape),
    /// A fixed number of one kind: `[u8; 16]`.
    Array(&'static Shape, usize),
    /// One after another, without names: `(string, u64)`.
    Tuple(&'static [Shape]),
    /// Values by their keys: `map<string, u64>`.
    Map(&'static Shape, &'static Shape),
    /// Values by their names: `{ sku: string, quantity: u32 }`.
    Record(&'static [Field]),
    /// One of several cases, told apart as serde's options say: `enum { Card: { number: string }, Cash }`.
    Choice(&'static str, &'static [Field]),
    /// The nearest enclosing [`Recursive`](Self::Recursive) type again: `itself`.
    Itself,
    /// A type that is not looked into, by its name: `opaque "Uuid"`.
    Opaque(&'static str),
    /// A shape with a known example, as JSON. The example does not show in the text.
    Example(&'static Shape, &'static str),
    /// A shape of which a part is not stored: a field with `#[serde(skip)]`. This does not show in the text.
    Lossy(&'static Shape),
    /// The shape of a type that contains [`Itself`](Self::Itself), with the type's name. The name does not show in the
    /// text.
    Recursive(&'static str, &'static Shape),
}

/// One field of a record, or one case of a choice.
#[derive(Clone, Copy)]
pub struct Field {
    pub(crate) label: &'static str,
    pub(crate) shape: Option<Shape>,
    /// Whether it is read as `None` if it is missing, without a default.
    pub(crate) may_miss: bool,
}

impl Field {
    /// A field of type `T`, under its stored name.
    #[must_use]
    pub const fn of<T: EventData>(label: &'static str) -> Self {
        Self { label, shape: Some(T::SHAPE), may_miss: T::MAY_MISS }
    }

    /// A field of a type that may have no shape; `may_miss` says whether it is read as `None` if it is missing.
    #[must_use]
    pub const fn known(label: &'static str, shape: Shape, may_miss: bool) -> Self {
        Self { label, shape: Some(shape), may_miss }
    }

    /// A field, or a case with something in it.
    #[must_use]
    pub const fn new(label: &'static str, shape: Shape) -> Self {
        Self { label, shape: Some(shape), may_miss: false }
    }

    /// A case with nothing in it.
    #[must_use]
    pub const fn bare(label: &'static str) -> Self {
        Self { label, shape: None, may_miss: false }
    }
}

impl Shape {
    /// A number that depends only on the shape, and not on the program that computes it: FNV-1a of the text.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        let mut hash = Text::<0>::new();
        hash.shape(self);
        hash.hash()
    }
}

/// The size of the longest text of a shape.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

impl Shape {
    /// Whether the whole text is written.
    pub(crate) fn fits(&self) -> bool {
        let mut text = Text::<0>::new();
        text.shape(self);
        text.size() <= MOST_BYTES
    }
}

/// The scalars whose every value has a form in JSON.
const WHOLE: [&str; 15] = [
    "bool", "char", "i16", "i32", "i64", "i8", "isize", "null", "string", "u16", "u32", "u64", "u8", "usize",
    "json",
];

impl Shape {
    /// Whether it may contain a number that becomes null in JSON: NaN, or an infinity.
    pub(crate) const fn may_lose_numbers(&self) -> bool {
        match self {
            Self::Scalar(name) => {
                let mut index = 0;
                while index < WHOLE.len() {
                    if same(WHOLE[index].as_bytes(), name.as_bytes()) {
                        return false;
                    }
                    index += 1;
                }
                true
            }
            Self::Optional(inner) | Self::List(inner) | Self::Array(inner, _) | Self::Example(inner, _) => {
                inner.may_lose_numbers()
            }
            Self::Lossy(inner) | Self::Recursive(_, inner) => inner.may_lose_numbers(),
            Self::Map(key, value) => key.may_lose_numbers() || value.may_lose_numbers(),
            Self::Tuple(items) => {
                let mut index = 0;
                while index < items.len() {
                    if items[index].may_lose_numbers() {
                        return true;
                    }
                    index += 1;
                }
                false
            }
            Self::Record(fields) | Self::Choice(_, fields) => {
                let mut index = 0;
                while index < fields.len() {
                    if let Some(shape) = &fields[index].shape
                        && shape.may_lose_numbers()
                    {
                        return true;
                    }
                    index += 1;
                }
                false
            }
            // The enclosing type decides.
            Self::Itself => false,
            Self::Opaque(_) => true,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One writer serves both this function and the compiler, which has no heap.
        let mut text = Box::new(Text::<MOST_BYTES>::new());
        text.shape(self);
        f.write_str(text.text())?;
        if self.fits() { Ok(()) } else { f.write_str(" …") }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label)?;
        self.shape.map_or(Ok(()), |shape| write!(f, ": {shape}"))
    }
}
