//! Keys: of aggregates, and of views.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::aggregate::{Aggregate, AggregateEvent, AggregateKey};
use crate::event::{DecodeError, RawEvent};
use crate::key::{KeyError, KeyPart};
use crate::projection::ViewAddress;

/// The one view that takes an event.
#[must_use]
pub fn one<K>(key: K) -> Vec<K> {
    vec![key]
}

/// The views that take an event: one per item.
pub fn each<I: IntoIterator, K>(items: I, key: impl FnMut(I::Item) -> K) -> Vec<K> {
    items.into_iter().map(key).collect()
}

/// The key that a fold asks for: that of the view, or that of the aggregate that the event happened to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither the key of this view nor that of the aggregate that the event happened to",
    label = "no key of the view, nor of the event's aggregate",
    note = "a fold may ask for `&{ViewKey}`, or for the key of the event's aggregate"
)]
pub trait FoldKey<ViewKey, E>: Sized {
    /// The key.
    ///
    /// # Errors
    /// If the stored key does not follow the aggregate's template.
    fn fold_key(view: &ViewKey, raw: &RawEvent<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<V, K: AggregateKey<Aggregate: Aggregate>, E: AggregateEvent<K::Aggregate>> FoldKey<V, E> for K {
    fn fold_key(_: &V, raw: &RawEvent<'_>) -> Result<Self, DecodeError> {
        event_key::<Self, E>(raw)
    }
}

/// The key of the aggregate that an event happened to.
///
/// # Errors
/// If the stored key does not follow the aggregate's template.
pub fn event_key<K: AggregateKey<Aggregate: Aggregate>, E: AggregateEvent<K::Aggregate>>(
    raw: &RawEvent<'_>,
) -> Result<K, DecodeError> {
    K::parse(&raw.commit().stream).map_err(|error| raw.refuse(error.to_string()))
}

/// Whether two keys render to the same text. Then they are equal, because rendering is injective.
pub fn same_address<K: ViewAddress>(left: &K, right: &K) -> bool {
    left.view_tenant() == right.view_tenant() && left.view_id() == right.view_id()
}

/// Hashes a key by its rendered text.
pub fn hash_address<K: ViewAddress, H: Hasher>(key: &K, state: &mut H) {
    key.view_tenant().hash(state);
    if let Ok(id) = key.view_id() {
        id.hash(state);
    }
}

/// Renders the `{:?}` of a key: `OrderKey(TENANT001 20240101-001)`.
pub fn debug_address<K: ViewAddress>(name: &str, key: &K, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let tenant = key.view_tenant();
    match key.view_id() {
        Ok(id) => write!(f, "{name}({tenant} {id})"),
        Err(error) => write!(f, "{name}({tenant} <{error}>)"),
    }
}

/// Joins the rendered fields of a view's key.
///
/// # Errors
/// [`KeyError::EmptyPart`].
pub fn render_view_id(fields: &[(&'static str, &dyn RenderPart)]) -> Result<String, KeyError> {
    let mut id = String::new();
    for (index, (part, field)) in fields.iter().enumerate() {
        if index > 0 {
            id.push('#');
        }
        let before = id.len();
        field.render(&mut id);
        if id.len() == before {
            return Err(KeyError::EmptyPart { part });
        }
    }
    Ok(id)
}

/// [`KeyPart`] without its constructor, so that fields of several types can be in one list.
pub trait RenderPart {
    /// Appends the rendered value.
    fn render(&self, out: &mut String);
}

impl<T: KeyPart> RenderPart for T {
    fn render(&self, out: &mut String) {
        self.render_part(0, out);
    }
}
