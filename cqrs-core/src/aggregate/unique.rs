//! What `unique(email)` generates for a field of an aggregate.

use std::fmt;
use std::marker::PhantomData;

use super::Entity;
use crate::key::{KeyError, KeyPart, Tenant};
use crate::store::UniqueValue;

/// A field of an aggregate's state whose value belongs to only one instance of each tenant.
pub struct UniqueField<A> {
    pub(crate) name: &'static str,
    pub(crate) value: fn(&A) -> Option<String>,
}

impl<A> UniqueField<A> {
    /// A field, and the function that renders it.
    #[must_use]
    pub const fn new(name: &'static str, value: fn(&A) -> Option<String>) -> Self {
        Self { name, value }
    }
}

impl<A> fmt::Debug for UniqueField<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UniqueField").field(&self.name).finish()
    }
}

/// A type that a `unique` field may have: a [`KeyPart`], or an `Option` of one. `None` and an empty text are no value,
/// and reserve nothing.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be `unique`",
    label = "this type has no form as part of a key",
    note = "use `String`, an integer, `bool`, a `Timestamp`, a type of your own that implements `cqrs_core::KeyPart`, or an `Option` of these",
    note = "for a type of `chrono`, `uuid` or `rust_decimal`, enable the feature of that name of `foldline` or `foldline-core`"
)]
pub trait UniquePart {
    /// The type of the value to look for.
    type Value: KeyPart;

    /// The value, or `None` if there is none.
    fn value(&self) -> Option<&Self::Value>;
}

impl<T: KeyPart> UniquePart for T {
    type Value = T;

    fn value(&self) -> Option<&T> {
        Some(self)
    }
}

impl<T: KeyPart> UniquePart for Option<T> {
    type Value = T;

    fn value(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// Renders the value of a field.
pub fn render_unique<T: UniquePart>(field: &T) -> Option<String> {
    field.value().map(render).filter(|text| !text.is_empty())
}

fn render<T: KeyPart>(value: &T) -> String {
    let mut text = String::new();
    value.render_part(0, &mut text);
    text
}

/// A value of a `unique` field, to find its owner by. `Guest::email(&tenant, "a@example.com")` creates one for
/// [`App::find`](crate::App::find).
pub struct UniqueKey<A> {
    pub(crate) value: Result<UniqueValue, KeyError>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Entity> UniqueKey<A> {
    /// A value of a field of type `T`, for one tenant.
    #[must_use]
    pub fn of<T: UniquePart>(tenant: &Tenant, field: &'static str, value: &T::Value) -> Self {
        let text = render(value);
        let value = match text.is_empty() {
            true => Err(KeyError::EmptyPart { part: field }),
            false => UniqueValue::new(tenant, A::ENTITY, field, &text),
        };
        Self { value, aggregate: PhantomData }
    }
}

impl<A> Clone for UniqueKey<A> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), aggregate: PhantomData }
    }
}

impl<A> fmt::Debug for UniqueKey<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UniqueKey").field(&self.value).finish()
    }
}
