use std::fmt::{self, Debug};
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::difference::report;
use super::handled::{Handled, listed, place};
use super::setting::time;
use super::world::World;
use crate::aggregate::{Aggregate, AggregateKey, IntoEvents};
use crate::app::{App, AppBuilder};
use crate::clock::Clock;
use crate::commit::Commit;
use crate::delivery::{Failure, FailureKind, Subscriber, Terms};
use crate::metadata::Metadata;
use crate::projector::Origin;
use crate::runtime::{Probe, RetryPolicy, Sent};
use crate::snapshot::MemorySnapshotStore;
use crate::store::DynEventStore;
use crate::timestamp::Timestamp;
use crate::view::MemoryViewStore;

/// One try: the test wants to see a failure.
const ONE_TRY: RetryPolicy = RetryPolicy { attempts: 1, base: Duration::ZERO, cap: Duration::ZERO };

/// What a handler does with an event: given its dependencies, when an event comes, then its result and the commands
/// that it sent.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// use cqrs_core::prelude::*;
/// use cqrs_core::testing::HandlerScenario;
///
/// /// Small orders leave at once.
/// #[event_handler(OrderCreated)]
/// async fn ship_small(event: &Recorded<OrderCreated>, app: &App) -> Result<(), HandlerError> {
///     if event.total < 100 {
///         app.execute(&event.key()?, ShipOrder { tracking: "letter".into() }).await?;
///     }
///     Ok(())
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
/// let created = |total| OrderCreated { customer_id: "CUST-001".into(), total };
///
/// HandlerScenario::of("ship_small")
///     .when(&order, created(50))
///     .twice()
///     .run()
///     .then_done()
///     .then_sent(&order, ShipOrder { tracking: "letter".into() })
///     .then_sent_no_more();
///
/// HandlerScenario::of("ship_small").when(&order, created(500)).run().then_done().then_sent_no_more();
/// # Ok(())
/// # }
/// ```
///
/// A handler is found by its name, as with [`only`](AppBuilder::only). Give its dependencies with
/// [`provide`](Self::provide), and keep a clone to see the effects. The event reaches the handler as in production: out
/// of a stored commit, with an [`App`] that sends commands on behalf of the event, to aggregates whose past is
/// [`given`](Self::given).
///
/// In a plain `#[test]`, [`Handling::run`] brings its own runtime. In a `#[tokio::test]`, use `.await` instead.
pub struct HandlerScenario {
    handler: String,
    builder: AppBuilder,
    world: World,
}

/// A handler with an event to handle. `.await` or [`Handling::run`] runs it.
#[must_use = "the handler has not run: add `.run()`, or `.await` in an async test"]
pub struct Handling {
    scenario: HandlerScenario,
    commit: Commit,
    twice: bool,
}

impl HandlerScenario {
    /// The handler with this name.
    pub fn of(name: &str) -> Self {
        let world = World::new();
        let builder = App::builder(world.store.clone())
            .views(MemoryViewStore::new())
            .snapshots(MemorySnapshotStore::new());
        Self { handler: name.to_owned(), builder, world }
    }

    /// Gives the handler a value that it needs: its receiver, or a dependency.
    #[must_use]
    pub fn provide<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.builder = self.builder.provide(value);
        self
    }

    /// These events have happened to the aggregate at `key`, each as a commit of its own.
    ///
    /// # Panics
    /// If an event cannot be stored.
    #[must_use]
    #[track_caller]
    pub fn given<K>(mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Self
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.world.happen(key, events);
        self
    }

    /// Sets the time from now on, for the handler's [`App`] too: a [`Timestamp`], or a text such as
    /// `"2024-01-31T10:00:00Z"`.
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

    /// This happens to the aggregate at `key`, and the handler receives it: one event, or those of one commit.
    ///
    /// # Panics
    /// If an event cannot be stored.
    #[track_caller]
    pub fn when<K>(mut self, key: &K, events: impl IntoEvents<K::Aggregate>) -> Handling
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let commit = self.world.happen_at_once(key, events);
        Handling { scenario: self, commit, twice: false }
    }
}

impl Handling {
    /// Delivers the events twice, as every delivery may. The handler must send the same commands under the same ids,
    /// and they are executed once. The test compares the handler's effects outside.
    pub fn twice(mut self) -> Self {
        self.twice = true;
        self
    }

    /// Runs the handler, in a test without a runtime.
    ///
    /// # Panics
    /// In an async test, where `.await` is used instead; and for the same reasons as `.await`.
    #[must_use = "a run proves nothing before a `then…` looks at it"]
    #[track_caller]
    pub fn run(self) -> Handled {
        assert!(
            tokio::runtime::Handle::try_current().is_err(),
            "there is a runtime already: write `.await` instead of `.run()`"
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap_or_else(|error| panic!("no runtime: {error}")).block_on(self.handle())
    }

    async fn handle(self) -> Handled {
        let Self { scenario: HandlerScenario { handler, builder, world }, commit, twice } = self;
        let probe = Arc::default();
        let clock = Clock::at(world.setting.at);
        let app = builder.clock(&clock).only([handler.as_str()]).probe(&probe).build();
        let app = app.unwrap_or_else(|faults| panic!("{faults}"));
        let [subscriber] = &*app.delivery().subscribers else { panic!("there is no handler `{handler}`") };
        assert!(!subscriber.is_projection(), "`{handler}` is a projection: see `ProjectionScenario`");
        assert!(
            subscriber.wants(&commit),
            "`{handler}` does not listen to `{}`; it takes {}",
            commit.events.iter().map(|event| event.name.as_str()).collect::<Vec<_>>().join("`, `"),
            subscriber.events.iter().map(|id| format!("`{}`", id.name)).collect::<Vec<_>>().join(", ")
        );
        let (failure, sent) = deliver(subscriber, &app, &commit, &probe).await;
        if twice {
            let stored = written(&world).await;
            let (_, again) = deliver(subscriber, &app, &commit, &probe).await;
            check_again(&handler, &sent, &again, written(&world).await - stored);
        }
        Handled { handler, failure, sent, seen: 0, world }
    }
}

impl IntoFuture for Handling {
    type Output = Handled;
    type IntoFuture = Pin<Box<dyn Future<Output = Handled> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.handle())
    }
}

pub(super) fn is_permanent(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Permanent)
}

async fn deliver(
    subscriber: &Subscriber,
    app: &App,
    commit: &Commit,
    probe: &Probe,
) -> (Option<Failure>, Vec<Sent>) {
    let done = AtomicUsize::new(0);
    let terms = Terms { origin: Origin::Store, retry: ONE_TRY, is_shared: false, slot: None };
    let failure = subscriber.deliver(app.delivery(), std::slice::from_ref(commit), terms, &done).await;
    (failure, std::mem::take(&mut probe.seen().sent))
}

/// How many commits there are so far.
async fn written(world: &World) -> u64 {
    DynEventStore::count(&world.store).await.ok().flatten().unwrap_or_default()
}

fn check_again(handler: &str, first: &[Sent], again: &[Sent], written: u64) {
    let told = |sent: &[Sent]| listed(sent.iter().map(|sent| format!("{} {}", place(sent), sent.command_id)));
    // A handler with `once` is not run a second time.
    if !again.is_empty() && told(first) != told(again) {
        let what = format!("`{handler}` sent other commands when its event came again");
        panic!("{}", report(&what, &[("first", told(first)), ("then", told(again))]));
    }
    assert!(
        written == 0,
        "`{handler}` does not tolerate duplicates: the second delivery wrote {written} commits; are its command \
         ids its own?"
    );
}

impl Debug for HandlerScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerScenario")
            .field("handler", &self.handler)
            .field("history", &self.world.told())
            .finish_non_exhaustive()
    }
}

impl Debug for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handling").field("scenario", &self.scenario).finish_non_exhaustive()
    }
}
