use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use super::App;
use crate::delivery::{Beginning, Lag, Outstanding};
use crate::registry::ProjectionRow;
use crate::replay::{Building, Phase, Replayed, Standing, Views};
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// How many projections are asked about at a time.
const PARALLEL: usize = 8;

/// What a projection is at, as [`App::projections`] tells it. It serializes, in camelCase, for those who print or show it.
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
    /// Whether its views have everything that was there, or are being built.
    pub build: Build,
    /// How far it is behind the store. None where this program cannot tell: it has neither a feed nor a
    /// [`Backlog`](crate::store::Backlog), or a broker delivers the projection and the app was given no backlog.
    pub lag: Option<Lag>,
    /// How many dead letters it has, those that wait behind another one included: in the delivery store, and behind a broker
    /// those of its queue, about.
    pub dead_letters: u64,
    /// How many commits it passes over, because somebody has discarded them.
    pub discarded: u64,
}

/// Whether the views of a projection have what was there before it was delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Build {
    /// It has missed nothing.
    Whole,
    /// Its views are built anew, by a [replay](crate::replay) or because their fold has changed, or that was interrupted; readers
    /// have the earlier ones meanwhile. While it runs, `done` changes with each page that a worker is through with.
    #[non_exhaustive]
    Building {
        /// What is done at present.
        phase: Phase,
        /// The tenant whose views are built; none for all.
        tenant: Option<String>,
        /// What it has done, interrupted runs included.
        done: Replayed,
        /// About how many commits it has to read, where the store knows. DynamoDB counts every six hours. None for a replay
        /// of one tenant.
        total: Option<u64>,
    },
    /// Its views lack what was committed before it began, or while it was away: it needs a replay. Or a release with another fold
    /// has taken commits while no program of this one ran: then views across aggregates are built anew by themselves, as soon as
    /// this one is delivered to again.
    #[non_exhaustive]
    Behind {
        /// When it began, or was left; none where nobody has noted it.
        since: Option<Timestamp>,
    },
    /// It is not known yet whether it has missed anything: nothing was delivered to it yet, or something is still on its way.
    /// A delivery settles it; [`App::unreplayed`] looks at the events table at once.
    #[non_exhaustive]
    Unsettled {
        /// When it began; none where it has not.
        since: Option<Timestamp>,
    },
}

impl App {
    /// What the projections of this app are at, by name: the fold, the build and its progress, the lag in commits and in
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
    /// It only reads, from any process, and does not disturb a delivery that is at work. In one process the feed is read from
    /// where each projection stands. **Behind a broker the app needs a [`Backlog`](crate::store::Backlog)**, which
    /// [`AppBuilder::backlog`](super::AppBuilder::backlog) takes: the `Broker` of `cqrs-dynamo` has one.
    ///
    /// Requests: 1, and for each projection 3, and 1 more in one process; 2 more for a projection that is being built, and 1 for
    /// every MB of dead letters. Then what the feed takes: a `GetRecords` of each open shard for every page that is outstanding,
    /// and 40 more to be sure that a quiet shard has nothing, once for all projections that stand at one place. Behind a broker
    /// what the backlog takes.
    ///
    /// # Errors
    /// [`StoreError`]: also where the feed no longer has what follows the place of a projection, or a queue is missing.
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
        let standing = (row.standing)(&delivery.runtime).await?;
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

    /// What is stored, in one word.
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
