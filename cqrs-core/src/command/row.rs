//! The row that `#[command]` on a struct registers through `inventory`.

use std::any::{TypeId, type_name};

use super::StoredCommand;
use crate::event::EventId;
use crate::event::upcaster::{EventSchema, schemas};
use crate::location::Location;

/// A registered stored command.
#[derive(Debug)]
pub struct CommandRow {
    pub(crate) id: EventId,
    pub(crate) type_id: fn() -> TypeId,
    path: fn() -> &'static str,
    pub(crate) schemas: fn() -> Vec<EventSchema>,
    pub(crate) package: &'static str,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl CommandRow {
    /// The row of `C`, which is declared in a package.
    #[must_use]
    pub const fn of<C: StoredCommand>(file: &'static str, line: u32, package: &'static str) -> Self {
        Self {
            id: EventId::of::<C>(),
            type_id: TypeId::of::<C>,
            path: type_name::<C>,
            schemas: schemas::<C>,
            package,
            module: "",
            location: Location { file, line },
        }
    }

    /// The same command with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }

    /// The name of its struct.
    pub(crate) fn type_name(&self) -> &'static str {
        let path = (self.path)();
        path.rsplit("::").next().unwrap_or(path)
    }

    /// The earlier schemas from which it is read.
    pub(crate) fn earlier(&self) -> impl Iterator<Item = EventId> + use<> {
        let today = self.id.schema;
        (self.schemas)().into_iter().map(|schema| schema.id).filter(move |id| id.schema < today)
    }
}

inventory::collect!(CommandRow);
