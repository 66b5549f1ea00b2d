use std::collections::BTreeSet;

use super::names::Names;
use crate::aggregate::AggregateRow;
use crate::app::{App, SubscriberKind};
use crate::event::upcaster::EventSchema;
use crate::registry::{ProjectionRow, process_of, stored_commands};
use crate::schema::Shape;

/// What an app stores, publishes and accepts. [`App::contracts`] returns it.
#[derive(Debug, Clone)]
pub struct Contracts {
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) commands: Vec<Stored>,
    pub(super) views: Vec<View>,
}

/// The events of one aggregate.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    pub(super) name: &'static str,
    pub(super) entity: &'static str,
    pub(super) events: Vec<Stored>,
}

/// One schema of an event or a command.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// The stored type names, today's first.
    pub(super) names: Vec<&'static str>,
    pub(super) schema: u32,
    pub(super) widened: u32,
    /// Whether it is what is stored from now on.
    pub(super) latest: bool,
    /// `None` if only a function on JSON reads it.
    pub(super) shape: Option<Shape>,
}

/// The views of one projection.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
}

impl App {
    /// What this app stores, publishes and accepts, for programs that are not in Rust: as an AsyncAPI document, as JSON
    /// Schema, and as TypeScript. See the page [`contract`](crate::contract).
    #[must_use]
    pub fn contracts(&self) -> Contracts {
        let mut rows: Vec<&AggregateRow> = inventory::iter::<AggregateRow>().collect();
        rows.retain(|row| process_of(row).is_none());
        rows.sort_by_key(|row| (row.name, row.location.file, row.location.line));
        let aggregates = rows.iter().map(|row| Aggregate {
            name: row.name,
            entity: row.entity,
            events: schemas((row.schemas)()),
        });
        let commands = stored_commands().into_iter().flat_map(|row| schemas((row.schemas)()));
        let subscribers = self.wiring().subscribers.iter();
        let projections: BTreeSet<&str> = subscribers
            .filter(|subscriber| subscriber.kind == SubscriberKind::Projection)
            .map(|subscriber| subscriber.name)
            .collect();
        let mut views: Vec<View> = inventory::iter::<ProjectionRow>()
            .filter(|row| projections.contains(row.name))
            .map(|row| View { name: row.name, shape: (row.data)() })
            .collect();
        views.sort_by_key(|view| view.name);
        Contracts { aggregates: aggregates.collect(), commands: commands.collect(), views }
    }
}

/// In the order of their names, today's schema last.
fn schemas(known: Vec<EventSchema>) -> Vec<Stored> {
    let mut all: Vec<Stored> = known
        .iter()
        .map(|schema| Stored {
            names: schema.id.names().collect(),
            schema: schema.id.schema,
            widened: schema.widened,
            latest: !known.iter().any(|other| {
                other.id.schema > schema.id.schema && other.id.shared_name(&schema.id).is_some()
            }),
            shape: schema.shape,
        })
        .collect();
    all.sort_by(|left, right| (&left.names, left.schema).cmp(&(&right.names, right.schema)));
    all
}

impl Stored {
    /// Today's stored name.
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

impl Contracts {
    /// A name for every event, command and view. The name of today's schema has no number.
    ///
    /// None of the names is in the document's `own`.
    pub(super) fn named(&self, own: &[&str]) -> Named {
        let mut names = Names::of(own);
        let mut named = |stored: &Stored, kind| match stored.latest {
            true => names.give(stored.name(), kind),
            false => names.give(&format!("{}V{}", stored.name(), stored.schema), kind),
        };
        // Today's come before those with a number, which then cannot take their names.
        let mut all = |stored: Vec<&Stored>, kind| {
            let mut given: Vec<Option<String>> = vec![None; stored.len()];
            for latest in [true, false] {
                for (place, one) in stored.iter().enumerate().filter(|(_, one)| one.latest == latest) {
                    given[place] = Some(named(one, kind));
                }
            }
            given.into_iter().flatten().collect::<Vec<String>>()
        };
        let events = all(self.aggregates.iter().flat_map(|aggregate| &aggregate.events).collect(), "Event");
        let commands = all(self.commands.iter().collect(), "Command");
        let views = self.views.iter().map(|view| names.give(view.name, "View")).collect();
        Named { events, commands, views, names }
    }
}

/// The names of everything that contracts describe, in its order.
pub(super) struct Named {
    pub(super) events: Vec<String>,
    pub(super) commands: Vec<String>,
    pub(super) views: Vec<String>,
    /// The generator of further names.
    pub(super) names: Names,
}
