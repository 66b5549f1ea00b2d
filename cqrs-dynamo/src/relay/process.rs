use std::fmt;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cqrs_core::delivery::{Delivered, DeliveryError, Publisher};
use cqrs_core::supervisor::{Outage, Supervised, doubled, supervise};
use cqrs_core::{App, StoreError, Timestamp};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::lease::Board;
use super::leases::Leases;
use super::session::Session;
use super::watch::{Reading, Watch};
use crate::names::partition::RELAY;
use crate::store::{Dynamo, DynamoEventStore};

/// A lease of zero length would be renewed all the time.
const SHORTEST_RENEWAL: Duration = Duration::from_millis(100);

/// Moves commits from the events table's DynamoDB Stream to a topic: as a separate process, or as a task in another one.
///
/// Every commit is published at least once, in the order of its stream. The position moves only after the topic has accepted
/// everything before it, so a crash publishes some commits again and loses none.
///
/// Several relays may run at once, here or on other machines. They share the shards of the stream, with a lease for each. A shard
/// whose relay has died is taken over after another relay has watched its lease for as long as it lasts. The clocks of the
/// machines may differ by any amount. Shards are read parents before children.
///
/// The stream keeps its records for 24 hours. If a relay finds that records are gone before it has published them, it reads the
/// events table itself, in parallel. It publishes every commit that was recorded since the last accepted record, some of them
/// again; only then does it continue with the stream. A relay that begins on a table for the first time publishes what the stream
/// holds.
///
/// A record that is not a commit becomes a dead letter of `@relay` ([`App::dead_letters`](cqrs_core::App::dead_letters)).
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
///
/// # async fn example(sns: aws_sdk_sns::Client, topic_arn: String) -> Result<(), Box<dyn std::error::Error>> {
/// let dynamo = Dynamo::from_env().await?;
/// let app = App::builder(dynamo.event_store()).only([]).build()?;
/// let mut relay = Relay::new(&dynamo, &app, SnsPublisher::new(sns, topic_arn));
/// relay.run(async { /* until a signal arrives */ }).await?;
/// # Ok(())
/// # }
/// ```
///
/// Its leases are items of the delivery table, pk `RELAY#{name}`. In addition to the rights to read the stream, it needs `Query`,
/// `UpdateItem`, `PutItem` and `DeleteItem` on the delivery table, and `Scan` on the events table; to publish, `sns:Publish` and
/// `sns:GetTopicAttributes` on the topic.
pub struct Relay<P> {
    app: App,
    publisher: Arc<P>,
    events: DynamoEventStore,
    settings: RelaySettings,
    clock: Clock,
    watch: Arc<Mutex<Watch>>,
    /// This relay's own name among the relays that share a name.
    me: String,
}

/// The wall clock, and the elapsed time: leases use only the second.
#[derive(Clone)]
struct Clock {
    time: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    passed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Default for Clock {
    fn default() -> Self {
        let start = Instant::now();
        Self { time: Arc::new(Timestamp::now), passed: Arc::new(move || start.elapsed()) }
    }
}

/// Settings of a [`Relay`]. The defaults are meant for production.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelaySettings {
    /// The common name of all relays to one topic. Relays to another topic need another name. Default `default`.
    pub name: String,
    /// How long a shard waits for a relay without signs of life, measured by the waiting relay: the clocks of machines may
    /// differ. Default 30 seconds.
    pub lease: Duration,
    /// How long a relay waits before it reads a shard with nothing new again. Default 250 milliseconds.
    pub poll: Duration,
    /// How far before the last accepted record a catch-up begins: more than the clocks of the machines that execute commands may
    /// differ. Default 15 minutes.
    pub margin: Duration,
    /// Into how many parts a catch-up divides the table; the relays work on them in parallel. Default 4.
    pub segments: u32,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            name: "default".to_owned(),
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(250),
            margin: Duration::from_mins(15),
            segments: 4,
        }
    }
}

impl<P: Publisher> Relay<P> {
    /// A relay from the stream of `dynamo`'s events table; `app` must use its event store.
    #[must_use]
    pub fn new(dynamo: &Dynamo, app: &App, publisher: P) -> Self {
        Self {
            app: app.clone(),
            publisher: Arc::new(publisher),
            events: dynamo.event_store(),
            settings: RelaySettings::default(),
            clock: Clock::default(),
            watch: Arc::default(),
            me: Uuid::now_v7().to_string(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut RelaySettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// The clock by which holes are measured; for tests. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock.time = Arc::new(clock);
        self
    }

    /// The time since an arbitrary start, by which leases run out; for tests. Default: the machine's monotonic clock, which is
    /// never set.
    #[must_use]
    pub fn passed(mut self, passed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.clock.passed = Arc::new(passed);
        self
    }

    /// Publishes until `shutdown` is ready, then finishes what it has begun and hands its leases back. If the store or the topic
    /// is throttled or cannot be reached, it waits and continues. After it has read leases and shards once, it also waits if a
    /// store denies access; after it has published once, also if the topic does.
    ///
    /// If it is dropped before that, its leases run out.
    ///
    /// # Errors
    /// [`DeliveryError`] if waiting does not help: the topic refuses a commit, or rights, the topic or a table have been missing
    /// since the start. Nothing is lost; the next run continues at the stored positions.
    pub async fn run(
        &mut self,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<Delivered, DeliveryError> {
        self.relay_until(Box::pin(shutdown)).await
    }

    /// In a box, so that the relay is compiled here, and not again in each program.
    fn relay_until<'a>(
        &'a mut self,
        shutdown: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Delivered, DeliveryError>> {
        Box::pin(async move {
            let mut service =
                Service { shared: self.shared(), delivered: Delivered::default(), begun: false };
            let ended = supervise(&mut service, shutdown).await;
            // The others wait for a silent relay until they take it for dead.
            let left = service.shared.leases.leave().await.map_err(failed);
            ended.and(left)?;
            Ok(service.delivered)
        })
    }

    /// Publishes what there is in the shards that no other relay has, and returns when there is nothing new. For programs that
    /// end, and for tests. If the owner of a lease may be dead, this watches it for as long as the lease lasts.
    ///
    /// # Errors
    /// [`DeliveryError`]; nothing is lost, and the next run continues.
    pub async fn run_until_idle(&mut self) -> Result<Delivered, DeliveryError> {
        let mut session = Session::new(self.shared());
        session.drain().await?;
        let mut delivered = Delivered::default();
        delivered.commits = session.published();
        Ok(delivered)
    }

    /// Publishes every commit that was recorded since a time, less [`RelaySettings::margin`], from the events table itself, and
    /// returns when that is done. It is for an operator who knows that records were lost before they were published. A relay of
    /// this kind notices that itself; a [`RelayFunction`](crate::lambda::RelayFunction) cannot.
    ///
    /// Commits that were published before are published again: consumers recognize a commit by its key. Commits of one stream are
    /// published in order, but a function that publishes from the stream at the same time may be ahead. If the order matters to
    /// handlers, stop that function until this has returned.
    ///
    /// All relays of this name that are at work read the table in parallel. If store or topic are throttled or cannot be reached,
    /// this waits and continues. After a crash, a new call may publish from the start again. It takes a `Scan` of the whole
    /// table: 1 read unit per 4 KB.
    ///
    /// ```no_run
    /// # use cqrs_core::{App, Timestamp};
    /// # use cqrs_dynamo::{Dynamo, Relay, SnsPublisher};
    /// # async fn example(dynamo: Dynamo, app: App, topic: SnsPublisher) -> Result<(), Box<dyn std::error::Error>> {
    /// let since: Timestamp = "2024-01-01T10:00:00Z".parse()?;
    /// let published = Relay::new(&dynamo, &app, topic).catch_up(since).await?;
    /// println!("{} commits", published.commits);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DeliveryError`] if waiting does not help.
    pub async fn catch_up(&mut self, since: Timestamp) -> Result<Delivered, DeliveryError> {
        let delivered = Delivered::default();
        let mut catch_up = CatchUp { shared: self.shared(), since, opened: false, delivered };
        supervise(&mut catch_up, pending()).await?;
        Ok(catch_up.delivered)
    }

    fn shared(&self) -> Arc<Shared<P>> {
        let delivery = self.events.delivery();
        Arc::new(Shared {
            app: self.app.clone(),
            publisher: Arc::clone(&self.publisher),
            leases: Leases::new(delivery, &self.settings.name, self.me.clone(), self.settings.lease),
            events: self.events.clone(),
            settings: self.settings.clone(),
            clock: self.clock.clone(),
            watch: Arc::clone(&self.watch),
        })
    }
}

impl<P> fmt::Debug for Relay<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A relay as a service.
struct Service<P> {
    shared: Arc<Shared<P>>,
    delivered: Delivered,
    begun: bool,
}

impl<P: Publisher> Supervised for Service<P> {
    type Error = DeliveryError;
    const NAME: &'static str = "relay";

    async fn work<S: Future<Output = ()> + Send>(&mut self, stop: Pin<&mut S>) -> Result<(), DeliveryError> {
        let mut session = Session::new(Arc::clone(&self.shared));
        let served = session.serve(stop).await;
        self.delivered.commits += session.published();
        self.begun |= session.has_begun();
        served
    }

    fn outage(&self, error: &DeliveryError) -> Option<Outage> {
        let worked = match error {
            DeliveryError::Publish(_) => self.delivered.commits > 0,
            _ => self.begun,
        };
        let transient = error.is_transient();
        (transient || worked && error.is_outage()).then(|| Outage::of(transient))
    }

    fn progress(&self) -> u64 {
        self.delivered.commits
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.shared.settings.poll, failures)
    }
}

/// Publishes what the table has recorded since a time.
struct CatchUp<P> {
    shared: Arc<Shared<P>>,
    since: Timestamp,
    opened: bool,
    delivered: Delivered,
}

impl<P: Publisher> Supervised for CatchUp<P> {
    type Error = DeliveryError;
    const NAME: &'static str = "catch-up";

    async fn work<S: Future<Output = ()> + Send>(&mut self, _: Pin<&mut S>) -> Result<(), DeliveryError> {
        let mut session = Session::new(Arc::clone(&self.shared));
        if !self.opened {
            session.open_catch_up(self.since).await?;
            self.opened = true;
        }
        let caught_up = session.catch_up().await;
        self.delivered.commits += session.published();
        caught_up
    }

    fn outage(&self, error: &DeliveryError) -> Option<Outage> {
        error.is_transient().then_some(Outage::Passing)
    }

    fn progress(&self) -> u64 {
        self.delivered.commits
    }

    fn pause(&self, failures: u32) -> Duration {
        doubled(self.shared.settings.poll, failures)
    }
}

/// What the parts of a relay share.
pub(super) struct Shared<P> {
    pub(super) app: App,
    pub(super) publisher: Arc<P>,
    pub(super) leases: Leases,
    pub(super) events: DynamoEventStore,
    pub(super) settings: RelaySettings,
    clock: Clock,
    watch: Arc<Mutex<Watch>>,
}

impl<P> Shared<P> {
    pub(super) fn now(&self) -> Timestamp {
        (self.clock.time)()
    }

    /// Everything that is stored, with what this relay knows about the others.
    pub(super) async fn board(&self) -> Result<Board, DeliveryError> {
        let before = (self.clock.passed)();
        let mut board = self.leases.board().await.map_err(failed)?;
        let reading = Reading { before, after: (self.clock.passed)() };
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.judge(&mut board, reading, self.settings.lease);
        Ok(board)
    }

    /// When a lease that is taken or renewed now runs out.
    pub(super) fn until(&self) -> Timestamp {
        self.now() + self.settings.lease
    }

    /// How often a lease is renewed: two renewals may fail.
    pub(super) fn renewal(&self) -> Duration {
        (self.settings.lease / 3).max(SHORTEST_RENEWAL)
    }
}

/// The leases cannot be read or written.
pub(super) fn failed(source: StoreError) -> DeliveryError {
    DeliveryError::Store { subscriber: RELAY.to_owned(), source: Box::new(source) }
}

/// The stream or the table cannot be read.
pub(super) fn unread(source: StoreError) -> DeliveryError {
    DeliveryError::Feed(Box::new(source))
}
