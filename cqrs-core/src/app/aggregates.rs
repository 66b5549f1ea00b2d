//! Checks the aggregates and the processes that are linked into this program.

use std::collections::HashMap;

use super::fault::WiringFault;
use crate::aggregate::AggregateRow;
use crate::registry::process_of;

pub(super) fn check(rows: &[&'static AggregateRow], faults: &mut Vec<WiringFault>) {
    let mut entities: HashMap<&str, &'static AggregateRow> = HashMap::new();
    // By name: a subscriber to one schema of an event receives all schemas.
    let mut events: HashMap<&str, &'static AggregateRow> = HashMap::new();
    for row in rows {
        if let Some(first) = entities.insert(row.entity, row) {
            faults.push(shared_entity(first, row));
        }
        for event in (row.events)() {
            for name in event.names() {
                let Some(first) = events.insert(name, row).filter(|first| !is_same(first, row)) else {
                    continue;
                };
                faults.push(shared_step(name, first, row).unwrap_or(WiringFault::DuplicateEvent {
                    name,
                    event,
                    first: first.name,
                    second: row.name,
                }));
            }
        }
    }
}

/// Two aggregates with one name in two modules count as one, for everything that is stored; two processes count as two.
fn is_same(first: &AggregateRow, second: &AggregateRow) -> bool {
    first.name == second.name && process_of(first).is_none() && process_of(second).is_none()
}

fn shared_entity(first: &'static AggregateRow, second: &'static AggregateRow) -> WiringFault {
    let entity = first.entity;
    match process_and_other(first, second) {
        Some((process, other)) => WiringFault::DuplicateProcessEntity {
            entity,
            process: process.name,
            location: process.location,
            other: called(other),
        },
        None => WiringFault::DuplicateEntity { entity, first: first.name, second: second.name },
    }
}

/// The steps of a process have the name of an event, or the name of another process's steps.
fn shared_step(
    name: &'static str,
    first: &'static AggregateRow,
    second: &'static AggregateRow,
) -> Option<WiringFault> {
    let (process, other) = process_and_other(first, second)?;
    Some(match process_of(other) {
        Some(_) => WiringFault::DuplicateStep {
            name,
            process: process.name,
            first: process.location,
            second: other.location,
        },
        None => WiringFault::StepNamedAsEvent {
            name,
            process: process.name,
            location: process.location,
            aggregate: other.name,
        },
    })
}

fn process_and_other(
    first: &'static AggregateRow,
    second: &'static AggregateRow,
) -> Option<(&'static AggregateRow, &'static AggregateRow)> {
    match (process_of(first), process_of(second)) {
        (Some(_), _) => Some((first, second)),
        (None, Some(_)) => Some((second, first)),
        (None, None) => None,
    }
}

fn called(row: &AggregateRow) -> String {
    let kind = if process_of(row).is_some() { "process" } else { "aggregate" };
    format!("{kind} `{}` ({})", row.name, row.location)
}
