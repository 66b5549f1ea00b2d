use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::aggregates;
use super::commands;
use super::fault::{BuildError, WiringFault};
use crate::aggregate::AggregateRow;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::delivery::{Delivery, Reaction, Subscriber};
use crate::event::EventId;
use crate::handler::{CONCURRENT_STREAMS, HandlerRow, Provided};
use crate::location::Location;
use crate::projector::ProjectionDriver;
use crate::registry::{
    ProcessRow, ProjectionRow, build, command_arms, has_timers, linked_view_keys, process_of,
};
use crate::runtime::{
    Arrivals, EventIndex, KnownEditions, Probe, ReservedFields, Runtime, Settings, SnapshotShelf, Stores,
    SubscriberKind, ViewKeys, Wiring, WiringCommand, WiringEvent, WiringSubscriber,
};
use crate::snapshot::SnapshotStore;
use crate::store::Backlog;
use crate::view::{RecentWrites, ViewStore};

/// Collects the parts of an app. [`AppBuilder::build`] checks them.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # use cqrs_core::view::MemoryViewStore;
/// struct Printer;
///
/// #[event_handler(OrderCreated)]
/// async fn print_slip(_: &OrderCreated, _: &Printer) -> Result<(), HandlerError> {
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::builder(MemoryEventStore::new())
///     .views(MemoryViewStore::new())
///     .provide(Printer)
///     .settings(|settings| settings.cached_states = 100)
///     .build()?;
///
/// // The same program as a front: it executes commands, and another process delivers.
/// let front = App::builder(MemoryEventStore::new()).only([]).build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "call `build()`"]
pub struct AppBuilder {
    stores: Stores,
    provided: Provided,
    settings: Settings,
    clock: Clock,
    only: Option<Vec<String>>,
    without_handlers: bool,
    without_projections: bool,
    probe: Option<Arc<Probe>>,
    pub(super) view_keys: ViewKeys,
}

/// A subscriber before the checks.
struct Candidate {
    subscriber: Subscriber,
    kind: SubscriberKind,
    view: Option<&'static str>,
    indexes: usize,
    deadlines: Vec<&'static str>,
    location: Location,
}

impl AppBuilder {
    pub(super) fn new(stores: Stores) -> Self {
        Self {
            stores,
            provided: Provided::new(),
            settings: Settings::default(),
            clock: Clock::default(),
            only: None,
            without_handlers: false,
            without_projections: false,
            probe: None,
            view_keys: linked_view_keys(),
        }
    }

    /// Where views are kept. An app with a projection needs it.
    pub fn views(mut self, store: impl ViewStore) -> Self {
        self.stores = self.stores.views(store);
        self
    }

    /// Where snapshots are kept. An app with an aggregate or a process that has `snapshot_every` needs it.
    pub fn snapshots(mut self, store: impl SnapshotStore) -> Self {
        self.stores = self.stores.snapshots(store);
        self
    }

    /// Sets the source that tells what waits in the queues, if a broker is between the store and the subscribers.
    /// [`App::projections`] asks it.
    pub fn backlog(mut self, backlog: impl Backlog) -> Self {
        self.stores = self.stores.backlog(backlog);
        self
    }

    /// Gives the handlers a value: a receiver of `#[event_handler] impl`, or a dependency. There is one value per type;
    /// a second value of a type replaces the first.
    pub fn provide<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.provided.insert(TypeId::of::<T>(), Box::new(value) as Box<dyn Any + Send + Sync>);
        self
    }

    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Sets a clock for tests: it gives the time of commands, and decides what is due.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Runs only the handlers and projections with these names; the others are not checked. `only([])` makes an app
    /// that executes commands and leaves the delivery to another process.
    pub fn only<'a>(mut self, subscribers: impl IntoIterator<Item = &'a str>) -> Self {
        self.only = Some(subscribers.into_iter().map(str::to_owned).collect());
        self
    }

    /// Runs all projections, including those that are added later, and no handler. This is an app for the function that
    /// feeds the projections from the stream. The handlers are not checked, and need no dependencies.
    pub fn without_handlers(mut self) -> Self {
        self.without_handlers = true;
        self
    }

    /// Runs all handlers and no projection. This is an app for the program that looks after the queues, in a deployment
    /// where a function feeds the projections from the stream and they have no queues.
    pub fn without_projections(mut self) -> Self {
        self.without_projections = true;
        self
    }

    /// For a proof without values: promises that a value of this type will be given. Such an app must not deliver
    /// anything.
    pub(crate) fn provide_type(mut self, id: TypeId) -> Self {
        self.provided.insert(id, Box::new(()) as Box<dyn Any + Send + Sync>);
        self
    }

    /// The faults that `build()` would report.
    pub(crate) fn faults(&self) -> Vec<WiringFault> {
        let mut faults = Vec::new();
        let rows = aggregate_rows();
        aggregates::check(&rows, &mut faults);
        commands::check(&rows, &mut faults);
        self.candidates(&mut faults);
        faults
    }

    /// Lets the test kit inspect the handlers.
    pub(crate) fn probe(mut self, probe: &Arc<Probe>) -> Self {
        self.probe = Some(Arc::clone(probe));
        self
    }

    /// Checks the wiring of everything that is linked into this program. Nothing is sent to the store yet.
    ///
    /// # Errors
    /// All faults at once: see [`WiringFault`].
    pub fn build(mut self) -> Result<App, BuildError> {
        let mut faults = Vec::new();
        let rows = aggregate_rows();
        aggregates::check(&rows, &mut faults);
        commands::check(&rows, &mut faults);
        self.check_snapshots(&rows, &mut faults);
        #[cfg(feature = "rust_decimal")]
        if !crate::foreign::is_stored_as_text() {
            faults.push(WiringFault::DecimalAsFloat);
        }
        let candidates = self.candidates(&mut faults);
        if !faults.is_empty() {
            return Err(BuildError { faults });
        }
        let wiring = draw(&rows, &candidates);
        let subscribers = candidates.into_iter().map(|candidate| Arc::new(candidate.subscriber)).collect();
        let runtime =
            Runtime {
                snapshots: self.stores.snapshots.take().map(|store| {
                    SnapshotShelf::new(store, &self.settings, self.stores.events.keeps_states())
                }),
                stores: self.stores,
                provided: Arc::new(self.provided),
                wiring,
                index: EventIndex::of(&rows),
                view_keys: Arc::new(self.view_keys),
                states: Cache::new(self.settings.cached_states),
                recent_writes: RecentWrites::new(self.settings.cached_views),
                reserved: ReservedFields::default(),
                arrivals: Arrivals::default(),
                editions: KnownEditions::default(),
                settings: self.settings,
                clock: self.clock,
                has_timers: has_timers(),
                probe: self.probe,
            };
        let delivery = Delivery::new(runtime, subscribers, App::on_behalf_of);
        Ok(App { delivery: Arc::new(delivery), cause: None })
    }

    /// The chosen subscribers. Their faults are collected.
    fn candidates(&self, faults: &mut Vec<WiringFault>) -> Vec<Candidate> {
        let handlers = self.handlers().map(|row| Candidate {
            subscriber: Subscriber {
                name: row.name,
                queue: row.queue.unwrap_or(row.name),
                events: row.arms.iter().map(|arm| arm.event).collect(),
                reaction: Reaction::Handle { arms: row.arms, once: row.once },
                concurrency: row.concurrency,
                timeout: row.timeout.unwrap_or(self.settings.handler_timeout),
                own_retry: row.retry.map(|own| self.settings.delivery.with(own)),
            },
            kind: SubscriberKind::Handler { once: row.once },
            view: None,
            indexes: 0,
            deadlines: Vec::new(),
            location: row.location,
        });
        let projections = self.projections().map(|row| Candidate {
            subscriber: Subscriber {
                name: row.name,
                queue: row.queue.unwrap_or(row.name),
                events: (row.events)(),
                reaction: Reaction::Project { driver: ProjectionDriver::new(row.projection), build },
                concurrency: CONCURRENT_STREAMS,
                timeout: Duration::MAX,
                own_retry: None,
            },
            kind: SubscriberKind::Projection,
            view: Some(row.view),
            indexes: row.indexes,
            deadlines: Vec::new(),
            location: row.location,
        });
        let processes = self.processes().map(|row| Candidate {
            subscriber: Subscriber {
                name: row.name,
                queue: row.queue.unwrap_or(row.name),
                events: (row.events)(),
                reaction: Reaction::Step { driver: (row.driver)(), make: row.driver },
                concurrency: CONCURRENT_STREAMS,
                timeout: Duration::MAX,
                own_retry: None,
            },
            kind: SubscriberKind::Process,
            view: None,
            indexes: 0,
            deadlines: (row.deadlines)(),
            location: row.location,
        });
        let mut all: Vec<Candidate> = handlers.chain(processes).chain(projections).collect();
        // The linker collects rows in an order that no source file determines.
        all.sort_by_key(|candidate| {
            (candidate.subscriber.name, candidate.location.file, candidate.location.line)
        });
        self.check_only(&all, faults);
        all.retain(|candidate| self.is_chosen(candidate.subscriber.name));
        for pair in all.windows(2) {
            if pair[0].subscriber.name == pair[1].subscriber.name {
                faults.push(WiringFault::DuplicateSubscriber {
                    name: pair[0].subscriber.name,
                    first: pair[0].location,
                    second: pair[1].location,
                });
            }
        }
        self.check_handlers(faults);
        self.check_projections(faults);
        all
    }

    fn handlers(&self) -> impl Iterator<Item = &'static HandlerRow> {
        inventory::iter::<HandlerRow>().filter(|_| !self.without_handlers)
    }

    fn processes(&self) -> impl Iterator<Item = &'static ProcessRow> {
        inventory::iter::<ProcessRow>().filter(|_| !self.without_handlers)
    }

    fn projections(&self) -> impl Iterator<Item = &'static ProjectionRow> {
        inventory::iter::<ProjectionRow>().filter(|_| !self.without_projections)
    }

    fn is_chosen(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|chosen| chosen == name))
    }

    fn check_only(&self, all: &[Candidate], faults: &mut Vec<WiringFault>) {
        for name in self.only.iter().flatten() {
            if !all.iter().any(|candidate| candidate.subscriber.name == name) {
                let known: Vec<_> = all.iter().map(|candidate| candidate.subscriber.name).collect();
                faults.push(WiringFault::UnknownSubscriber { name: name.clone(), known: known.join(", ") });
            }
        }
    }

    fn check_handlers(&self, faults: &mut Vec<WiringFault>) {
        let mut rows: Vec<_> = self.handlers().filter(|row| self.is_chosen(row.name)).collect();
        rows.sort_by_key(|row| (row.name, row.location.file, row.location.line));
        for row in rows {
            for need in row.needs {
                let id = (need.id)();
                if id != TypeId::of::<App>() && !self.provided.contains_key(&id) {
                    faults.push(WiringFault::NotProvided {
                        handler: row.name,
                        needed: (need.name)(),
                        role: if need.receiver { "to run on" } else { "as a dependency" },
                        location: row.location,
                    });
                }
            }
        }
    }

    fn check_snapshots(&self, rows: &[&'static AggregateRow], faults: &mut Vec<WiringFault>) {
        if self.stores.snapshots.is_none() {
            faults.extend(
                rows.iter()
                    .filter(|row| row.snapshots)
                    .map(|row| WiringFault::NoSnapshotStore { aggregate: row.name, location: row.location }),
            );
        }
    }

    fn check_projections(&self, faults: &mut Vec<WiringFault>) {
        let mut rows: Vec<_> = self.projections().filter(|row| self.is_chosen(row.name)).collect();
        rows.sort_by_key(|row| (row.view, row.name));
        for pair in rows.windows(2) {
            if pair[0].view == pair[1].view && pair[0].name != pair[1].name {
                let (first, second) = (pair[0].name, pair[1].name);
                faults.push(WiringFault::DuplicateView { view: pair[0].view, first, second });
            }
        }
        if self.stores.views.is_none() {
            faults.extend(
                rows.iter()
                    .map(|row| WiringFault::NoViewStore { projection: row.name, location: row.location }),
            );
        }
    }
}

fn aggregate_rows() -> Vec<&'static AggregateRow> {
    let mut rows: Vec<&'static AggregateRow> = inventory::iter::<AggregateRow>().collect();
    rows.sort_by_key(|row| (row.name, row.location.file, row.location.line));
    rows
}

fn draw(rows: &[&AggregateRow], candidates: &[Candidate]) -> Wiring {
    let listens = |candidate: &Candidate, id: &EventId| candidate.subscriber.events.contains(id);
    let mut events = Vec::new();
    // No subscriber can take the steps of a process.
    for row in rows.iter().filter(|row| process_of(row).is_none()) {
        for id in (row.events)() {
            let subscribers = candidates.iter().filter(|candidate| listens(candidate, &id));
            events.push(WiringEvent {
                name: id.name,
                schema: id.schema,
                aliases: id.aliases,
                aggregate: row.name,
                subscribers: subscribers.map(|candidate| candidate.subscriber.name).collect(),
            });
        }
    }
    let subscribers = candidates.iter().map(|candidate| WiringSubscriber {
        name: candidate.subscriber.name,
        queue: candidate.subscriber.queue,
        kind: candidate.kind,
        view: candidate.view,
        indexes: candidate.indexes,
        attempts: candidate.subscriber.own_retry.map(|own| own.attempts),
        events: candidate.subscriber.events.iter().flat_map(EventId::names).collect(),
        deadlines: candidate.deadlines.clone(),
        location: candidate.location.to_string(),
    });
    Wiring { events, subscribers: subscribers.collect(), commands: commands(rows) }
}

/// The stored commands, each with the aggregate that decides on it.
fn commands(rows: &[&AggregateRow]) -> Vec<WiringCommand> {
    let mut commands: Vec<WiringCommand> = command_arms()
        .filter_map(|(entity, arm)| {
            let EventId { name, schema, aliases } = arm.id;
            let aggregate = rows.iter().find(|row| row.entity == entity)?.name;
            Some(WiringCommand { name, schema, aliases, aggregate })
        })
        .collect();
    commands.sort_by_key(|command| (command.aggregate, command.name, command.schema));
    commands
}

impl fmt::Debug for AppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppBuilder")
            .field("settings", &self.settings)
            .field("only", &self.only)
            .field("provided", &self.provided.len())
            .finish_non_exhaustive()
    }
}
