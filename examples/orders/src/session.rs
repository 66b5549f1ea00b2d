//! One open database: commands in, events delivered, views out.

use std::collections::BTreeSet;
use std::path::Path;

use cqrs_core::prelude::*;
use cqrs_core::{Aggregate, StoreError};
use cqrs_dynamo::{Cost, Dynamo};
use futures_util::{TryStreamExt, pin_mut};

use crate::domain::{Order, OrderKey};
use crate::error::RunError;
use crate::file::CommandFile;
use crate::outcome::Outcome;
use crate::progress;
use crate::read_models::{CustomerTotals, NotificationService, OrderCreatedHandler, OrderSummary};
use crate::report::{CustomerRow, Delivery, Happened, Letter, OrderRow, StateAsOf, TenantViews, Trail};

/// One open database.
#[derive(Debug)]
pub struct Session {
    dynamo: Dynamo,
    app: App,
    notifications: NotificationService,
}

impl Session {
    /// Opens a database, or makes it.
    ///
    /// # Errors
    /// [`RunError::Database`], [`RunError::Wiring`].
    pub async fn open(path: &Path) -> Result<Self, RunError> {
        let opened = Dynamo::embedded(path).await;
        let dynamo = opened.map_err(|source| RunError::Database { path: path.to_owned(), source })?;
        let notifications = NotificationService::default();
        let app = App::builder(dynamo.event_store())
            .views(dynamo.views())
            .provide(OrderCreatedHandler { notifications: notifications.clone() })
            .build()?;
        Ok(Self { dynamo, app, notifications })
    }

    /// What has been asked of the database so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.dynamo.cost()
    }

    /// Executes the commands in the order of the file.
    ///
    /// # Errors
    /// [`RunError::Line`] where the store fails.
    pub async fn execute(&self, file: &CommandFile) -> Result<Vec<Outcome>, RunError> {
        let progress = progress::bar(file.entries.len());
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
    /// [`RunError::Delivery`].
    pub async fn deliver(&self) -> Result<Delivery, RunError> {
        let delivered = self.app.run_until_idle().await?;
        let letters = self.app.dead_letters().list().await?.into_iter().map(|letter| Letter {
            subscriber: letter.id.subscriber,
            pk: letter.id.pk,
            sk: letter.id.sk,
            reason: letter.reason,
        });
        Ok(Delivery {
            commits: delivered.commits,
            confirmations: self.notifications.sent(),
            dead_letters: letters.collect(),
            ..Delivery::default()
        })
    }

    /// The read models of some tenants.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tenants(&self, tenants: BTreeSet<Tenant>) -> Result<Vec<TenantViews>, StoreError> {
        let mut all = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            let orders = self.app.views::<OrderSummary>(&tenant).map_ok(|found| OrderRow {
                order_id: found.key.id().clone(),
                version: found.version,
                summary: found.view,
            });
            let orders = orders.try_collect().await?;
            let customers = self.app.views::<CustomerTotals>(&tenant).map_ok(|found| CustomerRow {
                customer_id: found.key.customer_id().clone(),
                totals: found.view,
            });
            let customers = customers.try_collect().await?;
            all.push(TenantViews { tenant: tenant.to_string(), orders, customers });
        }
        Ok(all)
    }

    /// What happened to an order, how it stands, and how it stood; none where nothing happened.
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
        let earlier = self.app.load_at(key, now.version.previous()).await?;
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
