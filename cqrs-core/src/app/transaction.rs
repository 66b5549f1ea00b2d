use super::App;
use crate::engine::{Caller, Transaction};

impl App {
    /// Executes commands on several aggregates together or not at all: one `TransactWriteItems` on DynamoDB. See
    /// [`Transaction`] for its options and costs.
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// # let tenant = Tenant::new("TENANT001")?;
    /// # let orders: Vec<_> = (1..=3).map(|number| OrderKey::new(&tenant, format!("20240101-00{number}"))).collect();
    /// let mut all = app.transaction().by("user-123");
    /// for order in &orders {
    ///     all = all.execute(order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 });
    /// }
    /// let created = all.await?;
    /// assert_eq!(created.tokens().count(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction::new(Caller { runtime: &self.delivery.runtime, cause: self.cause.as_ref() })
    }
}
