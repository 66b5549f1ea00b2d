use std::any::TypeId;
use std::collections::BTreeSet;

use crate::aggregate::AggregateRow;
use crate::app::{App, AppBuilder, WiringFault};
use crate::command::CommandRow;
use crate::event::EventId;
use crate::handler::HandlerRow;
use crate::registry::{ProcessRow, ProjectionRow, process_of};
use crate::snapshot::MemorySnapshotStore;
use crate::store::MemoryEventStore;
use crate::view::MemoryViewStore;

/// The proof that everything that is linked into a program fits together: the long form of [`wiring!`](super::wiring).
///
/// It reports what [`build`](AppBuilder::build) reports, all at once, and also what an app cannot know: events that no
/// subscriber takes, crates whose handlers are not linked, and handlers that a list leaves out. Types take the place of
/// values, so no connection is needed.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// use cqrs_core::testing::WiringProof;
///
/// pub struct Mailer;
///
/// #[event_handler(OrderShipped)]
/// async fn tell_customer(_: &OrderShipped, _: &Mailer) -> Result<(), HandlerError> {
///     Ok(())
/// }
///
/// # fn main() {
/// let faults = WiringProof::new().provides::<Mailer>().faults();
/// assert_eq!(faults.len(), 2);
/// assert!(faults[0].to_string().starts_with("nothing handles `OrderCreated` of `Order`"));
/// # }
/// ```
#[derive(Debug)]
#[must_use = "it proves nothing before `assert`"]
pub struct WiringProof {
    builder: AppBuilder,
    crates: Vec<String>,
    listed: Option<BTreeSet<(&'static str, &'static str)>>,
}

impl WiringProof {
    /// A proof of everything that is linked into this program.
    pub fn new() -> Self {
        Self::of(
            App::builder(MemoryEventStore::new())
                .views(MemoryViewStore::new())
                .snapshots(MemorySnapshotStore::new()),
        )
    }

    /// A proof of an app that is not built yet, with the values that it was given.
    pub fn of(builder: AppBuilder) -> Self {
        Self { builder, crates: Vec::new(), listed: None }
    }

    /// The app gets a value of this type: a receiver, or a dependency.
    pub fn provides<T: Send + Sync + 'static>(mut self) -> Self {
        self.builder = self.builder.provide_type(TypeId::of::<T>());
        self
    }

    /// The aggregates, projections or handlers of this crate are linked. A crate that the program never names is not
    /// linked.
    pub fn links(mut self, name: &str) -> Self {
        self.crates.push(name.replace('-', "_"));
        self
    }

    /// These are the names of all aggregates, projections and handlers.
    pub fn lists(
        mut self,
        aggregates: &[&'static str],
        projections: &[&'static str],
        handlers: &[&'static str],
    ) -> Self {
        let kinds = [("aggregate", aggregates), ("projection", projections), ("handler", handlers)];
        let all = kinds.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, *name)));
        self.listed = Some(all.collect());
        self
    }

    /// These are the names of all processes; call it after [`lists`](Self::lists).
    pub fn lists_processes(mut self, processes: &[&'static str]) -> Self {
        self.listed.get_or_insert_default().extend(processes.iter().map(|name| ("process", *name)));
        self
    }

    /// All faults.
    #[must_use]
    pub fn faults(&self) -> Vec<WiringFault> {
        let mut faults = self.builder.faults();
        faults.extend(unhandled());
        let linked = linked_crates();
        let known = linked.iter().copied().collect::<Vec<_>>().join("`, `");
        for name in self.crates.iter().filter(|name| !linked.contains(name.as_str())) {
            faults.push(WiringFault::NotLinked { name: name.clone(), linked: known.clone() });
        }
        if let Some(listed) = &self.listed {
            faults.extend(unlisted(listed));
        }
        faults
    }

    /// Panics if there is a fault, and lists all of them.
    ///
    /// # Panics
    /// If there is a fault.
    #[track_caller]
    pub fn assert(self) {
        let faults = self.faults();
        if !faults.is_empty() {
            let lines: Vec<String> = faults.iter().map(|fault| format!("\n  - {fault}")).collect();
            panic!("the wiring is not right:{}", lines.concat());
        }
    }
}

impl Default for WiringProof {
    fn default() -> Self {
        Self::new()
    }
}

/// The linked rows, in an order that does not depend on the linker.
fn aggregates() -> Vec<&'static AggregateRow> {
    let mut rows: Vec<&AggregateRow> = inventory::iter::<AggregateRow>().collect();
    rows.sort_by_key(|row| row.name);
    rows
}

/// The subscribers that take an event, by its stored name.
fn takers(event: EventId) -> Vec<&'static str> {
    let handlers = inventory::iter::<HandlerRow>()
        .filter(|row| row.arms.iter().any(|arm| arm.event.name == event.name))
        .map(|row| row.name);
    let projections = inventory::iter::<ProjectionRow>()
        .filter(|row| (row.events)().iter().any(|id| id.name == event.name))
        .map(|row| row.name);
    let processes = inventory::iter::<ProcessRow>()
        .filter(|row| (row.events)().iter().any(|id| id.name == event.name))
        .map(|row| row.name);
    let mut names: Vec<_> = handlers.chain(projections).chain(processes).collect();
    names.sort_unstable();
    names
}

fn unhandled() -> Vec<WiringFault> {
    let mut faults = Vec::new();
    for row in aggregates() {
        let marked = (row.unhandled)();
        for event in (row.events)() {
            let (aggregate, location) = (row.name, row.location);
            let takers = takers(event);
            match marked.iter().find(|(id, _)| *id == event) {
                None if takers.is_empty() => {
                    faults.push(WiringFault::Unhandled { event, aggregate, location });
                }
                Some((_, reason)) if !takers.is_empty() => {
                    let takers = takers.join("`, `");
                    faults.push(WiringFault::HandledAfterAll { event, aggregate, reason, takers });
                }
                None | Some(_) => {}
            }
        }
    }
    faults
}

/// The crates that aggregates, projections, handlers and stored commands come from.
fn linked_crates() -> BTreeSet<&'static str> {
    let aggregates = inventory::iter::<AggregateRow>().map(|row| row.module);
    let projections = inventory::iter::<ProjectionRow>().map(|row| row.module);
    let handlers = inventory::iter::<HandlerRow>().map(|row| row.module);
    let commands = inventory::iter::<CommandRow>().map(|row| row.module);
    let paths = aggregates.chain(projections).chain(handlers).chain(commands);
    paths.filter_map(|path| path.split("::").next()).collect()
}

fn unlisted(listed: &BTreeSet<(&'static str, &'static str)>) -> Vec<WiringFault> {
    // The instances of a process are listed with it.
    let own = aggregates().into_iter().filter(|row| process_of(row).is_none());
    let aggregates = own.map(|row| ("aggregate", row.name, row.location));
    let projections = inventory::iter::<ProjectionRow>().map(|row| ("projection", row.name, row.location));
    let handlers = inventory::iter::<HandlerRow>().map(|row| ("handler", row.name, row.location));
    let processes = inventory::iter::<ProcessRow>().map(|row| ("process", row.name, row.location));
    let all = aggregates.chain(projections).chain(processes).chain(handlers);
    let mut left: Vec<_> = all.filter(|(kind, name, _)| !listed.contains(&(*kind, *name))).collect();
    left.sort_by_key(|(kind, name, _)| (*kind, *name));
    let fault = |(kind, name, location)| WiringFault::NotListed { kind, name, location };
    left.into_iter().map(fault).collect()
}

/// A test, in one line, that everything that is linked into this program fits together.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # pub struct Mailer;
/// # pub struct Invoices;
/// # #[event_handler(OrderShipped)]
/// # async fn tell_customer(_: &OrderShipped, _: &Mailer) -> Result<(), HandlerError> { Ok(()) }
/// cqrs_core::testing::wiring!(provides: [Mailer, Invoices]);
/// # fn main() {}
/// ```
///
/// | form | proves |
/// | --- | --- |
/// | `wiring!();` | that no two names are the same, that every event is taken, that no handler needs a value |
/// | `wiring!(provides: [Mailer]);` | the same with values of these types for the handlers |
/// | `wiring!(provides: […], crates: [billing]);` | also that the aggregates and handlers of `billing` are linked |
/// | `wiring!(shop::builder(MemoryEventStore::new()));` | the same for an [`AppBuilder`] with the real values |
///
/// An event that no subscriber takes on purpose says so: `#[event(unhandled = "kept for the auditors")]`. An event that
/// says so but is taken is a fault, too.
///
/// The test is called `wiring_is_right`. It sees what is linked into its own program. In `src/`, that is the crate with
/// its dependencies as the code names them, so a missing `use billing as _;` shows there. A failing test reports
/// everything at once:
///
/// ```text
/// the wiring is not right:
///   - handler `tell_customer` (src/mail.rs:12) needs `shop::Mailer` as a dependency, and none was provided: add `.provide(…)`
///   - nothing handles `OrderCancelled` of `Order` (src/order.rs:40): add a projection or a handler, or say why not with
///     `#[event(unhandled = "…")]`
///   - nothing of crate `billing` is linked: write `use billing as _;` where the program begins; linked are `shop`
/// ```
///
/// A handler whose event no aggregate applies is not among these faults: it does not compile. [`app!`](crate::app!)
/// proves most of this at compile time, for a list.
#[doc(hidden)]
#[macro_export]
macro_rules! __wiring {
    ($($entry:ident: [$($value:tt)*]),* $(,)?) => {
        $($crate::__wiring!(# $entry [$($value)*]);)*
        #[test]
        fn wiring_is_right() {
            let proof = $crate::testing::WiringProof::new();
            $(let proof = $crate::__wiring!(@ $entry proof [$($value)*]);)*
            proof.assert();
        }
    };
    (@ provides $proof:ident [$($ty:ty),* $(,)?]) => { $proof$(.provides::<$ty>())* };
    (@ crates $proof:ident [$($name:ident),* $(,)?]) => { $proof$(.links(::core::stringify!($name)))* };
    // Checked outside of the test, which does not exist without `cfg(test)`.
    (# provides [$($ty:ty),* $(,)?]) => {};
    (# crates [$($name:ident),* $(,)?]) => {};
    (# $entry:ident $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "unknown entry, or no list of its kind: `",
            ::core::stringify!($entry),
            "`; `wiring!` takes `provides: [types]`, `crates: [names]`, or an app's builder"
        ));
    };
    ($builder:expr) => {
        #[test]
        fn wiring_is_right() {
            $crate::testing::WiringProof::of($builder).assert();
        }
    };
}
