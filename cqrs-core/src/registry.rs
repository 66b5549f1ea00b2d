//! The rows that the macros register through `inventory`.

use std::future::IntoFuture;
use std::time::Duration;

use crate::aggregate::{Aggregate, EventRow, unapplied};
use crate::app::App;
use crate::commit::StoredEvent;
use crate::delivery::{CONCURRENT_STREAMS, ProjectionDriver, projection_driver};
use crate::event::EventId;
use crate::event::older::EventSchema;
use crate::handler::{HandlerArm, Need};
use crate::key::{AggregateKey, KeyError, StreamKey};
use crate::projection::{CheckEvent, CheckStream, Projection, check_event, check_stream};
use crate::replay::Running;
use crate::tenant::Tenant;

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// As `file!()` gives it.
    pub file: &'static str,
    /// As `line!()` gives it.
    pub line: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A registered aggregate.
#[derive(Debug)]
pub struct AggregateRow {
    pub(crate) name: &'static str,
    pub(crate) entity: &'static str,
    pub(crate) full_name: fn() -> &'static str,
    pub(crate) unhandled: fn() -> Vec<(EventId, &'static str)>,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) schemas: fn() -> Vec<EventSchema>,
    /// Reads a stored event as the program of today does, and stores it again.
    pub(crate) again: fn(&StoredEvent) -> Result<StoredEvent, String>,
    pub(crate) package: &'static str,
    pub(crate) tenant: fn(&StreamKey) -> Result<Tenant, KeyError>,
    pub(crate) partitions: fn(&Tenant) -> Option<Vec<String>>,
    /// Whether it asks for snapshots.
    pub(crate) snapshots: bool,
    pub(crate) location: Location,
}

impl AggregateRow {
    /// The row of `A`, which stands in a package.
    #[must_use]
    pub const fn of<A: Aggregate>(file: &'static str, line: u32, package: &'static str) -> Self {
        Self {
            name: A::NAME,
            entity: A::ENTITY,
            full_name: std::any::type_name::<A>,
            unhandled: || {
                let marked = |row: &EventRow<A::Event>| Some((row.id, row.unhandled?));
                A::EVENTS.iter().filter_map(marked).collect()
            },
            events: || A::EVENTS.iter().map(|row: &EventRow<A::Event>| row.id).collect(),
            schemas: || A::EVENTS.iter().flat_map(|row: &EventRow<A::Event>| (row.schemas)()).collect(),
            again: |event| {
                let row = A::EVENTS.iter().find(|row| row.id.is_stored_as(&event.name));
                let row = row.ok_or_else(unapplied::<A>)?;
                let read = (row.decode)(event.schema, event.data.clone())?;
                A::encode(&read).map_err(|error| error.to_string())
            },
            package,
            tenant: |stream| A::Key::parse(stream).map(|key| key.tenant().clone()),
            partitions: |tenant| A::Key::TEMPLATE.partitions(tenant),
            snapshots: A::SNAPSHOTS.is_some(),
            location: Location { file, line },
        }
    }
}

/// A registered projection.
#[derive(Debug)]
pub struct ProjectionRow {
    pub(crate) name: &'static str,
    pub(crate) view: &'static str,
    pub(crate) full_name: fn() -> &'static str,
    pub(crate) events: fn() -> Vec<EventId>,
    pub(crate) driver: fn() -> Box<dyn ProjectionDriver>,
    pub(crate) after_restore: for<'a> fn(&'a App) -> Running<'a>,
    pub(crate) queue: Option<&'static str>,
    /// Whether the keys of its views come from the events.
    pub(crate) keyed: bool,
    pub(crate) check_event: CheckEvent,
    pub(crate) check_stream: CheckStream,
    pub(crate) location: Location,
}

impl ProjectionRow {
    /// The row of `P`.
    #[must_use]
    pub const fn of<P: Projection>(file: &'static str, line: u32) -> Self {
        Self {
            name: P::NAME,
            view: P::VIEW,
            full_name: std::any::type_name::<P>,
            events: || P::ARMS.iter().map(|arm| arm.event).collect(),
            driver: projection_driver::<P>,
            after_restore: |app| app.replay::<P>().after_restore().into_future(),
            queue: P::QUEUE,
            keyed: P::KEYED,
            check_event: check_event::<P>,
            check_stream: check_stream::<P>,
            location: Location { file, line },
        }
    }
}

/// A registered handler.
#[derive(Debug)]
pub struct HandlerRow {
    pub(crate) name: &'static str,
    pub(crate) arms: &'static [HandlerArm],
    pub(crate) needs: &'static [Need],
    pub(crate) queue: Option<&'static str>,
    pub(crate) once: bool,
    pub(crate) concurrency: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) module: &'static str,
    pub(crate) location: Location,
}

impl HandlerRow {
    /// A handler by its name, its events, and what it needs.
    #[must_use]
    pub const fn new(
        name: &'static str,
        arms: &'static [HandlerArm],
        needs: &'static [Need],
        file: &'static str,
        line: u32,
    ) -> Self {
        let location = Location { file, line };
        Self {
            name,
            arms,
            needs,
            queue: None,
            once: false,
            concurrency: CONCURRENT_STREAMS,
            timeout: None,
            module: "",
            location,
        }
    }

    /// The same handler with the path of its module.
    #[must_use]
    pub const fn module(mut self, path: &'static str) -> Self {
        self.module = path;
        self
    }

    /// The same handler on a queue that it shares.
    #[must_use]
    pub const fn queue(mut self, name: &'static str) -> Self {
        self.queue = Some(name);
        self
    }

    /// The same handler with an inbox.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// The same handler, working on so many streams at a time.
    #[must_use]
    pub const fn concurrency(mut self, streams: usize) -> Self {
        self.concurrency = streams;
        self
    }

    /// The same handler, with so much time for one event.
    #[must_use]
    pub const fn timeout_millis(mut self, millis: u64) -> Self {
        self.timeout = Some(Duration::from_millis(millis));
        self
    }
}

inventory::collect!(AggregateRow);
inventory::collect!(ProjectionRow);
inventory::collect!(HandlerRow);
