use std::future::IntoFuture;
#[cfg(feature = "embedded")]
use std::path::Path;
use std::sync::Arc;

use aws_types::SdkConfig;
use cqrs_core::StoreError;
use cqrs_core::app::{IntoStores, Stores};
use cqrs_core::spi::{has_timers, has_unique_fields, view_indexes};

use super::{DynamoEventStore, DynamoSnapshotStore, DynamoViewStore};
#[cfg(feature = "embedded")]
use crate::embedded::{self, Embedded, EmbeddedError};
use crate::names::Tables;
use crate::table::{
    Cost, DirectBodies, Meter, Spent, StreamRequests, Table, TableRequests, creation, time_limits,
};

/// A DynamoDB: in an AWS account, behind an endpoint, or embedded. Clones are cheap, and share one meter.
///
/// ```
/// use cqrs_core::App;
/// use cqrs_dynamo::Dynamo;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "embedded")] {
/// let dynamo = Dynamo::embedded("shop.db").await?; // on AWS: Dynamo::from_env().await?
/// let app = App::builder(&dynamo).build()?;
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Dynamo {
    client: aws_sdk_dynamodb::Client,
    streams: aws_sdk_dynamodbstreams::Client,
    tables: Tables,
    meter: Meter,
    embedded: bool,
    conf: Arc<SdkConfig>,
    sdk_bodies: bool,
}

impl Dynamo {
    /// A DynamoDB from a configuration of the AWS SDK, with everything that it says about region, credentials,
    /// endpoint, retries, time limits and HTTP client. Time limits that it does not set are those of
    /// [`Dynamo::from_env`]. What it disables (`TimeoutConfig::disabled()`, or one by one) stays disabled. Nothing is
    /// sent yet, and no table is made.
    ///
    /// ```
    /// use aws_config::{BehaviorVersion, Region};
    /// use cqrs_dynamo::Dynamo;
    ///
    /// # async fn example() {
    /// let conf = aws_config::defaults(BehaviorVersion::v2026_01_12())
    ///     .region(Region::new("ap-northeast-1"))
    ///     .load()
    ///     .await;
    /// let dynamo = Dynamo::from_conf(&conf);
    /// # }
    /// ```
    #[must_use]
    pub fn from_conf(conf: &SdkConfig) -> Self {
        Self::new(conf, None)
    }

    pub(super) fn new(conf: &SdkConfig, streams_endpoint: Option<String>) -> Self {
        let given = Arc::new(conf.clone());
        let conf = &time_limits::limited(conf);
        let meter = Meter::default();
        let tables = aws_sdk_dynamodb::config::Builder::from(conf)
            .interceptor(TableRequests(meter.clone()))
            .interceptor(DirectBodies)
            .build();
        let mut streams =
            aws_sdk_dynamodbstreams::config::Builder::from(conf).interceptor(StreamRequests(meter.clone()));
        if let Some(endpoint) = streams_endpoint {
            streams = streams.endpoint_url(endpoint);
        }
        Self {
            client: aws_sdk_dynamodb::Client::from_conf(tables),
            streams: aws_sdk_dynamodbstreams::Client::from_conf(streams.build()),
            tables: Tables::default(),
            meter,
            #[cfg(feature = "embedded")]
            embedded: embedded::leads_here(conf),
            #[cfg(not(feature = "embedded"))]
            embedded: false,
            conf: given,
            sdk_bodies: false,
        }
    }

    /// An embedded DynamoDB in a file, with its tables. The file is created if it does not exist. Several processes may
    /// have it open at once. See [`Embedded::open`](crate::Embedded::open).
    ///
    /// # Errors
    /// [`StoreError::Refused`] if the file cannot be opened or created, is not writable, or is something else; the
    /// error says what to do.
    #[cfg(feature = "embedded")]
    pub async fn embedded(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        // A large file of an earlier version gets its indexes first.
        let opened = tokio::task::spawn_blocking(move || Embedded::open(path)).await;
        Self::on(opened.map_err(|error| StoreError::Unavailable { source: Box::new(error) })?).await
    }

    /// An embedded DynamoDB that lives as long as this value and its clones, with its tables.
    ///
    /// # Errors
    /// [`StoreError`] if SQLite does not work at all.
    #[cfg(feature = "embedded")]
    pub async fn embedded_in_memory() -> Result<Self, StoreError> {
        Self::on(Embedded::in_memory()).await
    }

    #[cfg(feature = "embedded")]
    async fn on(database: Result<Embedded, EmbeddedError>) -> Result<Self, StoreError> {
        let database = database.map_err(|error| StoreError::refused(cqrs_core::RefusedKind::Setup, error))?;
        let dynamo = Self::from_conf(&database.sdk_config());
        dynamo.create_tables().await?;
        Ok(dynamo)
    }

    /// The same DynamoDB with other tables. They are not made: see [`Dynamo::create_tables`].
    #[must_use]
    pub fn with_tables(mut self, tables: Tables) -> Self {
        self.tables = tables;
        self
    }

    /// Lets the SDK write and read the items of requests and answers, in the stores that this value returns from now
    /// on.
    ///
    /// Otherwise records are written straight into the bodies of requests, and read straight from the bodies of
    /// answers, which saves half of the work of a long read. The requests and answers are the same in both ways.
    /// Everything else is done by the SDK in any case: retries, time limits, endpoint, credentials, signature, errors.
    /// Use this method to find out whether a difference comes from here.
    ///
    /// ```
    /// # async fn example() -> Result<(), cqrs_core::StoreError> {
    /// let dynamo = cqrs_dynamo::Dynamo::from_env().await?.with_sdk_bodies();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_sdk_bodies(mut self) -> Self {
        self.sdk_bodies = true;
        self
    }

    /// Makes the tables that do not exist, on demand, and waits until all can be used. The events table gets a stream,
    /// and the views table gets the indexes that linked projections declare. A table for reservations is made if a
    /// linked aggregate has unique fields, and a table for timers if the program has commands that can wait. Existing
    /// tables are checked and otherwise left alone, with two exceptions. The time to live of the delivery table, by
    /// which inbox records expire, is enabled if possible. The views table gets the indexes that it lacks, one after
    /// another; indexes that no projection needs stay. Calling it twice, or in two processes at once, is safe. It gives
    /// up on a table or an index that is not ready after five minutes. DynamoDB continues to fill the index in the
    /// meantime, and the next call continues from there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a table or an index with other keys, and for an events table without a stream of new
    /// images; [`StoreError::Denied`] if rights are missing; [`StoreError::Unavailable`] for a table or an index that
    /// does not become ready.
    pub async fn create_tables(&self) -> Result<(), StoreError> {
        let Tables { reservations, timers, .. } = &self.tables;
        let further = [(has_unique_fields(), reservations), (has_timers(), timers)];
        let further: Vec<_> = further.iter().filter(|(needed, _)| *needed).map(|(_, table)| *table).collect();
        creation::create(&self.client, &self.tables, view_indexes(), &further).await
    }

    /// The event store, for [`App::builder`](cqrs_core::App::builder).
    #[must_use]
    pub fn event_store(&self) -> DynamoEventStore {
        DynamoEventStore {
            table: self.table(&self.tables.events),
            streams: self.streams.clone(),
            delivery_table: self.table(&self.tables.delivery),
            reservations: self.table(&self.tables.reservations),
            timers: self.table(&self.tables.timers),
            embedded: self.embedded,
        }
    }

    /// The view store, for [`AppBuilder::views`](cqrs_core::app::AppBuilder::views).
    #[must_use]
    pub fn views(&self) -> DynamoViewStore {
        DynamoViewStore::new(self.table(&self.tables.views))
    }

    /// The snapshot store, for [`AppBuilder::snapshots`](cqrs_core::app::AppBuilder::snapshots).
    #[must_use]
    pub fn snapshots(&self) -> DynamoSnapshotStore {
        DynamoSnapshotStore { table: self.table(&self.tables.snapshots) }
    }

    fn table(&self, name: &str) -> Table {
        Table::new(&self.client, name, self.sdk_bodies)
    }

    /// What has been spent through this value, its clones and its stores so far. The difference of two readings is what
    /// was spent between them:
    ///
    /// ```
    /// # async fn example(dynamo: cqrs_dynamo::Dynamo) {
    /// let before = dynamo.cost();
    /// // …
    /// println!("{}", dynamo.cost() - before); // 1 requests, 1 WCU, 0 RCU
    /// # }
    /// ```
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.meter.read()
    }

    /// Runs some work and returns it with its cost, for tests. What others spend through this value in the meantime is
    /// included.
    ///
    /// ```
    /// # use cqrs_core::prelude::*;
    /// # #[event]
    /// # pub struct Opened {}
    /// # #[derive(Clone)]
    /// # pub struct Open;
    /// # #[aggregate(entity = "ACCOUNT")]
    /// # #[derive(Default)]
    /// # pub struct Account {}
    /// # #[aggregate]
    /// # impl Account {
    /// #     #[command]
    /// #     fn open(&self, _: Open) -> Result<Opened, std::convert::Infallible> { Ok(Opened {}) }
    /// #     #[apply]
    /// #     fn opened(&mut self, _: &Opened) {}
    /// # }
    /// # #[cfg(not(feature = "embedded"))]
    /// # fn main() {}
    /// # #[cfg(feature = "embedded")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let account = AccountKey::new(&Tenant::new("BANK")?, "4711");
    /// let dynamo = cqrs_dynamo::Dynamo::embedded_in_memory().await?;
    /// let app = App::builder(dynamo.event_store()).build()?;
    ///
    /// dynamo.spent(app.execute(&account, Open)).await.requests(2).wcu(1);
    /// let done = dynamo.spent(app.execute(&account, Open)).await.requests(1).wcu(1).rcu(0).output?;
    /// assert_eq!(done.version, Version::new(2));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn spent<W: IntoFuture>(&self, work: W) -> Spent<W::Output> {
        self.meter.note_names();
        let before = self.cost();
        let output = work.await;
        Spent { output, cost: self.cost() - before, names: self.meter.take_names() }
    }

    /// The client of the SDK, to look at the tables. Its requests count.
    #[must_use]
    pub fn client(&self) -> &aws_sdk_dynamodb::Client {
        &self.client
    }

    /// The configuration from which it was made. A [`Broker`](crate::Broker) made from the same configuration shares
    /// its HTTP client, its credentials and its settings, and a function on Lambda starts sooner:
    ///
    /// ```
    /// # #[cfg(feature = "broker")]
    /// # async fn example() -> Result<(), cqrs_core::StoreError> {
    /// use cqrs_dynamo::{Broker, Dynamo};
    ///
    /// let dynamo = Dynamo::from_env().await?;
    /// let broker = Broker::from_conf(dynamo.sdk_config());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.conf
    }

    /// The names of the tables.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}

impl IntoStores for &Dynamo {
    /// All of its tables.
    fn into_stores(self) -> Stores {
        self.event_store().into_stores().views(self.views()).snapshots(self.snapshots())
    }
}

impl IntoStores for Dynamo {
    /// All of its tables.
    fn into_stores(self) -> Stores {
        (&self).into_stores()
    }
}

impl IntoStores for DynamoEventStore {
    /// The tables of commits and of the delivery.
    fn into_stores(self) -> Stores {
        let delivery = self.delivery();
        let feed = self.clone();
        Stores::new(self, delivery).feed(move || feed.feed())
    }
}
