//! The row that `#[aggregate]` registers through `inventory`.

use super::{Aggregate, AggregateKey, EventRow, unapplied};
use crate::commit::StoredEvent;
use crate::event::EventId;
use crate::event::upcaster::EventSchema;
use crate::key::{KeyError, StreamKey, Tenant};
use crate::location::Location;

/// A registered aggregate.
#[derive(Debug)]
pub struct AggregateRow {
    pub(crate) name: &'static str,
    pub(crate) entity: &'static str,
    pub(crate) unhandled: fn() -> Vec<(EventId, &'static str)>,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) schemas: fn() -> Vec<EventSchema>,
    /// Reads a stored event as today's program does, and encodes it again.
    pub(crate) again: fn(&StoredEvent) -> Result<StoredEvent, String>,
    pub(crate) package: &'static str,
    pub(crate) tenant: fn(&StreamKey) -> Result<Tenant, KeyError>,
    pub(crate) partitions: fn(&Tenant) -> Option<Vec<String>>,
    /// Whether it asks for snapshots.
    pub(crate) snapshots: bool,
    /// Whether it has unique fields.
    pub(crate) unique: bool,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl AggregateRow {
    /// The row of `A`, which is declared in a package.
    #[must_use]
    pub const fn of<A: Aggregate>(file: &'static str, line: u32, package: &'static str) -> Self {
        Self {
            name: A::NAME,
            entity: A::ENTITY,
            unhandled: || {
                let marked = |row: &EventRow<A::Event>| Some((row.id, row.unhandled?));
                A::EVENTS.iter().filter_map(marked).collect()
            },
            events: || A::EVENTS.iter().map(|row: &EventRow<A::Event>| row.id).collect(),
            schemas: || A::EVENTS.iter().flat_map(|row: &EventRow<A::Event>| (row.schemas)()).collect(),
            again: |event| {
                let row = A::EVENTS.iter().find(|row| row.id.is_stored_as(&event.name));
                let row = row.ok_or_else(unapplied::<A>)?;
                let read = (row.decode)(event.number(), event.data.clone())?;
                A::encode(&read).map_err(|error| error.to_string())
            },
            package,
            tenant: |stream| A::Key::parse(stream).map(|key| key.tenant().clone()),
            partitions: |tenant| A::Key::TEMPLATE.partitions(tenant),
            snapshots: A::SNAPSHOTS.is_some(),
            unique: !A::UNIQUE.is_empty(),
            module: "",
            location: Location { file, line },
        }
    }

    /// The same aggregate with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }
}

inventory::collect!(AggregateRow);
