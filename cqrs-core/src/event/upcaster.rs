//! From the earlier shapes of an event to its current one.

use std::fmt::Display;

use serde_json::Value;

use super::{Event, EventId};
use crate::json::{canonical, unreadable};
use crate::schema::{SchemaNumber, Shape};

/// The end of the reason for an event that this program does not know, or not under its schema.
pub(crate) const NEWER: &str = "; a newer program may have stored it";

/// How to read an event that was stored under an earlier schema.
pub struct Upcaster<E>(Kind<E>);

enum Kind<E> {
    None,
    /// From the struct of the earlier schema, which reads those before it.
    Typed {
        id: EventId,
        read: fn(SchemaNumber, Value) -> Result<E, String>,
        before: fn() -> Vec<EventSchema>,
    },
    /// Step by step on the stored fields, in the order of the schemas, without a gap, up to the event's own.
    Json(&'static [JsonStep]),
}

/// From one schema to the next on the stored fields.
#[derive(Debug)]
pub struct JsonStep {
    /// The schema that it takes.
    pub from: u32,
    /// Converts the fields under that schema to those under the next.
    pub step: fn(Value) -> Result<Value, String>,
}

/// One schema of an event, for code that examines all of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventSchema {
    /// The stored name and the schema.
    pub id: EventId,
    /// How often it was widened.
    pub widened: u32,
    /// The shape of its data; `None` for a schema that only a function on JSON knows.
    pub shape: Option<Shape>,
    /// Reads its data as the event of today's program.
    pub(crate) read: fn(SchemaNumber, Value) -> Result<(), String>,
}

impl EventSchema {
    /// The shape that is stored under it today.
    pub(crate) fn number(&self) -> SchemaNumber {
        SchemaNumber::new(self.id.schema, self.widened)
    }
}

impl<E: Event> Upcaster<E> {
    /// There is no earlier schema.
    pub const NONE: Self = Self(Kind::None);

    /// The struct of the earlier schema is `Old`.
    #[must_use]
    pub const fn typed<Old: Event>() -> Self
    where
        E: UpcastFrom<Old>,
    {
        Self(Kind::Typed {
            id: EventId::of::<Old>(),
            read: |number, data| read::<Old>(number, data).map(E::upcast_from),
            before: schemas::<Old>,
        })
    }

    /// The event that `from` names.
    pub(crate) const fn typed_id(&self) -> Option<EventId> {
        match &self.0 {
            Kind::Typed { id, .. } => Some(*id),
            Kind::None | Kind::Json(_) => None,
        }
    }

    /// Functions on the stored fields.
    #[must_use]
    pub const fn json(steps: &'static [JsonStep]) -> Self {
        Self(Kind::Json(steps))
    }
}

/// Reads an event that was stored under this or an earlier schema. Its texts are those of the data, moved.
pub(crate) fn read<E: Event>(number: SchemaNumber, data: Value) -> Result<E, String> {
    if is_todays::<E>(number) { decode(canonical::read_owned(data)) } else { read_other(number, data) }
}

/// [`read`] for data that others read as well.
pub(crate) fn read_shared<E: Event>(number: SchemaNumber, data: &Value) -> Result<E, String> {
    if is_todays::<E>(number) { decode(canonical::read(data)) } else { read_other(number, data.clone()) }
}

/// [`read`], without moving the event: the decoded event is lent.
#[inline]
pub(crate) fn read_then<E: Event>(
    number: SchemaNumber,
    data: Value,
    then: impl FnOnce(&E),
) -> Result<(), String> {
    if !is_todays::<E>(number) {
        return read_other(number, data).map(|event| then(&event));
    }
    match &canonical::read_owned::<E>(data) {
        Ok(event) => {
            then(event);
            Ok(())
        }
        Err(error) => Err(unreadable(error)),
    }
}

/// Whether data of a schema is read as it is. This holds for data from before a widening. Data of a wider shape than
/// that of `E` may contain more than `E` has a place for.
const fn is_todays<E: Event>(number: SchemaNumber) -> bool {
    number.schema == E::SCHEMA && number.widened <= E::WIDENED
}

fn decode<E: Event>(read: Result<E, serde_json::Error>) -> Result<E, String> {
    read.map_err(|error| unreadable(&error))
}

/// Reads data of an earlier schema. It is separate, so that the chain costs nothing if no event is old.
#[cold]
fn read_other<E: Event>(number: SchemaNumber, mut data: Value) -> Result<E, String> {
    if number.schema >= E::SCHEMA {
        let known = SchemaNumber::new(E::SCHEMA, E::WIDENED);
        return Err(format!("this program knows it up to schema {known}{NEWER}"));
    }
    match &E::UPCASTER.0 {
        Kind::Typed { read, .. } => read(number, data),
        Kind::Json(steps) if steps.first().is_some_and(|first| first.from <= number.schema) => {
            for JsonStep { from, step } in steps.iter().filter(|step| step.from >= number.schema) {
                data = step(data)
                    .map_err(|reason| format!("`from_json({from}, …)` does not take it: {reason}"))?;
            }
            decode(canonical::read_owned(data)).map_err(|reason| {
                format!("as `from_json` leaves it, it does not have today's shape: {reason}")
            })
        }
        Kind::None | Kind::Json(_) => {
            Err(format!("this program knows it from schema {} on", first_schema::<E>()))
        }
    }
}

fn first_schema<E: Event>() -> u32 {
    schemas::<E>().first().map_or(E::SCHEMA, |first| first.id.schema)
}

/// All schemas of an event that today's program reads, the oldest first.
pub(crate) fn schemas<E: Event>() -> Vec<EventSchema> {
    let check = |number, data| read::<E>(number, data).map(drop);
    let mut all = match &E::UPCASTER.0 {
        Kind::None => Vec::new(),
        Kind::Typed { before, .. } => {
            before().into_iter().map(|older| EventSchema { read: check, ..older }).collect()
        }
        Kind::Json(steps) => {
            let id = |schema| EventId { schema, ..EventId::of::<E>() };
            let step =
                |step: &JsonStep| EventSchema { id: id(step.from), widened: 0, shape: None, read: check };
            steps.iter().map(step).collect()
        }
    };
    all.push(EventSchema { id: EventId::of::<E>(), widened: E::WIDENED, shape: Some(E::SHAPE), read: check });
    all
}

/// The step from schema n to n + 1: `From`, under a name that explains it in the compiler's messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `from = {Old}`, and does not say how",
    label = "no `From<{Old}>` for `{Self}`",
    note = "write `impl From<{Old}> for {Self}`"
)]
pub trait UpcastFrom<Old> {
    /// The event of the next schema.
    fn upcast_from(old: Old) -> Self;
}

#[diagnostic::do_not_recommend]
impl<Old, E: From<Old>> UpcastFrom<Old> for E {
    fn upcast_from(old: Old) -> Self {
        E::from(old)
    }
}

/// Takes one step on the stored fields.
///
/// # Errors
/// The error of the function.
pub fn next_json<R: NextJson>(step: impl FnOnce(Value) -> R, data: Value) -> Result<Value, String> {
    step(data).next_json()
}

/// The return type of a `from_json` function: the fields under the next schema, or why there are none.
#[diagnostic::on_unimplemented(
    message = "a function of `from_json` returns the JSON of the next schema, not `{Self}`",
    label = "neither `Json` nor `Result<Json, …>`",
    note = "write `fn upgrade(data: cqrs_core::Json) -> cqrs_core::Json`, or a `Result` of that"
)]
pub trait NextJson {
    /// The fields, or what is wrong.
    ///
    /// # Errors
    /// The error of the function.
    fn next_json(self) -> Result<Value, String>;
}

impl NextJson for Value {
    fn next_json(self) -> Result<Value, String> {
        Ok(self)
    }
}

impl<E: Display> NextJson for Result<Value, E> {
    fn next_json(self) -> Result<Value, String> {
        self.map_err(|error| error.to_string())
    }
}
