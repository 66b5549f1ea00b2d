use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::App;
use crate::delivery::{Beginning, Lag, Outstanding};
use crate::registry::ProjectionRow;
use crate::replay::{Building, Phase, Replayed, Standing, Views, standing};
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// How many projections are asked about at a time.
const PARALLEL: usize = 8;

/// The progress of a projection, as [`App::projections`] reports it. It serializes in camelCase, for programs that
/// print or show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProjectionState {
    /// Its name.
    pub projection: &'static str,
    /// The name of its views in their keys, `ORDER_SUMMARY`.
    pub view: &'static str,
    /// Its queue, behind a broker.
    pub queue: &'static str,
    /// The fingerprint of its fold in this program: 16 hexadecimal digits, which change with the struct, the fold, the
    /// indexes and the events of the projection.
    pub fold: &'static str,
    /// Whether its views are complete, or are being built.
    pub build: Build,
    /// How far it is behind the store. `None` if this program cannot know: it has neither a feed nor a
    /// [`Backlog`](crate::store::Backlog), or a broker delivers the projection and the app was given no backlog.
    pub lag: Option<Lag>,
    /// How many dead letters it has, including those that wait behind another one: those in the delivery store, and
    /// behind a broker the approximate number in its queue.
    pub dead_letters: u64,
    /// How many commits it skips because they were discarded.
    pub discarded: u64,
}

/// Whether the views of a projection contain the commits from before it was delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Build {
    /// It has missed nothing.
    Whole,
    /// Its views are being built anew, by a [replay](crate::replay) or because their fold has changed; or this work was
    /// interrupted. Readers have the earlier views in the meantime. While it runs, `done` changes with each page that a
    /// worker has finished.
    #[non_exhaustive]
    Building {
        /// What is being done now.
        phase: Phase,
        /// The tenant whose views are being built; `None` for all tenants.
        tenant: Option<String>,
        /// What has been done, including interrupted runs.
        done: Replayed,
        /// About how many commits it has to read, if the store knows. DynamoDB counts every six hours. `None` for a
        /// replay of one tenant.
        total: Option<u64>,
    },
    /// Its views lack what was committed before it began or while it was away: it needs a replay. Or a release with
    /// another fold took commits while no program with this fold ran. In that case, views across aggregates are built
    /// anew by themselves as soon as this fold is delivered to again.
    #[non_exhaustive]
    Behind {
        /// When it began, or was left; `None` if this was not noted.
        since: Option<Timestamp>,
    },
    /// It is not known yet whether it has missed anything: nothing was delivered to it yet, or something is still on
    /// its way. A delivery settles it. [`App::unreplayed`] checks the events table at once.
    #[non_exhaustive]
    Unsettled {
        /// When it began; `None` if it has not begun.
        since: Option<Timestamp>,
    },
}

impl App {
    /// The progress of this app's projections, by name: the fold, the build and its progress, the lag in commits and in
    /// seconds, and the dead letters.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::app::Build;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # use cqrs_core::view::MemoryViewStore;
    /// #[projection(Order)]
    /// #[derive(Default)]
    /// pub struct Totals {
    ///     pub total: u64,
    /// }
    ///
    /// #[projection(Order)]
    /// impl Totals {
    ///     #[apply]
    ///     fn created(&mut self, event: &OrderCreated) {
    ///         self.total = event.total;
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// let lag = app.projections().await?[0].lag.expect("it is delivered from the feed");
    /// assert_eq!(lag.commits, 1);
    ///
    /// app.run_until_idle().await?;
    /// for state in app.projections().await? {
    ///     assert_eq!((state.projection, state.dead_letters), ("Totals", 0));
    ///     assert_eq!(state.build, Build::Whole);
    ///     assert_eq!(state.lag.and_then(|lag| lag.seconds), Some(0));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It only reads, from any process, and does not disturb a running delivery. In one process, the feed is read from
    /// the position of each projection. **Behind a broker the app needs a [`Backlog`](crate::store::Backlog)**, which
    /// [`AppBuilder::backlog`](super::AppBuilder::backlog) takes: the `Broker` of `cqrs-dynamo` has one.
    ///
    /// It costs 1 request, and for each projection 3, and in one process 1 more. A projection that is being built costs
    /// 2 more, and each MB of dead letters 1 more. The feed costs a `GetRecords` of each open shard for every
    /// outstanding page, and 40 more to be sure that a quiet shard has nothing. This is paid once for all projections
    /// at the same position. Behind a broker, the backlog's requests are paid instead.
    ///
    /// # Errors
    /// [`StoreError`], also if the feed no longer has what follows the position of a projection, or if a queue is
    /// missing.
    pub async fn projections(&self) -> Result<Vec<ProjectionState>, StoreError> {
        let delivery = &self.delivery;
        let beginnings = delivery.beginnings().await?;
        let mut outstanding = delivery.outstanding().await?;
        let mut asked = Vec::new();
        for projection in delivery.projections() {
            let row = inventory::iter::<ProjectionRow>().find(|row| row.name == projection.name);
            asked.extend(row.map(|row| (row, outstanding.remove(row.name).unwrap_or_default())));
        }
        // A closure that lives across an await would keep this future from being `Send`.
        let beginnings = &beginnings;
        let states: Vec<_> = asked
            .into_iter()
            .map(|(row, outstanding)| self.state_of(row, outstanding, beginnings.get(row.name)))
            .collect();
        stream::iter(states).buffered(PARALLEL).try_collect().await
    }

    async fn state_of(
        &self,
        row: &ProjectionRow,
        outstanding: Outstanding,
        beginning: Option<&Beginning>,
    ) -> Result<ProjectionState, StoreError> {
        let delivery = &self.delivery;
        let standing = standing(row.projection, &delivery.runtime).await?;
        let letters = delivery.count_letters(row.name).await?;
        Ok(ProjectionState {
            projection: row.name,
            view: row.view,
            queue: row.queue.unwrap_or(row.name),
            fold: standing.fold,
            build: self.build_of(standing, beginning).await?,
            lag: outstanding.lag,
            dead_letters: letters + outstanding.dead_letters,
            discarded: delivery.count_discarded(row.name).await?,
        })
    }

    /// The state of the build, from what is stored.
    async fn build_of(&self, standing: Standing, beginning: Option<&Beginning>) -> Result<Build, StoreError> {
        if let Some(Building { phase, tenant, done }) = standing.building {
            let total = match tenant {
                Some(_) => None,
                None => self.delivery.runtime.event_store().count().await?,
            };
            return Ok(Build::Building { phase, tenant, done, total });
        }
        match standing.views {
            Views::Followed => {}
            Views::Missing => return Ok(Build::Unsettled { since: None }),
            Views::Left { since } => return Ok(Build::Behind { since }),
        }
        Ok(match beginning {
            None => Build::Unsettled { since: None },
            Some(Beginning::Unsettled { since }) => Build::Unsettled { since: Some(*since) },
            Some(Beginning::Behind { mended_by: Some(number), .. }) if standing.replayed >= *number => {
                Build::Whole
            }
            Some(Beginning::Behind { since, .. }) => Build::Behind { since: Some(*since) },
            Some(Beginning::Whole) => Build::Whole,
        })
    }
}
