use serde::Serialize;

use super::Inspect;
use super::error::InspectError;
use super::registered::{ProjectionInspection, StreamInspection};
use crate::aggregate::AggregateRow;
use crate::projection::Index;
use crate::registry::process_of;

/// An aggregate or a process that is linked into this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedStream {
    /// The entity in the keys: `ORDER`.
    pub entity: &'static str,
    /// The name of the struct: `Order`.
    pub name: &'static str,
    /// What it is.
    pub kind: StreamKind,
    /// The fields of its key, without the tenant, in their order.
    pub key: &'static [&'static str],
    /// The stored names of its events, or for a process those that it takes.
    pub events: Vec<&'static str>,
    /// The deadlines of a process; empty for an aggregate.
    pub deadlines: Vec<&'static str>,
    /// Its place in the source: `src/order.rs:17`.
    pub location: String,
}

/// What the streams belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamKind {
    /// To an aggregate.
    Aggregate,
    /// To a process: its commits are steps.
    Process,
}

/// A projection that is linked into this program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedProjection {
    /// Its name.
    pub name: &'static str,
    /// The name of its views in their keys.
    pub view: &'static str,
    /// The fields of the key, without the tenant, in their order.
    pub key: Vec<&'static str>,
    /// The fields of a view under their stored names, in the order of the struct. The keys of a map are data, and are
    /// not among them. Empty if the shape is not known.
    pub fields: Vec<String>,
    /// The indexes that list its views, in addition to their keys.
    pub indexes: Vec<LinkedIndex>,
}

/// One index of a projection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LinkedIndex {
    /// Its name: `by_customer`.
    pub name: &'static str,
    /// Its fields, in their order.
    pub fields: Vec<&'static str>,
}

impl LinkedIndex {
    pub(super) fn of<V>(index: &Index<V>) -> Self {
        Self { name: index.name, fields: index.columns.iter().map(|column| column.name).collect() }
    }
}

impl Inspect<'_> {
    /// The aggregates and the processes that are linked into this program, by entity.
    #[must_use]
    pub fn streams(&self) -> Vec<LinkedStream> {
        let mut streams: Vec<_> = inventory::iter::<AggregateRow>().filter_map(linked).collect();
        streams.sort_unstable_by_key(|stream| (stream.entity, stream.name));
        streams
    }

    /// The projections that are linked into this program, by name, including those that
    /// [`only`](crate::app::AppBuilder::only) leaves out.
    #[must_use]
    pub fn projections(&self) -> Vec<LinkedProjection> {
        let linked = |row: &ProjectionInspection| LinkedProjection {
            name: row.name,
            view: row.view,
            key: row.key.to_vec(),
            fields: (row.fields)(),
            indexes: (row.indexes)(),
        };
        let mut projections: Vec<_> = inventory::iter::<ProjectionInspection>().map(linked).collect();
        projections.sort_unstable_by_key(|projection| projection.name);
        projections
    }
}

fn linked(row: &AggregateRow) -> Option<LinkedStream> {
    let process = process_of(row);
    let events = process.map_or(row.events, |process| process.events)();
    let mut events: Vec<_> = events.iter().map(|event| event.name).collect();
    // An aggregate may apply several schemas of one name.
    events.dedup();
    Some(LinkedStream {
        entity: row.entity,
        name: row.name,
        kind: if process.is_some() { StreamKind::Process } else { StreamKind::Aggregate },
        key: stream(row.entity)?.key,
        events,
        deadlines: process.map(|process| (process.deadlines)()).unwrap_or_default(),
        location: row.location.to_string(),
    })
}

/// The row of an entity. `build()` has checked that there is at most one.
pub(super) fn stream(entity: &str) -> Option<&'static StreamInspection> {
    inventory::iter::<StreamInspection>().find(|row| row.entity == entity)
}

/// The name of the aggregate, or of the process, that has an entity.
pub(super) fn name(entity: &str) -> Option<&'static str> {
    inventory::iter::<AggregateRow>().find(|row| row.entity == entity).map(|row| row.name)
}

/// The name of the process whose instances have an entity.
pub(super) fn process(entity: &str) -> Option<&'static str> {
    let row = inventory::iter::<AggregateRow>().find(|row| row.entity == entity)?;
    process_of(row).map(|process| process.name)
}

pub(super) fn known_stream(entity: &str) -> Result<&'static StreamInspection, InspectError> {
    stream(entity).ok_or_else(|| InspectError::UnknownEntity {
        entity: entity.to_owned(),
        known: listed(inventory::iter::<StreamInspection>().map(|row| row.entity)),
    })
}

pub(super) fn known_projection(name: &str) -> Result<&'static ProjectionInspection, InspectError> {
    let found = inventory::iter::<ProjectionInspection>().find(|row| row.name == name);
    found.ok_or_else(|| InspectError::UnknownProjection {
        projection: name.to_owned(),
        known: listed(inventory::iter::<ProjectionInspection>().map(|row| row.name)),
    })
}

/// Names for a message.
pub(super) fn listed(names: impl Iterator<Item = &'static str>) -> String {
    let mut names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.sort_unstable();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
