use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{App, AppBuilder};
use crate::aggregate::AggregateEvent;
use crate::aggregate::AggregateRow;
use crate::commit::Commit;
use crate::event::{EventId, RawEvent};
use crate::key::Tenant;
use crate::key::{KeyError, MAX_SK_BYTES};
use crate::projection::{CheckStream, KeyFault, ViewKeyError, check_texts};
use crate::registry::ProjectionRow;

/// What the delivery adds to the lengths of a stream's keys and a view's name.
const SEPARATORS: usize = 2;

/// What helps where an event names the key, and where the aggregate's own key does.
const BY_EVENT: &str = "reject such a command, or give the event to no view, with `#[apply(keys = …)]`";
const BY_STREAM: &str = "give the aggregate a shorter id";

type Check = dyn Fn(&RawEvent<'_>, &Tenant) -> Result<(), KeyFault> + Send + Sync;

/// The keys of views that commits have to have, by the stored names of their events.
#[derive(Default)]
pub(crate) struct ViewKeys {
    events: HashMap<&'static str, Vec<(&'static str, Box<Check>)>>,
    streams: HashMap<&'static str, Vec<(&'static str, CheckStream)>>,
    /// The length of the longest name of a view.
    longest: usize,
}

impl ViewKeys {
    /// Those of all projections that are linked into this program, whichever of them it runs.
    pub(crate) fn linked() -> Self {
        let mut keys = Self::default();
        for row in inventory::iter::<ProjectionRow>() {
            keys.longest = keys.longest.max(row.view.len());
            let events = (row.events)();
            for name in events.iter().flat_map(EventId::names).filter(|_| row.keyed) {
                keys.events.entry(name).or_default().push((row.name, Box::new(row.check_event)));
            }
            // A stream that the projection listens to may begin with another event.
            for aggregate in inventory::iter::<AggregateRow>() {
                let all = (aggregate.events)();
                if all.iter().any(|event| events.contains(event)) {
                    for name in all.iter().flat_map(EventId::names) {
                        keys.streams.entry(name).or_default().push((row.name, row.check_stream));
                    }
                }
            }
        }
        keys
    }

    /// Fails for a commit that a projection could never take.
    pub(crate) fn check(
        &self,
        commit: &Commit,
        tenant: impl FnOnce() -> Result<Tenant, KeyError>,
    ) -> Result<(), ViewKeyError> {
        if commit.version.previous().is_none() {
            self.check_stream(commit)?;
        }
        let is_checked = |raw: &RawEvent<'_>| self.events.contains_key(raw.stored().name.as_str());
        if !RawEvent::all(commit).any(|raw| is_checked(&raw)) {
            return Ok(());
        }
        // Without one nothing could be delivered at all.
        let Ok(tenant) = tenant() else { return Ok(()) };
        for raw in RawEvent::all(commit) {
            for (projection, check) in self.events.get(raw.stored().name.as_str()).into_iter().flatten() {
                check(&raw, &tenant)
                    .map_err(|fault| ViewKeyError::new(projection, &raw.stored().name, fault, BY_EVENT))?;
            }
        }
        Ok(())
    }

    fn check_stream(&self, commit: &Commit) -> Result<(), ViewKeyError> {
        let stream = &commit.stream;
        // The parts of every other key are parts of these.
        if stream.pk().len() + stream.sk().len() + self.longest + SEPARATORS <= MAX_SK_BYTES {
            return Ok(());
        }
        let Some(name) = commit.first_type() else { return Ok(()) };
        for (projection, check) in self.streams.get(name).into_iter().flatten() {
            check(stream).map_err(|fault| ViewKeyError::new(projection, name, fault, BY_STREAM))?;
        }
        Ok(())
    }
}

impl AppBuilder {
    /// Refuses commands whose events another program could not keep: one that has the projection, where this one has not.
    ///
    /// The keys of projections that are linked into the program are checked without it, also of those that
    /// [`only`](AppBuilder::only) leaves out: a service that executes commands may link the crate of the read models, and run
    /// none of them. Where it cannot, it says here which texts of an event are parts of a view's key. `view` is the name of
    /// the view in its keys, `CUSTOMER_TOTALS`. A command with an empty text, or with a key of more than 1,024 bytes, is an
    /// [`ExecuteError::ViewKey`](super::ExecuteError::ViewKey).
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = App::builder(MemoryEventStore::new())
    ///     .view_key("CUSTOMER_TOTALS", |event: &OrderCreated| [("customer_id", event.customer_id.as_str())])
    ///     .build()?;
    ///
    /// let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// let error = app.execute(&order, CreateOrder { customer_id: String::new(), total: 1 }).await.unwrap_err();
    /// assert!(matches!(error, ExecuteError::ViewKey(error) if error.part == Some("customer_id")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn view_key<E: AggregateEvent, const N: usize>(
        mut self,
        view: &'static str,
        texts: impl for<'e> Fn(&'e E) -> [(&'static str, &'e str); N] + Send + Sync + 'static,
    ) -> Self {
        let check = Arc::new(move |raw: &RawEvent<'_>, _: &Tenant| check_texts(view, raw, &texts));
        for name in EventId::of::<E>().names() {
            let check = Arc::clone(&check);
            let check: Box<Check> = Box::new(move |raw, tenant| check(raw, tenant));
            self.view_keys.events.entry(name).or_default().push((view, check));
        }
        self
    }
}

impl App {
    /// Fails for a commit that a projection could never take. No request.
    pub(super) fn check_view_keys(&self, commit: &Commit) -> Result<(), ViewKeyError> {
        self.inner.view_keys.check(commit, || self.tenant_of(commit))
    }
}

impl fmt::Debug for ViewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.events.keys()).finish()
    }
}
