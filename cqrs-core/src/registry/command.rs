//! The rows that `#[aggregate]` registers for the stored commands that it decides on.

use std::any::TypeId;

use crate::aggregate::Aggregate;
use crate::command::{CommandRow, Decide, StoredCommand};
use crate::engine::{Fire, fire};
use crate::event::EventId;

/// How an aggregate decides on one stored command.
#[derive(Debug, Clone, Copy)]
pub struct CommandArm {
    /// The stored name and schema.
    pub(crate) id: EventId,
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) fire: Fire,
}

impl CommandArm {
    /// The arm of the aggregate `A` for `C`.
    #[must_use]
    pub const fn of<A: Decide<C>, C: StoredCommand>() -> Self {
        Self {
            id: EventId::of::<C>(),
            type_id: TypeId::of::<C>,
            fire: |caller, intent, stored| Box::pin(fire::<A, C>(caller, intent, stored)),
        }
    }
}

/// The commands of one aggregate; `None` in the place of one that is never stored.
#[derive(Debug)]
pub struct StoredCommands {
    pub(crate) entity: &'static str,
    arms: fn() -> Vec<Option<CommandArm>>,
}

impl StoredCommands {
    /// The row of `A`.
    #[must_use]
    pub const fn of<A: Aggregate>(arms: fn() -> Vec<Option<CommandArm>>) -> Self {
        Self { entity: A::ENTITY, arms }
    }
}

inventory::collect!(StoredCommands);

/// Every stored command that a linked aggregate decides on, with the entity of the aggregate.
pub(crate) fn command_arms() -> impl Iterator<Item = (&'static str, CommandArm)> {
    let rows = inventory::iter::<StoredCommands>();
    rows.flat_map(|row| (row.arms)().into_iter().flatten().map(|arm| (row.entity, arm)))
}

/// The linked stored commands, in an order that does not depend on the linker. The struct of an earlier schema is not
/// among them, unless an aggregate decides on it: it exists only to be read.
pub(crate) fn stored_commands() -> Vec<&'static CommandRow> {
    let mut rows: Vec<&CommandRow> = inventory::iter::<CommandRow>().collect();
    rows.sort_by_key(|row| (row.id, row.location.file, row.location.line));
    let earlier: Vec<EventId> = rows.iter().flat_map(|row| row.earlier()).collect();
    let decided: Vec<TypeId> = command_arms().map(|(_, arm)| (arm.type_id)()).collect();
    rows.retain(|row| !earlier.contains(&row.id) || decided.contains(&(row.type_id)()));
    rows
}

/// The command that is, or once was, stored under a name for an entity.
pub(crate) fn stored_command(entity: &str, name: &str) -> Option<CommandArm> {
    let mut arms = command_arms().filter(|(of, _)| *of == entity);
    arms.find_map(|(_, arm)| arm.id.is_stored_as(name).then_some(arm))
}

/// The function that executes it.
pub(crate) fn find_command(entity: &str, name: &str) -> Option<Fire> {
    stored_command(entity, name).map(|arm| arm.fire)
}
