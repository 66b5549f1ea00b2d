//! What these tests share: accounts of two tenants, their views, and the fold to compare those with.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use cqrs_core::delivery::RetryPolicy;
use cqrs_core::prelude::*;
use cqrs_core::projection::ViewId;
use cqrs_core::replay::{ReplayError, Replayed};
use cqrs_core::store::Extent;
use cqrs_core::view::{StoredView, ViewStore, Write};
use cqrs_core::{EventStore, Projection};
use cqrs_dynamo::{Dynamo, Embedded};
use cqrs_tests::bank::{AccountKey, Open, Statement, Wealth, Withdraw, deposit};
use cqrs_tests::faults::{self, Fault, Faults};
use futures_util::TryStreamExt;
use serde_json::json;

pub(crate) const TENANTS: [&str; 2] = ["NORTH", "SOUTH"];

pub(crate) type Outcome = Result<Replayed, ReplayError>;

/// The two projections, which are replayed in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Statement,
    Wealth,
}

pub(crate) const KINDS: [Kind; 2] = [Kind::Statement, Kind::Wealth];

impl Kind {
    /// Replays it, all of it or one tenant.
    pub(crate) fn replay<'a>(
        self,
        app: &'a App,
        tenant: Option<&Tenant>,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        match self {
            Self::Statement => replay::<Statement>(app, tenant),
            Self::Wealth => replay::<Wealth>(app, tenant),
        }
    }
}

fn replay<'a, P: Projection>(
    app: &'a App,
    tenant: Option<&Tenant>,
) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
    let replay = app.replay::<P>().parallel(2);
    match tenant {
        Some(tenant) => replay.tenant(tenant).into_future(),
        None => replay.into_future(),
    }
}

/// A database, and a consumer on it that has a cache of its own, as another process would.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) database: Embedded,
    pub(crate) dynamo: Dynamo,
    pub(crate) consumer: App,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// Accounts whose commits have all been delivered.
    pub(crate) async fn new() -> Self {
        let (database, dynamo) = faults::database().await;
        let world = Self { database, consumer: app(&dynamo), dynamo };
        history(&world.consumer).await;
        world.consumer.run_until_idle().await.unwrap();
        world
    }

    /// The same, with views as an earlier fold might have left them.
    pub(crate) async fn with_old_views() -> Self {
        let world = Self::new().await;
        spoil(&world.dynamo.views()).await;
        world
    }

    /// Another process.
    pub(crate) fn app(&self) -> App {
        app(&self.dynamo)
    }

    /// What happens during a replay: commits to old and new accounts, of old and new owners, and their delivery.
    pub(crate) async fn live(&self, number: usize) {
        let north = tenant("NORTH");
        let old = AccountKey::new(&north, "1");
        self.consumer.execute(&old, deposit(10 + number as u64)).await.unwrap();
        let new = AccountKey::new(&north, format!("new-{number}"));
        let owner = if number.is_multiple_of(2) { "Ada".to_owned() } else { format!("owner-{number}") };
        self.consumer.execute(&new, Open { owner }).await.unwrap();
        self.consumer.execute(&new, deposit(3)).await.unwrap();
        self.consumer.run_until_idle().await.unwrap();
    }

    /// Compares the views of one projection with the fold of the store, and checks that removed views are gone.
    pub(crate) async fn assert_whole(&self, kind: Kind, context: &str) {
        let (stored, folded) = (Views::stored(&self.app()).await, Views::folded(&self.dynamo).await);
        match kind {
            Kind::Statement => assert_eq!(stored.statements, folded.statements, "{context}"),
            Kind::Wealth => assert_eq!(stored.wealth, folded.wealth, "{context}"),
        }
        assert_eq!(self.consumer.dead_letters().list().await.unwrap(), [], "{context}");
    }

    /// How many requests an undisturbed replay takes.
    pub(crate) async fn requests(kind: Kind, scope: Option<&Tenant>) -> usize {
        let world = Self::with_old_views().await;
        let faults = Faults::new(&world.database, |_| Fault::None);
        kind.replay(&app(&faults.dynamo_without_retries()), scope).await.unwrap();
        faults.count()
    }

    /// The partitions of views that a replay was building.
    pub(crate) async fn shadows(&self) -> Vec<ViewId> {
        let all = all(&self.dynamo.views(), &Extent::Segment { number: 0, of: 1 }).await;
        all.into_iter().map(|view| view.id).filter(|id| id.pk.contains('~')).collect()
    }
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

/// An app with the two projections, which never waits.
pub(crate) fn app_on(store: impl cqrs_core::app::IntoStores, views: impl ViewStore) -> App {
    let hasty = |attempts| RetryPolicy { attempts, base: Duration::ZERO, cap: Duration::ZERO };
    App::builder(store)
        .views(views)
        .settings(|settings| {
            settings.conflict = hasty(100);
            settings.delivery = hasty(3);
            settings.poll = Duration::ZERO;
        })
        .only(["Statement", "Wealth"])
        .build()
        .unwrap()
}

pub(crate) fn app(dynamo: &Dynamo) -> App {
    app_on(dynamo.event_store(), dynamo.views())
}

/// Three accounts of two owners for each tenant.
pub(crate) async fn history(app: &App) {
    for name in TENANTS {
        for (number, owner) in [("1", "Ada"), ("2", "Ada"), ("3", "Bob")] {
            let key = AccountKey::new(&tenant(name), number);
            app.execute(&key, Open { owner: owner.into() }).await.unwrap();
            app.execute(&key, deposit(100)).await.unwrap();
            app.execute(&key, Withdraw { cents: 30 }).await.unwrap();
        }
    }
}

/// All views of an extent, as they are stored.
pub(crate) async fn all(views: &impl ViewStore, extent: &Extent) -> Vec<StoredView> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = views.scan(extent, after.as_ref()).await.unwrap();
        found.extend(page.views);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// All views of a tenant, as they are stored.
pub(crate) async fn of_tenant(views: &impl ViewStore, name: &str) -> Vec<StoredView> {
    let mut found = Vec::new();
    for view in ["STATEMENT", "WEALTH"] {
        found.extend(all(views, &Extent::Partition(ViewId::partition(view, &tenant(name)))).await);
    }
    found
}

/// Leaves every view at its version with another content.
pub(crate) async fn spoil(views: &impl ViewStore) {
    let all = all(views, &Extent::Segment { number: 0, of: 1 }).await;
    for view in all.into_iter().filter(|view| view.id.pk.contains('#')) {
        let data = match view.id.pk.ends_with("#STATEMENT") {
            true => json!({ "lines": [-1] }),
            false => json!({ "cents": 1_000_000, "folded": 99 }),
        };
        let mut spoiled = view.clone();
        spoiled.data = data;
        assert_eq!(views.put(&spoiled, view.revision()).await.unwrap(), Write::Done);
    }
}

/// Statements and wealth, by tenant and id.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Views {
    pub(crate) statements: BTreeMap<(String, String), Statement>,
    pub(crate) wealth: BTreeMap<(String, String), Wealth>,
}

impl Views {
    /// As readers see them.
    pub(crate) async fn stored(app: &App) -> Self {
        let mut views = Self::default();
        for name in TENANTS {
            let id = |id: &String| (name.to_owned(), id.clone());
            let statements: Vec<_> = app.views::<Statement>(&tenant(name)).try_collect().await.unwrap();
            views.statements.extend(statements.into_iter().map(|found| (id(found.key.id()), found.view)));
            let wealth: Vec<_> = app.views::<Wealth>(&tenant(name)).try_collect().await.unwrap();
            views.wealth.extend(wealth.into_iter().map(|found| (id(found.key.owner()), found.view)));
        }
        views
    }

    /// As they follow from the events.
    pub(crate) async fn folded(dynamo: &Dynamo) -> Self {
        Self::folded_from(&dynamo.event_store()).await
    }

    pub(crate) async fn folded_from(store: &impl EventStore) -> Self {
        let mut views = Self::default();
        let commits = cqrs_tests::commits::scan(store, &Extent::Segment { number: 0, of: 1 }).await;
        for commit in commits {
            let key = AccountKey::parse(&commit.stream).unwrap();
            for event in &commit.events {
                views.fold(&key, event);
            }
        }
        views
    }

    fn fold(&mut self, key: &AccountKey, event: &cqrs_core::StoredEvent) {
        let text = |name: &str| event.data.get(name).and_then(serde_json::Value::as_str);
        let cents = event.data.get("cents").and_then(serde_json::Value::as_i64).unwrap_or(0);
        let cents = if event.name == "Withdrawn" { -cents } else { cents };
        let name = key.tenant().as_str().to_owned();
        let wealth = self.wealth.entry((name.clone(), text("owner").unwrap().to_owned())).or_default();
        wealth.folded += 1;
        wealth.cents = wealth.cents.checked_add_signed(cents).unwrap();
        if event.name != "Opened" {
            self.statements.entry((name, key.id().clone())).or_default().lines.push(cents);
        }
    }
}
