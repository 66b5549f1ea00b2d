use std::fmt;
use std::marker::PhantomData;

use super::difference::{fields, report};
use super::setting::time;
use super::world::{World, at_once};
use crate::aggregate::{Aggregate, AggregateKey, IntoEvents};
use crate::app::App;
use crate::delivery::TryError;
use crate::metadata::Metadata;
use crate::projection::{AnyView, Projection, erased};
use crate::projector::{Arrived, LeftOut, Origin, ProjectionDriver, encode, wants};
use crate::snapshot::MemorySnapshotStore;
use crate::store::Extent;
use crate::timestamp::Timestamp;
use crate::view::{DynViewStore, MemoryViewStore, StoredView, ViewId};

/// The views that a projection makes: given events at keys, then views.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// use cqrs_core::prelude::*;
/// use cqrs_core::testing::ProjectionScenario;
///
/// #[projection(key(customer_id: String))]
/// #[derive(Default)]
/// pub struct CustomerTotals {
///     pub orders: u32,
///     pub total: u64,
/// }
///
/// #[projection(key(customer_id))]
/// impl CustomerTotals {
///     #[apply]
///     fn created(&mut self, event: &OrderCreated) {
///         self.orders += 1;
///         self.total += event.total;
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenant = Tenant::new("TENANT001")?;
/// let order = |id: &str| OrderKey::new(&tenant, id);
/// let created = |total| OrderCreated { customer_id: "CUST-001".into(), total };
///
/// ProjectionScenario::<CustomerTotals>::given(&order("1"), [created(100)])
///     .and_given(&order("2"), [created(50)])
///     .then(&CustomerTotalsKey::new(&tenant, "CUST-001"), CustomerTotals { orders: 2, total: 150 })
///     .then_none(&CustomerTotalsKey::new(&tenant, "CUST-002"));
/// # Ok(())
/// # }
/// ```
///
/// The events take the same way as in production: as commits to the driver of the projection, with a view store in
/// memory. Keys, fences and stored shapes are those of production, and events that the projection does not list are
/// skipped. Views are compared as they are stored, so they need no `PartialEq`, and a failure shows the difference by
/// field. Every event is a commit of its own. Nothing here is async: the test is a plain `#[test]`.
pub struct ProjectionScenario<P: Projection> {
    world: World,
    views: MemoryViewStore,
    app: App,
    projection: PhantomData<fn() -> P>,
}

impl<P: Projection> ProjectionScenario<P> {
    /// Nothing has happened yet.
    ///
    /// # Panics
    /// If the aggregates of this program conflict.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        let (world, views) = (World::new(), MemoryViewStore::new());
        let app = App::builder(world.store.clone())
            .views(views.clone())
            .snapshots(MemorySnapshotStore::new())
            .only([])
            .build();
        let app = app.unwrap_or_else(|faults| panic!("{faults}"));
        Self { world, views, app, projection: PhantomData }
    }

    /// These events have happened to the aggregate at `key`.
    #[must_use]
    #[track_caller]
    pub fn given<K>(key: &K, events: impl IntoEvents<K::Aggregate>) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        Self::new().and_given(key, events)
    }

    /// These events have also happened.
    ///
    /// # Panics
    /// If an event cannot be stored, or the projection does not take it.
    #[must_use]
    #[track_caller]
    pub fn and_given<K>(mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let before = self.world.commits.len();
        self.world.happen(key, events);
        let driver = ProjectionDriver::new(erased::<P>());
        for commit in &self.world.commits[before..] {
            if !wants(erased::<P>(), commit) {
                continue;
            }
            let arrived = Arrived {
                stream: &commit.stream,
                commits: std::slice::from_ref(commit),
                origin: Origin::Store,
                left_out: &LeftOut::new(),
                is_shared: false,
            };
            if let Err(error) = at_once(driver.apply(&self.app.delivery().runtime, arrived)) {
                let error = TryError::from(error);
                let what = format!("projection `{}` cannot take the last of these events", P::NAME);
                panic!("{}", report(&what, &[("reason", vec![error.to_string()]), self.history()]));
            }
        }
        self
    }

    /// Sets the time from now on: a [`Timestamp`], or a text such as `"2024-01-31T10:00:00Z"`.
    ///
    /// # Panics
    /// If the text is not a time.
    #[must_use]
    #[track_caller]
    pub fn at<T: TryInto<Timestamp, Error: fmt::Display>>(mut self, when: T) -> Self {
        self.world.setting.at = time(when);
        self
    }

    /// From now on this user sends the commands that the events come from.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.world.setting.by = Some(who.into());
        self
    }

    /// Changes the metadata of the next commit.
    #[must_use]
    pub fn metadata(mut self, change: impl FnOnce(&mut Metadata)) -> Self {
        self.world.setting.change(change);
        self
    }

    /// The view at `key` is this one.
    ///
    /// # Panics
    /// If it is another one, or there is none.
    #[track_caller]
    pub fn then(self, key: &P::Key, expected: P) -> Self {
        let expected = encode(erased::<P>(), Some(&(Box::new(expected) as AnyView)))
            .unwrap_or_else(|error| panic!("{}", TryError::from(error)));
        let id = Self::id(key);
        match at_once(DynViewStore::get(&self.views, &id)) {
            Ok(Some(StoredView { data, .. })) if !data.is_null() => {
                let differing = fields(&expected, &data);
                if !differing.is_empty() {
                    self.fail(&format!("view {} is another one", id.sk), &[("", differing)]);
                }
            }
            Ok(_) => self.fail(&format!("there is no view {}", id.sk), &[("views", self.ids())]),
            Err(error) => panic!("{error}"),
        }
        self
    }

    /// Passes the view at `key` to the caller's own assertions.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn then_view(self, key: &P::Key, look: impl FnOnce(&P)) -> Self {
        let id = Self::id(key);
        match at_once(self.app.view::<P>(key).into_future()) {
            Ok(Some(view)) => look(&view),
            Ok(None) => self.fail(&format!("there is no view {}", id.sk), &[("views", self.ids())]),
            Err(error) => panic!("{error}"),
        }
        self
    }

    /// There is no view at `key`, or it was removed.
    ///
    /// # Panics
    /// If there is one.
    #[track_caller]
    pub fn then_none(self, key: &P::Key) -> Self {
        let id = Self::id(key);
        if let Ok(Some(view)) = at_once(DynViewStore::get(&self.views, &id))
            && !view.is_removed()
        {
            self.fail(&format!("there is a view {}", id.sk), &[("view", vec![view.data.to_string()])]);
        }
        self
    }

    #[track_caller]
    fn id(key: &P::Key) -> ViewId {
        ViewId::of::<P>(key).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The sort keys of all views.
    fn ids(&self) -> Vec<String> {
        let all = Extent::Segment { number: 0, of: 1 };
        let found = at_once(DynViewStore::scan(&self.views, &all, None)).unwrap_or_default();
        let ids: Vec<String> =
            found.views.into_iter().filter(|view| !view.is_removed()).map(|view| view.id.sk).collect();
        if ids.is_empty() { vec!["none at all".to_owned()] } else { ids }
    }

    fn history(&self) -> (&'static str, Vec<String>) {
        ("given", self.world.told())
    }

    #[track_caller]
    fn fail(&self, what: &str, sections: &[(&str, Vec<String>)]) -> ! {
        let mut sections = sections.to_vec();
        sections.push(self.history());
        panic!("{}", report(what, &sections))
    }
}

impl<P: Projection> Default for ProjectionScenario<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Projection> fmt::Debug for ProjectionScenario<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectionScenario")
            .field("projection", &P::NAME)
            .field("history", &self.world.told())
            .finish_non_exhaustive()
    }
}
