//! One store: commands in, events delivered, views out.

use std::collections::BTreeSet;
#[cfg(feature = "embedded")]
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use cqrs_core::app::Found;
use cqrs_core::prelude::*;
use cqrs_core::replay::{Progress, Replayable};
use cqrs_core::{Aggregate, StoreError};
use cqrs_dynamo::{Cost, Dynamo};
use futures_util::{TryStreamExt, pin_mut};

#[cfg(feature = "aws")]
use crate::aws::{self, Pipeline};
use crate::domain::{Order, OrderKey, Status};
use crate::error::RunError;
use crate::file::CommandFile;
#[cfg(feature = "aws")]
use crate::options::Stack;
use crate::outcome::Outcome;
use crate::progress;
#[cfg(any(feature = "embedded", feature = "aws"))]
use crate::read_models::OrderCreatedHandler;
use crate::read_models::{CustomerTotals, NotificationService, OrderSummary};
use crate::report::{
    CustomerOrders, CustomerRow, Delivery, Happened, Letter, OrderRow, Rebuilt, StateAsOf, TenantViews, Trail,
};

/// How many orders of a customer go on a page.
const PAGE: u32 = 5;
/// How many open orders are shown.
const LARGEST: u32 = 3;

/// One store, and the way from it to the read models.
#[derive(Debug)]
pub struct Session {
    dynamo: Dynamo,
    app: App,
    notifications: NotificationService,
    #[cfg(feature = "aws")]
    pipeline: Option<Pipeline>,
}

impl Session {
    /// Opens a database, or makes it.
    ///
    /// # Errors
    /// [`RunError::Database`], [`RunError::Wiring`].
    #[cfg(feature = "embedded")]
    pub async fn open(path: &Path) -> Result<Self, RunError> {
        let opened = Dynamo::embedded(path).await;
        let dynamo = opened.map_err(|source| RunError::Database { path: path.to_owned(), source })?;
        Self::on(dynamo)
    }

    /// Makes the missing tables, topic and queues in an AWS account, and uses these.
    ///
    /// # Errors
    /// [`RunError::Tables`], [`RunError::Broker`], [`RunError::Wiring`].
    #[cfg(feature = "aws")]
    pub async fn connect(stack: &Stack) -> Result<Self, RunError> {
        let dynamo = aws::tables(stack).await?;
        let session = Self::on(dynamo)?;
        let pipeline = Pipeline::create(&session.dynamo, &session.app, stack).await?;
        Ok(Self { pipeline: Some(pipeline), ..session })
    }

    #[cfg(any(feature = "embedded", feature = "aws"))]
    fn on(dynamo: Dynamo) -> Result<Self, RunError> {
        let notifications = NotificationService::default();
        let app = App::builder(&dynamo)
            .provide(OrderCreatedHandler { notifications: notifications.clone() })
            .build()?;
        Ok(Self {
            dynamo,
            app,
            notifications,
            #[cfg(feature = "aws")]
            pipeline: None,
        })
    }

    /// The delivery over AWS, if that is used.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn pipeline(&self) -> Option<&Pipeline> {
        self.pipeline.as_ref()
    }

    /// The app, for a console on it.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The cost in the database so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.dynamo.cost()
    }

    /// Executes the commands in the order of the file.
    ///
    /// # Errors
    /// [`RunError::Line`] if the store fails.
    pub async fn execute(&self, file: &CommandFile) -> Result<Vec<Outcome>, RunError> {
        let progress = progress::bar("executing", file.entries.len());
        let mut outcomes = Vec::with_capacity(file.entries.len());
        for entry in &file.entries {
            let outcome = entry.execute(&self.app).await.map_err(|source| RunError::Line {
                path: file.path.clone(),
                line: entry.number,
                source: Box::new(source),
            })?;
            outcomes.push(outcome);
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok(outcomes)
    }

    /// Delivers every commit that a subscriber has not taken yet.
    ///
    /// # Errors
    /// [`RunError::Delivery`]; over AWS also [`RunError::Broker`] and [`RunError::Late`].
    pub async fn deliver(&self, file: &CommandFile) -> Result<Delivery, RunError> {
        #[cfg(feature = "aws")]
        if let Some(pipeline) = &self.pipeline {
            let delivered = pipeline.deliver(file).await?;
            return Ok(Delivery { confirmations: self.notifications.sent(), ..delivered });
        }
        let _ = file;
        let delivered = self.app.run_until_idle().await?;
        let letters = self.app.dead_letters().list().await?.into_iter();
        Ok(Delivery {
            commits: delivered.commits,
            confirmations: self.notifications.sent(),
            dead_letters: letters.map(Letter::from).collect(),
            ..Delivery::default()
        })
    }

    /// Rebuilds both read models from all commits.
    ///
    /// # Errors
    /// [`RunError::Replay`].
    pub async fn replay(&self) -> Result<Vec<Rebuilt>, RunError> {
        Ok(vec![self.rebuild::<OrderSummary>().await?, self.rebuild::<CustomerTotals>().await?])
    }

    async fn rebuild<P: Replayable>(&self) -> Result<Rebuilt, RunError> {
        let bar = OnceLock::new();
        let show = |progress: Progress| {
            let total = progress.total.unwrap_or_default();
            let length = usize::try_from(total).unwrap_or(usize::MAX);
            let bar = bar.get_or_init(|| progress::bar(format!("building {}", P::NAME), length));
            // DynamoDB counts every six hours: there may be more by now.
            bar.set_length(total.max(progress.done.commits));
            bar.set_position(progress.done.commits);
        };
        let (before, started) = (self.cost(), Instant::now());
        let done = self.app.replay::<P>().progress(show).await?;
        if let Some(bar) = bar.get() {
            bar.finish_and_clear();
        }
        Ok(Rebuilt {
            projection: P::NAME,
            commits: done.commits,
            streams: done.streams,
            views: done.views,
            seconds: started.elapsed().as_secs_f64(),
            cost: (self.cost() - before).into(),
        })
    }

    /// The read models of some tenants.
    ///
    /// # Errors
    /// [`RunError::Read`], [`RunError::List`].
    pub async fn tenants(&self, tenants: BTreeSet<Tenant>) -> Result<Vec<TenantViews>, RunError> {
        let mut all = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let orders = self.app.views::<OrderSummary>(&tenant).map_ok(OrderRow::from);
            let orders = orders.try_collect().await?;
            let customers = self.app.views::<CustomerTotals>(&tenant).map_ok(|found| CustomerRow {
                customer_id: found.key.customer_id().clone(),
                totals: found.view,
            });
            let customers = customers.try_collect().await?;
            let open = self.app.query::<OrderSummary>(&tenant).by_status(Status::Open);
            let open = open.descending().limit(LARGEST).await?;
            let largest_open = open.views.into_iter().map(OrderRow::from).collect();
            all.push(TenantViews { tenant: tenant.to_string(), orders, customers, largest_open });
        }
        Ok(all)
    }

    /// The orders of a customer, newest first, page by page.
    ///
    /// # Errors
    /// [`RunError::List`].
    pub async fn newest(&self, tenant: &Tenant, customer: &str) -> Result<CustomerOrders, RunError> {
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let newest = self.app.query::<OrderSummary>(tenant).by_customer(customer).descending();
            let page = newest.limit(PAGE).after(after).await?;
            if !page.views.is_empty() {
                pages.push(page.views.into_iter().map(OrderRow::from).collect());
            }
            after = page.next;
            if after.is_none() {
                let (tenant, customer_id) = (tenant.to_string(), customer.to_owned());
                return Ok(CustomerOrders { tenant, customer_id, pages });
            }
        }
    }

    /// The events of an order, its current state and its earlier states; `None` if nothing has happened.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trail(&self, key: &OrderKey) -> Result<Option<Trail>, StoreError> {
        let events = self.app.history(key);
        pin_mut!(events);
        let mut history = Vec::new();
        while let Some(event) = events.try_next().await? {
            let stored = Order::encode(event.event())?;
            let metadata = event.metadata();
            history.push(Happened {
                version: event.version(),
                at: metadata.created_at,
                by: metadata.created_by.clone(),
                command_id: metadata.command_id.clone(),
                event: stored.name,
                data: stored.data,
            });
        }
        let Some(first) = history.first() else { return Ok(None) };
        let time = first.at;
        let now = self.app.load(key).await?;
        let earlier = self.app.load_version(key, now.version.previous()).await?;
        let as_of = self.app.load_as_of(key, time).await?;
        Ok(Some(Trail {
            tenant: key.tenant().to_string(),
            order_id: key.id().clone(),
            history,
            now: now.into(),
            at_version: earlier.into(),
            as_of: StateAsOf { time, state: as_of.into() },
        }))
    }
}

impl From<Found<OrderSummary>> for OrderRow {
    fn from(found: Found<OrderSummary>) -> Self {
        Self { order_id: found.key.id().clone(), version: found.version, summary: found.view }
    }
}
