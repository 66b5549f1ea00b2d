use serde::Serialize;

use super::Inspect;
use crate::aggregate::AggregateRow;
use crate::event::upcaster::EventSchema;
use crate::registry::{command_arms, stored_commands};
use crate::schema::{Changes, EventsLock, SchemaNumber};

/// One schema of an event or of a command that this program reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedSchema {
    /// The stored type name.
    pub name: &'static str,
    /// The type names under which it was stored before.
    pub aliases: &'static [&'static str],
    /// The schema.
    pub schema: u32,
    /// How often it was widened.
    pub widened: u32,
    /// What it is.
    pub kind: SchemaKind,
    /// The aggregate that applies the event; `None` for a command.
    pub aggregate: Option<&'static str>,
    /// Whether it is the schema that is stored now.
    pub current: bool,
    /// Its shape, as `events.lock` writes it; `None` for an earlier schema that only a function on JSON knows.
    pub shape: Option<String>,
    /// The differences from its entry in the given lock, one line each. Empty if there is no difference; `None` if
    /// there is no entry, or no shape.
    pub difference: Option<String>,
}

/// What is stored under a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SchemaKind {
    /// An event.
    Event,
    /// A command that waits for its time.
    Command,
}

impl LinkedSchema {
    /// The shape that is stored under it today.
    #[must_use]
    pub fn number(&self) -> SchemaNumber {
        SchemaNumber::new(self.schema, self.widened)
    }
}

impl Inspect<'_> {
    /// The schemas of the events and of the stored commands that are linked into this program, by name and schema, compared with a lock.
    #[must_use]
    pub fn schemas(&self, lock: &EventsLock) -> Vec<LinkedSchema> {
        let mut all = Vec::new();
        for row in inventory::iter::<AggregateRow>() {
            let today = (row.events)();
            let schemas = (row.schemas)().into_iter();
            all.extend(schemas.map(|schema| {
                let current =
                    today.iter().any(|id| id.name == schema.id.name && id.schema == schema.id.schema);
                linked(&schema, SchemaKind::Event, Some(row.name), current, lock)
            }));
        }
        let decided: Vec<_> = command_arms().map(|(_, arm)| (arm.id.name, arm.id.schema)).collect();
        for row in stored_commands() {
            let schemas = (row.schemas)().into_iter();
            all.extend(schemas.map(|schema| {
                let current = decided.contains(&(schema.id.name, schema.id.schema));
                linked(&schema, SchemaKind::Command, None, current, lock)
            }));
        }
        all.sort_by_key(|one| (one.name, one.schema));
        all
    }
}

fn linked(
    schema: &EventSchema,
    kind: SchemaKind,
    aggregate: Option<&'static str>,
    current: bool,
    lock: &EventsLock,
) -> LinkedSchema {
    let id = schema.id;
    let entry = id.names().find_map(|name| lock.get(name, schema.number()));
    let difference = schema
        .shape
        .as_ref()
        .zip(entry)
        .map(|(shape, entry)| Changes::between(shape, &entry.shape).text().trim().to_owned());
    let shape = schema.shape.as_ref().map(ToString::to_string);
    LinkedSchema {
        name: id.name,
        aliases: id.aliases,
        schema: id.schema,
        widened: schema.widened,
        kind,
        aggregate,
        current,
        shape,
        difference,
    }
}
