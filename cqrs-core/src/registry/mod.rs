//! The rows that macros register through `inventory`, with everything that is created for their types.

mod command;
#[cfg(test)]
mod tests;

use crate::aggregate::AggregateRow;
use crate::delivery::Building;
use crate::engine::{Fire, ProcessDriver, fire_deadline, process_driver};
use crate::event::EventId;
use crate::location::Location;
use crate::process::Process;
use crate::projection::{CheckEvent, CheckStream, Erased, Projection, check_event, check_stream, erased};
use crate::replay::{Rebuild, ReplayError};
use crate::runtime::{Runtime, ViewKeys};
use crate::store::{RefusedKind, StoreError};

pub(crate) use command::find_command;
#[cfg(test)]
pub(crate) use command::stored_command;
pub use command::{CommandArm, StoredCommands};
pub(crate) use command::{command_arms, stored_commands};

/// A registered projection.
#[derive(Debug)]
pub struct ProjectionRow {
    pub(crate) name: &'static str,
    pub(crate) view: &'static str,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) projection: Erased,
    pub(crate) queue: Option<&'static str>,
    /// How many indexes it declares.
    pub(crate) indexes: usize,
    /// Whether the keys of its views come from the events.
    pub(crate) keyed: bool,
    pub(crate) check_event: CheckEvent,
    pub(crate) check_stream: CheckStream,
    /// The shape in which its views are stored.
    #[cfg(feature = "contracts")]
    pub(crate) data: fn() -> crate::schema::Shape,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl ProjectionRow {
    /// The row of `P`.
    #[must_use]
    pub const fn of<P: Projection>(file: &'static str, line: u32) -> Self {
        Self {
            name: P::NAME,
            view: P::VIEW,
            events: || P::ARMS.iter().map(|arm| arm.event).collect(),
            projection: erased::<P>(),
            queue: P::QUEUE,
            indexes: P::INDEXES.len(),
            keyed: P::KEYED,
            check_event: check_event::<P>,
            check_stream: check_stream::<P>,
            #[cfg(feature = "contracts")]
            data: || P::DATA,
            module: "",
            location: Location { file, line },
        }
    }

    /// The same projection with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }
}

inventory::collect!(ProjectionRow);

/// A registered process.
#[derive(Debug)]
pub struct ProcessRow {
    pub(crate) name: &'static str,
    pub(crate) entity: &'static str,
    pub(crate) queue: Option<&'static str>,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) deadlines: fn() -> Vec<&'static str>,
    pub(crate) driver: fn() -> Box<dyn ProcessDriver>,
    /// Fires a deadline.
    pub(crate) fire: Fire,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl ProcessRow {
    /// The row of `P`.
    #[must_use]
    pub const fn of<P: Process>(file: &'static str, line: u32) -> Self {
        Self {
            name: P::NAME,
            entity: P::ENTITY,
            queue: P::QUEUE,
            events: || P::ARMS.iter().map(|arm| arm.event).collect(),
            deadlines: || P::DEADLINES.iter().map(|arm| arm.name).collect(),
            driver: || process_driver::<P>(find_command),
            fire: |caller, intent, deadline| {
                Box::pin(fire_deadline::<P>(caller.runtime, find_command, intent, deadline))
            },
            module: "",
            location: Location { file, line },
        }
    }

    /// The same process with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }
}

inventory::collect!(ProcessRow);

/// The process whose instances a row of aggregates represents; `None` for an aggregate.
pub(crate) fn process_of(row: &AggregateRow) -> Option<&'static ProcessRow> {
    let is_same = |process: &&ProcessRow| {
        (process.name, process.entity, process.module) == (row.name, row.entity, row.module)
    };
    inventory::iter::<ProcessRow>().find(is_same)
}

/// Builds the views of a projection, if that is due.
pub(crate) fn build(projection: Erased, runtime: &Runtime) -> Building<'_> {
    Box::pin(async move {
        match Rebuild::new(projection, runtime).if_due().start().await {
            Ok(_) => Ok(()),
            Err(ReplayError::Store { source, .. }) => Err(*source),
            Err(error) => Err(StoreError::refused(RefusedKind::Other, error)),
        }
    })
}

/// Indexes that are requested without a projection, by the suite for stores.
#[cfg(feature = "conformance")]
#[derive(Debug)]
pub struct AskedIndexes(pub(crate) usize);

#[cfg(feature = "conformance")]
inventory::collect!(AskedIndexes);

/// How many indexes a view store needs for the projections that are linked into this program, including those that it
/// does not run.
///
/// Projections share the indexes: the first index of each is in the first slot of the store, the second in the second.
/// So the result is the largest number that one of them declares.
#[must_use]
pub fn view_indexes() -> usize {
    let declared = inventory::iter::<ProjectionRow>().map(|row| row.indexes);
    #[cfg(feature = "conformance")]
    let declared = declared.chain(inventory::iter::<AskedIndexes>().map(|asked| asked.0));
    declared.max().unwrap_or_default()
}

/// Whether an aggregate that is linked into this program has `unique` fields, so that a store must make room for their
/// values.
#[must_use]
pub fn has_unique_fields() -> bool {
    let declared = inventory::iter::<AggregateRow>().any(|row| row.unique);
    #[cfg(feature = "conformance")]
    let declared = declared || inventory::iter::<AskedReservations>().next().is_some();
    declared
}

/// Reservations that are requested without an aggregate, by the suite for stores.
#[cfg(feature = "conformance")]
#[derive(Debug)]
pub struct AskedReservations;

#[cfg(feature = "conformance")]
inventory::collect!(AskedReservations);

/// Whether anything that is linked into this program may wait for its time, so that a store must make room for timers:
/// a stored command, or a deadline.
#[must_use]
pub fn has_timers() -> bool {
    let has_deadlines = |row: &ProcessRow| !(row.deadlines)().is_empty();
    let declared = command_arms().next().is_some() || inventory::iter::<ProcessRow>().any(has_deadlines);
    #[cfg(feature = "conformance")]
    let declared = declared || inventory::iter::<AskedTimers>().next().is_some();
    declared
}

/// The names of all linked processes.
#[doc(hidden)]
pub fn processes() -> impl Iterator<Item = &'static str> {
    inventory::iter::<ProcessRow>().map(|row| row.name)
}

/// Timers that are requested without a command, by the suite for stores.
#[cfg(feature = "conformance")]
#[derive(Debug)]
pub struct AskedTimers;

#[cfg(feature = "conformance")]
inventory::collect!(AskedTimers);

/// The keys of the views of all projections that are linked into this program, including those that it does not run.
pub(crate) fn linked_view_keys() -> ViewKeys {
    let mut keys = ViewKeys::default();
    for row in inventory::iter::<ProjectionRow>() {
        keys.note_view(row.view);
        let events = (row.events)();
        for name in events.iter().flat_map(EventId::names).filter(|_| row.keyed) {
            keys.check_event(name, row.name, Box::new(row.check_event));
        }
        // A stream that the projection listens to may begin with another event.
        for aggregate in inventory::iter::<AggregateRow>() {
            let all = (aggregate.events)();
            if all.iter().any(|event| events.contains(event)) {
                for name in all.iter().flat_map(EventId::names) {
                    keys.check_stream_of(name, row.name, row.check_stream);
                }
            }
        }
    }
    keys
}

/// What a timer may fire.
pub(crate) enum TimerArm {
    /// A command, whose commit removes the timer.
    Command(Fire),
    /// A deadline, whose timer stays until the commands of its step are executed.
    Deadline(Fire),
}

/// What the timer of an entity fires.
pub(crate) fn timer_arm(entity: &str, name: &str) -> Option<TimerArm> {
    if let Some(fire) = find_command(entity, name) {
        return Some(TimerArm::Command(fire));
    }
    // A deadline that the process does not have is fired too: only its instance knows whether anything waits for it.
    let row = inventory::iter::<ProcessRow>().find(|row| row.entity == entity)?;
    Some(TimerArm::Deadline(row.fire))
}
