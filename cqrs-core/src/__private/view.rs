//! Views: their shape, and where they are.

use std::marker::PhantomData;

use super::message::{Message, same_text};
use crate::key::extend_hash;
use crate::projection::{IndexText, View, ViewAddress};
use crate::schema::{EventData, Shape};

/// Compiles if the struct of a projection names this aggregate.
pub const fn assert_view_of<V: ViewOf<A>, A>() {}

/// The struct has `#[projection(A)]`.
#[diagnostic::on_unimplemented(
    message = "the impl block of `{Self}` says `#[projection({A})]`, and its struct says something else",
    label = "the struct names another aggregate, or a key of its own",
    note = "write the same on both: `#[projection({A})] struct {Self}` and `#[projection({A})] impl {Self}`",
    note = "where the view has a key of its own, the impl block names its fields without their types: `#[projection(key(customer_id))]`"
)]
pub trait ViewOf<A> {}

/// The struct has `#[projection(key(…))]`.
#[diagnostic::on_unimplemented(
    message = "the impl block of `{Self}` says `#[projection(key(…))]`, and its struct names an aggregate",
    label = "the struct has no key of its own",
    note = "write the same on both: either the aggregate, or the key, which has its types on the struct: `#[projection(key(customer_id: String))] struct {Self}` and `#[projection(key(customer_id))] impl {Self}`"
)]
pub trait KeyedView {}

/// The fault of a projection whose struct has other key fields than its impl block names.
#[must_use]
pub const fn other_view_key<V: KeyedView + View>(named: &[&str]) -> Option<Message> {
    other_key(<V::Key as ViewAddress>::PARTS, named)
}

pub(super) const fn other_key(declared: &[&str], named: &[&str]) -> Option<Message> {
    let mut same = declared.len() == named.len();
    let mut index = 0;
    while same && index < named.len() {
        same = same_text(declared[index], named[index]);
        index += 1;
    }
    if same {
        return None;
    }
    let mut message = Message::new();
    message.push("the key of the struct is `key(");
    push_names(&mut message, declared);
    message.push(")`, and the impl block says `key(");
    push_names(&mut message, named);
    message.push(")`: name the same fields in the same order");
    Some(message)
}

const fn push_names(message: &mut Message, names: &[&str]) {
    let mut index = 0;
    while index < names.len() {
        if index > 0 {
            message.push(", ");
        }
        message.push(names[index]);
        index += 1;
    }
}

/// What is known about the shape of a type: its shape if it has [`EventData`], and nothing otherwise. The inherent
/// constant comes before that of [`Unshaped`], if there is one.
#[derive(Debug)]
pub struct ShapeOf<T: ?Sized>(PhantomData<T>);

impl<T: EventData> ShapeOf<T> {
    /// The fingerprint of its shape.
    pub const VALUE: u64 = T::SHAPE.fingerprint();
    /// Its shape.
    pub const SHAPE: Option<Shape> = Some(T::SHAPE);
    /// Whether a field of the type is read as `None` if it is missing.
    pub const MAY_MISS: bool = T::MAY_MISS;
}

/// The constant of a type without a known shape.
pub trait Unshaped {
    /// Nothing.
    const VALUE: u64 = 0;
    /// Nothing.
    const SHAPE: Option<Shape> = None;
    /// This is not known, so it counts as no.
    const MAY_MISS: bool = false;
}

impl<T: ?Sized> Unshaped for ShapeOf<T> {}

/// The shape of a type by its name; an opaque one if none is known.
#[must_use]
pub const fn known_shape(shape: Option<Shape>, name: &'static str) -> Shape {
    match shape {
        Some(shape) => shape,
        None => Shape::Opaque(name),
    }
}

/// The shape of a view: of its own tokens, and of the types of its fields.
#[must_use]
pub const fn view_shape(own: u64, fields: &[u64]) -> u64 {
    let mut hash = own;
    let mut at = 0;
    while at < fields.len() {
        hash = extend_hash(hash, &fields[at].to_le_bytes());
        at += 1;
    }
    hash
}

/// Writes a case of an enum into the keys of an index.
pub fn index_case(text: &mut IndexText, discriminant: i128, name: &str) {
    text.push_case(discriminant, name);
}
