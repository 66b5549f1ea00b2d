//! Views: their shape, and where they stand.

use std::marker::PhantomData;

use super::message::same_text;
use crate::aggregate::Entity;
use crate::key::extend_hash;
use crate::projection::{IndexText, View};
use crate::schema::{EventData, Shape};

/// Holds where the view lives at the aggregate's key.
pub const fn assert_view_of<V: View<Key = A::Key>, A: Entity>() {}

/// Whether the struct and the impl block of a projection name the same key fields in the same order.
#[must_use]
pub const fn same_fields(declared: &[&str], named: &[&str]) -> bool {
    let mut same = declared.len() == named.len();
    let mut index = 0;
    while same && index < named.len() {
        same = same_text(declared[index], named[index]);
        index += 1;
    }
    same
}

/// What is known of the shape of a type: that of one with [`EventData`], and nothing of any other. The inherent constant comes
/// before that of [`Unshaped`], where there is one.
#[derive(Debug)]
pub struct ShapeOf<T: ?Sized>(PhantomData<T>);

impl<T: EventData> ShapeOf<T> {
    /// The fingerprint of its shape.
    pub const VALUE: u64 = T::SHAPE.fingerprint();
    /// Its shape.
    pub const SHAPE: Option<Shape> = Some(T::SHAPE);
}

/// The constant of a type without a known shape.
pub trait Unshaped {
    /// Nothing.
    const VALUE: u64 = 0;
    /// Nothing.
    const SHAPE: Option<Shape> = None;
}

impl<T: ?Sized> Unshaped for ShapeOf<T> {}

/// The shape of a type by its name; an opaque one where none is known.
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
