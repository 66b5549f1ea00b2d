//! What generated code calls. No part of the public interface: it changes without notice.

use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

pub use cqrs_macros::EventData;
pub use inventory;
pub use serde;
pub use std::string::String;
pub use std::time::Duration;
pub use std::vec::Vec;

pub use crate::Json;
pub use crate::aggregate::AggregateKey;
pub use crate::aggregate::emitted::{ResultType, encode_event};
pub use crate::aggregate::registered::AggregateRow;
pub use crate::aggregate::row::unapplied;
pub use crate::aggregate::{Aggregate, Entity, EventRow, Snapshots};
pub use crate::aggregate::{AggregateEvent, IntoEvents};
pub use crate::app::{At, IntoCursor, Page, Queried, Query, QueryError, Querying, Whole};
pub use crate::app::{
    applied, handled, listed_aggregate, listed_handler, listed_projection, not_applied, projected, unreached,
};
pub use crate::command::ExecuteError;
pub use crate::command::{Command, CommandContext, Decide};
pub use crate::commit::{CommitToken, EncodeError, StoredEvent};
pub use crate::digest::CommandDigest;
pub use crate::event::shape::{check_shape, check_way_back};
use crate::event::upcaster;
pub use crate::event::upcaster::{JsonStep, UpcastFrom, Upcaster, next_json};
pub use crate::event::{DecodeError, Event, EventId, RawEvent, Recorded};
pub use crate::handler::HandlerError;
pub use crate::handler::arm::{HandlerArm, HandlerFuture, Need};
pub use crate::handler::listed::{AllProvidedBy, EventHandler, ProvidedBy, handler_name};
pub use crate::handler::row::HandlerRow;
pub use crate::handler::scope::Scope;
pub use crate::key::Tenant;
use crate::key::extend_hash;
pub use crate::key::{KeyError, KeyPart, KeyTemplate, Parts, Piece};
pub use crate::projection::{Asked, AskedOfKey, Column, FieldValue, Index, IndexText, IndexValue, PartValue};
pub use crate::projection::{Projection, ProjectionArm, View, ViewAddress, ViewChange};
pub use crate::registry::ProjectionRow;
pub use crate::schema::data::Itself;
use crate::schema::{self, Text};
pub use crate::schema::{EventData, Field, Shape};

/// A command for a method that takes it by value. It stays with the framework too: after a conflict with another
/// writer it is decided again.
pub fn clone_command<C: ByValue>(command: &C) -> C {
    command.copy()
}

/// A command that a method may take by value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is taken by value, and is not `Clone`",
    label = "a command is decided again after a conflict, so a copy of it is needed",
    note = "derive `Clone` for `{Self}`, or take it by reference: `&{Self}`"
)]
pub trait ByValue: Sized {
    /// A copy.
    fn copy(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<C: Clone> ByValue for C {
    fn copy(&self) -> Self {
        self.clone()
    }
}

/// Looks into a command by the best way that its type has. Methods of a reference come before those behind it, so
/// `(&&&Content(command)).digest(name)` is the first that there is.
#[derive(Debug)]
pub struct Content<'a, C>(pub &'a C);

/// The first way: what serde sees.
pub trait BySerde {
    /// The digest; none for a value that cannot be serialized.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

/// The second: the `{:?}`.
pub trait ByDebug {
    /// The digest.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

/// There is no way.
pub trait ByNothing {
    /// None.
    fn digest(&self, name: &str) -> Option<CommandDigest>;
}

impl<C: serde::Serialize> BySerde for &&Content<'_, C> {
    fn digest(&self, name: &str) -> Option<CommandDigest> {
        CommandDigest::of_content(name, self.0)
    }
}

impl<C: fmt::Debug> ByDebug for &Content<'_, C> {
    fn digest(&self, name: &str) -> Option<CommandDigest> {
        Some(CommandDigest::of_debug(name, self.0))
    }
}

impl<C> ByNothing for Content<'_, C> {
    fn digest(&self, _: &str) -> Option<CommandDigest> {
        None
    }
}

/// Finds the answer to a command among errors, where the rejection `R` is an error: `(&Answer::<R>::new()).find(error)`.
#[derive(Debug)]
pub struct Answer<R>(PhantomData<fn() -> R>);

impl<R> Answer<R> {
    /// The answers with this rejection.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "generated code alone makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The rejection is an error.
pub trait AmongErrors<R> {
    /// The error, where it is such an answer.
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>>;
    /// What the answer says.
    fn text(&self, answer: &ExecuteError<R>) -> Option<String>;
}

/// It is none, and so its answer is none.
pub trait NotAmongErrors<R> {
    /// None.
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>>;
    /// None.
    fn text(&self, answer: &ExecuteError<R>) -> Option<String>;
}

impl<R: Error + 'static> AmongErrors<R> for &Answer<R> {
    fn find<'e>(&self, error: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>> {
        error.downcast_ref()
    }

    fn text(&self, answer: &ExecuteError<R>) -> Option<String> {
        Some(answer.to_string())
    }
}

impl<R> NotAmongErrors<R> for Answer<R> {
    fn find<'e>(&self, _: &'e (dyn Error + 'static)) -> Option<&'e ExecuteError<R>> {
        None
    }

    fn text(&self, _: &ExecuteError<R>) -> Option<String> {
        None
    }
}

/// One field of a state, to be copied: `(&&Part(&self.total)).copy()`.
#[derive(Debug)]
pub struct Part<'a, T>(pub &'a T);

/// The field can be copied.
pub trait Copied<T> {
    /// The copy.
    fn copy(&self) -> Option<T>;
}

/// It cannot.
pub trait NotCopied<T> {
    /// None.
    fn copy(&self) -> Option<T>;
}

impl<T: Clone> Copied<T> for &Part<'_, T> {
    fn copy(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

impl<T> NotCopied<T> for Part<'_, T> {
    fn copy(&self) -> Option<T> {
        None
    }
}

/// Whether an event is, or once was, stored under a name.
#[inline]
#[must_use]
pub fn is_stored_as<E: AggregateEvent>(name: &str) -> bool {
    EventId::of::<E>().is_stored_as(name)
}

/// Decodes a stored event where it is applied.
///
/// # Errors
/// What is wrong with the data.
#[inline]
pub fn fold_event<E: AggregateEvent>(schema: u32, data: Json, apply: impl FnOnce(&E)) -> Result<(), String> {
    upcaster::read_then(schema, data, apply)
}

/// Renders the `{:?}` of an aggregate's event enum: the type and the data, so that events need no `Debug`.
pub fn debug_event<E: AggregateEvent>(event: &E, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match serde_json::to_string(event) {
        Ok(data) => write!(f, "{} {data}", E::TYPE),
        Err(error) => write!(f, "{} <{error}>", E::TYPE),
    }
}

/// Decodes the event that a handler or a projection takes.
pub fn decode<E: AggregateEvent>(raw: &RawEvent<'_>) -> Result<Recorded<E>, DecodeError> {
    raw.decode()
}

/// The id of an event that some aggregate applies.
#[must_use]
pub const fn event_id<E: AggregateEvent>() -> EventId {
    EventId::of::<E>()
}

/// The id of an event that the aggregate `A` applies.
#[must_use]
pub const fn own_event<E: AggregateEvent<Aggregate = A>, A>() -> EventId {
    EventId::of::<E>()
}

/// Holds where the handler's argument is the event that it is registered for.
pub const fn assert_same_event<Taken: SameEvent<Listed>, Listed>() {}

/// Two names of one type.
#[diagnostic::on_unimplemented(
    message = "this handler takes `{Self}`, and is registered for `{Listed}`",
    label = "registered for `{Listed}`",
    note = "the argument and `#[event_handler(…)]` name the same event"
)]
pub trait SameEvent<Listed> {}

impl<E> SameEvent<E> for E {}

/// The one view that takes an event.
#[must_use]
pub fn one<K>(key: K) -> Vec<K> {
    vec![key]
}

/// The views that take an event: one per item.
pub fn each<I: IntoIterator, K>(items: I, key: impl FnMut(I::Item) -> K) -> Vec<K> {
    items.into_iter().map(key).collect()
}

/// The key that a fold asks for: of the view, or of the aggregate that the event happened to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither the key of this view nor that of the aggregate that the event happened to",
    label = "no key of the view, nor of the event's aggregate",
    note = "a fold may ask for `&{ViewKey}`, or for the key of the event's aggregate"
)]
pub trait FoldKey<ViewKey, E>: Sized {
    /// The key.
    ///
    /// # Errors
    /// Where the stored key does not follow the aggregate's template.
    fn fold_key(view: &ViewKey, raw: &RawEvent<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<V, K: AggregateKey, E: AggregateEvent<Aggregate: Entity<Key = K>>> FoldKey<V, E> for K {
    fn fold_key(_: &V, raw: &RawEvent<'_>) -> Result<Self, DecodeError> {
        event_key::<Self, E>(raw)
    }
}

/// The key of the aggregate that an event happened to.
///
/// # Errors
/// Where the stored key does not follow the aggregate's template.
pub fn event_key<K: AggregateKey, E: AggregateEvent<Aggregate: Entity<Key = K>>>(
    raw: &RawEvent<'_>,
) -> Result<K, DecodeError> {
    K::parse(&raw.commit().stream).map_err(|error| raw.refuse(error.to_string()))
}

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

/// Serializes an event without fields as an empty map.
pub fn serialize_unit<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serde::ser::SerializeMap::end(serializer.serialize_map(Some(0))?)
}

/// Reads any map as an event without fields; so it stays readable where a later version had some.
pub fn deserialize_unit<'de, D: serde::Deserializer<'de>, E>(
    deserializer: D,
    event: E,
) -> Result<E, D::Error> {
    let _: std::collections::BTreeMap<String, serde::de::IgnoredAny> =
        serde::Deserialize::deserialize(deserializer)?;
    Ok(event)
}

/// Whether two keys render alike, which is whether they are equal: rendering is injective.
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

/// The fields of a view's key, as [`render_view_id`] joins them.
#[must_use]
pub fn parse_view_id(id: &str) -> Parts<'_> {
    Parts::of_id(id)
}

/// [`KeyPart`] without its constructor, so that fields of several types stand in one list.
pub trait RenderPart {
    /// Appends the rendered value.
    fn render(&self, out: &mut String);
}

impl<T: KeyPart> RenderPart for T {
    fn render(&self, out: &mut String) {
        self.render_part(0, out);
    }
}

/// What is known of the shape of a type: that of one with [`EventData`], and nothing of any other. The inherent constant comes
/// before that of [`Unshaped`], where there is one.
#[derive(Debug)]
pub struct ShapeOf<T: ?Sized>(PhantomData<T>);

impl<T: EventData> ShapeOf<T> {
    /// The fingerprint of its shape.
    pub const VALUE: u64 = T::SHAPE.fingerprint();
}

/// The constant of a type without a known shape.
pub trait Unshaped {
    /// Nothing.
    const VALUE: u64 = 0;
}

impl<T: ?Sized> Unshaped for ShapeOf<T> {}

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

/// The name that two rows of one aggregate share.
#[must_use]
pub const fn shared_name<S>(rows: &[EventRow<S>]) -> Option<Message> {
    let mut left = 0;
    while left < rows.len() {
        let mut right = left + 1;
        while right < rows.len() {
            if let Some(name) = rows[left].id.shared_name(&rows[right].id) {
                let mut message = Message::new();
                message.push("two events of this aggregate are stored as `");
                message.push(name);
                message.push("`: rename one of them with `#[event(name = \"…\")]`");
                if rows[left].id.schema != rows[right].id.schema {
                    message.push(", or make the newer schema `from` the older, and apply only the newer");
                }
                return Some(message);
            }
            right += 1;
        }
        left += 1;
    }
    None
}

/// What is wrong with `#[event(from = …)]` on `E`, where something is.
#[must_use]
pub const fn broken_step<E: Event>() -> Option<Message> {
    let Some(old) = E::UPCASTER.typed_id() else { return None };
    let mut message = Message::new();
    let today = EventId::of::<E>();
    if let (true, Some(name)) = (today.is_named(old.name), today.lacks_alias(&old)) {
        message.push("`from` names a struct that was also stored as `");
        message.push(name);
        message.push("`: only the names of this one are looked for, so add `alias = \"");
        message.push(name);
        message.push("\"`");
    } else if !today.is_named(old.name) {
        message.push("`from` names another event, `");
        message.push(old.name);
        message.push("`: the earlier schemas of `");
        message.push(E::TYPE);
        message.push("` are stored under that name, so give the old struct `#[event(name = \"");
        message.push(E::TYPE);
        message.push("\")]`, or this one `alias = \"");
        message.push(old.name);
        message.push("\"`");
    } else if E::SCHEMA == 0 || old.schema != E::SCHEMA - 1 {
        message.push("schema ");
        message.number(E::SCHEMA as u64);
        message.push(" comes from schema ");
        message.number((E::SCHEMA - 1) as u64);
        message.push(", and `from` names the struct of schema ");
        message.number(old.schema as u64);
    } else {
        return None;
    }
    Some(message)
}

/// A message of the compiler.
pub type Message = Text<512>;

pub(crate) const fn same_text(left: &str, right: &str) -> bool {
    schema::same(left.as_bytes(), right.as_bytes())
}
