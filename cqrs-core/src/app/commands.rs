//! Checks the stored commands that are linked into this program.

use super::fault::WiringFault;
use crate::aggregate::AggregateRow;
use crate::command::CommandRow;
use crate::event::EventId;
use crate::registry::{command_arms, stored_commands};

pub(super) fn check(aggregates: &[&AggregateRow], faults: &mut Vec<WiringFault>) {
    let rows = stored_commands();
    let decided: Vec<_> = command_arms().map(|(_, arm)| (arm.type_id)()).collect();
    let undecided = rows.iter().filter(|row| !decided.contains(&(row.type_id)()));
    faults.extend(
        undecided.map(|row| WiringFault::Undecided { command: row.type_name(), location: row.location }),
    );
    faults.extend(duplicates(&rows));
    faults.extend(rows.iter().flat_map(|row| events_named_as(row, aggregates)));
}

/// Names that would share one entry in the lock of a package.
pub(crate) fn shared_names_in(package: &str) -> Vec<WiringFault> {
    let mut rows = stored_commands();
    rows.retain(|row| row.package == package);
    let aggregates: Vec<&AggregateRow> = inventory::iter::<AggregateRow>().collect();
    let mut faults = duplicates(&rows);
    faults.extend(rows.iter().flat_map(|row| events_named_as(row, &aggregates)));
    faults
}

fn duplicates(rows: &[&CommandRow]) -> Vec<WiringFault> {
    let mut faults = Vec::new();
    for (at, first) in rows.iter().enumerate() {
        for second in rows.iter().skip(at + 1) {
            let Some(name) = first.id.shared_name(&second.id) else { continue };
            let Some(place) = shared_place(first, second) else { continue };
            let (first, second) = (first.location, second.location);
            faults.push(WiringFault::DuplicateCommand { name, place, first, second });
        }
    }
    faults
}

/// The scopes in which names alone tell two commands apart: the store of one entity, and the lock of one package.
fn shared_place(first: &CommandRow, second: &CommandRow) -> Option<String> {
    let entities_of = |row: &CommandRow| {
        let id = (row.type_id)();
        command_arms().filter(move |(_, arm)| (arm.type_id)() == id).map(|(entity, _)| entity)
    };
    let others: Vec<&str> = entities_of(second).collect();
    if let Some(entity) = entities_of(first).find(|entity| others.contains(entity)) {
        return Some(format!("entity `{entity}`"));
    }
    (first.package == second.package).then(|| format!("package `{}`", first.package))
}

/// Events with the same name as a command in the lock of its package.
fn events_named_as(command: &CommandRow, aggregates: &[&AggregateRow]) -> Vec<WiringFault> {
    let of_package = aggregates.iter().filter(|row| row.package == command.package);
    let shared = |row: &&AggregateRow| {
        let (aggregate, events) = (row.name, (row.events)());
        let name = events.iter().find_map(|event: &EventId| command.id.shared_name(event))?;
        let (package, location) = (command.package, command.location);
        Some(WiringFault::CommandNamedAsEvent { name, location, aggregate, package })
    };
    of_package.filter_map(shared).collect()
}
