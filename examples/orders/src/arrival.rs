//! Whether everything has arrived. Nothing on the way knows this, so the read models are compared with the store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use cqrs_core::StoreError;
use cqrs_core::prelude::*;
use futures_util::TryStreamExt;

use crate::aws;
use crate::domain::Status;
use crate::error::RunError;
use crate::file::CommandFile;
use crate::options::Stack;
use crate::progress;
use crate::read_models::{CustomerTotals, OrderSummary};

/// How often the read models are checked: at most a tenth of the time is used for that. The dead letters are checked as
/// often.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_FOR_LETTERS: Duration = Duration::from_secs(5);
/// How long nothing may change before waiting is pointless.
const PATIENCE: Duration = Duration::from_secs(120);

/// What has to arrive.
pub(crate) struct Arrival {
    /// With its own meter: the cost of waiting is not the cost of delivering.
    app: App,
    tenants: BTreeSet<Tenant>,
    /// The version of every order in the store.
    orders: BTreeMap<(Tenant, String), Version>,
}

/// The content of the read models, as far as it is compared.
#[derive(PartialEq, Eq)]
struct Seen {
    /// How many orders have reached the version in the store.
    orders: usize,
    /// Per tenant and customer: orders and total, according to the orders and according to the customers.
    by_orders: Totals,
    by_customers: Totals,
}

type Totals = BTreeMap<(Tenant, String), (u64, u64)>;

impl Arrival {
    /// What has to arrive for all orders of a file.
    pub(crate) async fn of(file: &CommandFile, stack: &Stack) -> Result<Self, RunError> {
        let dynamo = aws::tables(stack).await?;
        let app = App::builder(&dynamo).only([]).build()?;
        let mut orders = BTreeMap::new();
        for entry in &file.entries {
            let order = (entry.tenant.clone(), entry.key.id().clone());
            if orders.contains_key(&order) {
                continue;
            }
            let version = app.load(&entry.key).await?.version;
            if !version.is_none() {
                orders.insert(order, version);
            }
        }
        Ok(Self { app, tenants: file.tenants(), orders })
    }

    /// Returns when all of it has arrived, or when `is_stuck`.
    pub(crate) async fn wait(
        &self,
        is_stuck: impl AsyncFn() -> Result<bool, RunError>,
    ) -> Result<(), RunError> {
        let bar = progress::bar("delivering", self.orders.len());
        let started = Instant::now();
        let mut last = self.look().await?;
        let pause = LOOK.max(10 * started.elapsed());
        let (mut changed_at, mut looked_at) = (Instant::now(), Instant::now());
        while last.orders < self.orders.len() || last.by_orders != last.by_customers {
            bar.set_position(last.orders as u64);
            tokio::time::sleep(pause).await;
            if looked_at.elapsed() > LOOK_FOR_LETTERS {
                if is_stuck().await? {
                    break;
                }
                looked_at = Instant::now();
            }
            let seen = self.look().await?;
            if seen != last {
                changed_at = Instant::now();
            } else if changed_at.elapsed() > PATIENCE {
                let (arrived, orders) = (seen.orders, self.orders.len());
                return Err(RunError::Late { arrived, orders, patience: PATIENCE });
            }
            last = seen;
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn look(&self) -> Result<Seen, StoreError> {
        let mut seen = Seen { orders: 0, by_orders: Totals::new(), by_customers: Totals::new() };
        for tenant in &self.tenants {
            let orders: Vec<_> = self.app.views::<OrderSummary>(tenant).try_collect().await?;
            for order in orders {
                let wanted = self.orders.get(&(tenant.clone(), order.key.id().clone()));
                seen.orders += usize::from(wanted.is_some_and(|version| order.version >= *version));
                if order.view.status != Status::Cancelled {
                    let customer = (tenant.clone(), order.view.customer_id);
                    let totals = seen.by_orders.entry(customer).or_default();
                    *totals = (totals.0 + 1, totals.1 + order.view.total);
                }
            }
            let customers: Vec<_> = self.app.views::<CustomerTotals>(tenant).try_collect().await?;
            // A customer who has cancelled everything belongs to no order.
            for customer in customers.into_iter().filter(|customer| customer.view.orders > 0) {
                let CustomerTotals { orders, total } = customer.view;
                seen.by_customers
                    .insert((tenant.clone(), customer.key.customer_id().clone()), (orders, total));
            }
        }
        Ok(seen)
    }
}
