use std::fmt;

use crate::event::EventId;
use crate::location::Location;

/// All faults of an app's wiring, found before the first message.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # use cqrs_core::app::WiringFault;
/// struct Mailer;
///
/// #[event_handler(OrderShipped)]
/// async fn tell_customer(_: &OrderShipped, _: &Mailer) -> Result<(), HandlerError> {
///     Ok(())
/// }
///
/// #[projection(Order)]
/// #[derive(Default)]
/// struct OrderCount {
///     count: u64,
/// }
///
/// #[projection(Order)]
/// impl OrderCount {
///     #[apply]
///     fn created(&mut self, _: &OrderCreated) {
///         self.count += 1;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let error = App::builder(MemoryEventStore::new()).build().unwrap_err();
/// assert!(matches!(
///     error.faults[..],
///     [
///         WiringFault::NotProvided { handler: "tell_customer", .. },
///         WiringFault::NoViewStore { projection: "OrderCount", .. },
///     ]
/// ));
/// // Each with the file and the line: add `.provide(…)`, add `.views(…)`.
/// println!("{error}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BuildError {
    /// The faults: at least one.
    pub faults: Vec<WiringFault>,
}

/// One fault of an app's wiring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WiringFault {
    /// A handler needs a value that was not provided.
    #[error(
        "handler `{handler}` ({location}) needs `{needed}` {role}, and none was provided: add `.provide(…)`"
    )]
    NotProvided {
        /// The handler's name.
        handler: &'static str,
        /// The type that is missing.
        needed: &'static str,
        /// What the handler needs it for.
        role: &'static str,
        /// Where the handler is declared.
        location: Location,
    },
    /// Two subscribers have one name.
    #[error("two subscribers are called `{name}`: {first} and {second}; rename one with `name = \"…\"`")]
    DuplicateSubscriber {
        /// The name.
        name: &'static str,
        /// Where the first is declared.
        first: Location,
        /// Where the second is declared.
        second: Location,
    },
    /// Two aggregates apply events with one stored name, whatever the schemas: events are told apart by name.
    #[error(
        "aggregates `{first}` and `{second}` both apply an event stored as `{name}`: {event}; rename one with `#[event(name = \"…\")]`"
    )]
    DuplicateEvent {
        /// The name, which may be an alias.
        name: &'static str,
        /// The event of the second aggregate.
        event: EventId,
        /// The first aggregate.
        first: &'static str,
        /// The second aggregate.
        second: &'static str,
    },
    /// Two aggregates have one entity name.
    #[error("aggregates `{first}` and `{second}` are both stored as entity `{entity}`; rename one")]
    DuplicateEntity {
        /// The entity name.
        entity: &'static str,
        /// The first aggregate.
        first: &'static str,
        /// The second aggregate.
        second: &'static str,
    },
    /// A process and an aggregate, or two processes, have one entity name.
    #[error(
        "process `{process}` ({location}) and {other} are both stored as entity `{entity}`: give the process another one with `#[process(entity = \"…\")]`"
    )]
    DuplicateProcessEntity {
        /// The entity name.
        entity: &'static str,
        /// The process.
        process: &'static str,
        /// Where the process is declared.
        location: Location,
        /// The aggregate or the other process, and where it is declared.
        other: String,
    },
    /// The steps of a process have the stored name of an event.
    #[error(
        "process `{process}` ({location}) stores its steps as `{name}`, and `{aggregate}` applies an event of that name: rename the event with `#[event(name = \"…\")]`, or give the process another entity"
    )]
    StepNamedAsEvent {
        /// The name, which may be an alias of the event.
        name: &'static str,
        /// The process.
        process: &'static str,
        /// Where the process is declared.
        location: Location,
        /// The aggregate that applies the event.
        aggregate: &'static str,
    },
    /// Two processes store their steps under one name, because they have one entity.
    #[error(
        "two processes are called `{process}`, and both store their steps as `{name}`: {first} and {second}; give one of them another entity"
    )]
    DuplicateStep {
        /// The name of the steps.
        name: &'static str,
        /// The name of both.
        process: &'static str,
        /// Where the first is declared.
        first: Location,
        /// Where the second is declared.
        second: Location,
    },
    /// No aggregate decides on a stored command.
    #[error(
        "no linked aggregate decides on command `{command}` ({location}): add a `#[command]` method that takes it to an `#[aggregate] impl`, link the crate that has one, or take `#[command]` off the struct"
    )]
    Undecided {
        /// The struct's name.
        command: &'static str,
        /// Where the struct is declared.
        location: Location,
    },
    /// Two commands have one stored name in a scope where only names tell them apart.
    #[error(
        "two commands are stored as `{name}` in {place}: {first} and {second}; rename one with `#[command(name = \"…\")]`, or make the newer `from` the older, and decide only on the newer"
    )]
    DuplicateCommand {
        /// The name, which may be an alias.
        name: &'static str,
        /// The entity, or the package with its lock.
        place: String,
        /// Where the first is declared.
        first: Location,
        /// Where the second is declared.
        second: Location,
    },
    /// A command and an event of one package have one stored name, and so share an entry in its `events.lock`.
    #[error(
        "`{name}` is a command ({location}) and an event of `{aggregate}`, and `events.lock` of package `{package}` tells them apart by name alone: rename one with `name = \"…\"`"
    )]
    CommandNamedAsEvent {
        /// The name, which may be an alias.
        name: &'static str,
        /// Where the command is declared.
        location: Location,
        /// The aggregate that applies the event.
        aggregate: &'static str,
        /// The package of both.
        package: &'static str,
    },
    /// Two projections write views of one name.
    #[error(
        "projections `{first}` and `{second}` both write the view `{view}`; rename one with `view = \"…\"`"
    )]
    DuplicateView {
        /// The view's name.
        view: &'static str,
        /// The first projection.
        first: &'static str,
        /// The second projection.
        second: &'static str,
    },
    /// There are projections, but no view store.
    #[error("projection `{projection}` ({location}) has no view store: add `.views(…)`")]
    NoViewStore {
        /// The projection's name.
        projection: &'static str,
        /// Where the projection is declared.
        location: Location,
    },
    /// There is an aggregate or a process with `snapshot_every`, but no snapshot store.
    #[error(
        "`{aggregate}` ({location}) has `snapshot_every`, and the app has no snapshot store: add `.snapshots(…)`"
    )]
    NoSnapshotStore {
        /// The name of the aggregate, or of the process.
        aggregate: &'static str,
        /// Where the aggregate or the process is declared.
        location: Location,
    },
    /// A name that was given to `only(…)` belongs to no subscriber.
    #[error("no subscriber is called `{name}`; there are: {known}")]
    UnknownSubscriber {
        /// The name that was given.
        name: String,
        /// The names of all subscribers.
        known: String,
    },
    /// A crate of this build enables the feature `serde-float` of `rust_decimal`, by which every decimal would lose digits in the
    /// store.
    #[cfg(feature = "rust_decimal")]
    #[error(
        "every `Decimal` would be stored as a number of floating point and lose digits: a crate of this build enables the feature \
         `serde-float` of `rust_decimal`; find it with `cargo tree -e features -i rust_decimal`, and take the feature off: \
         `#[serde(with = \"rust_decimal::serde::float\")]` does the same for one field"
    )]
    DecimalAsFloat,
    /// No subscriber takes an event, and the event does not say why. Only a [wiring proof](crate::testing::WiringProof)
    /// reports this fault and those below.
    #[error(
        "nothing handles `{}` of `{aggregate}` ({location}): add a projection or a handler, or say why not with `#[event(unhandled = \"…\")]`",
        .event.name
    )]
    Unhandled {
        /// The stored name and schema.
        event: EventId,
        /// The aggregate that applies it.
        aggregate: &'static str,
        /// Where the aggregate is declared.
        location: Location,
    },
    /// An event is marked `unhandled`, but a subscriber takes it.
    #[error(
        "`{}` of `{aggregate}` is marked `unhandled = \"{reason}\"`, and `{takers}` takes it: take the mark off",
        .event.name
    )]
    HandledAfterAll {
        /// The stored name and schema.
        event: EventId,
        /// The aggregate that applies it.
        aggregate: &'static str,
        /// The reason that the mark gives.
        reason: &'static str,
        /// The subscriber that takes it.
        takers: String,
    },
    /// No aggregate, projection or handler of a crate is linked.
    #[error(
        "nothing of crate `{name}` is linked: write `use {name} as _;` where the program begins; linked are `{linked}`"
    )]
    NotLinked {
        /// The crate.
        name: String,
        /// The crates that are linked.
        linked: String,
    },
    /// Something is linked, and `app!` does not list it.
    #[error("{kind} `{name}` ({location}) is linked, and `app!` does not list it")]
    NotListed {
        /// Aggregate, projection or handler.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// Where it is declared.
        location: Location,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the app cannot be built:")?;
        for fault in &self.faults {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

// A `main` that returns this error shows its `{:?}`. The faults should be readable there too.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}
