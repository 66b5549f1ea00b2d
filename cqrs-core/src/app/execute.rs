use super::App;
use crate::aggregate::AggregateKey;
use crate::command::{Command, Decide};
use crate::engine::{Caller, Execute, execute};

impl App {
    /// Executes a command on the aggregate at `key`: it loads the state, decides, and appends the commit.
    ///
    /// This takes two requests on DynamoDB, or one if the state is still in memory. A rejection, or a decision without
    /// events, on a state from memory is decided again on the current end of the stream before it is returned, which
    /// takes one more request. With `snapshot_every`, a state that is not in memory takes one more request, at the same
    /// time as the other. Every N commits, one more request writes the snapshot.
    ///
    /// The answer is a [`Committed`](super::Committed) with its [`Outcome`](super::Outcome), or an [`ExecuteError`](super::ExecuteError).
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// let done = app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// assert_eq!(done.version, Version::new(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute<'a, K, C>(
        &'a self,
        key: &K,
        command: C,
    ) -> Execute<'a, K::Aggregate, <K::Aggregate as Decide<C>>::Rejection, C>
    where
        K: AggregateKey<Aggregate: Decide<C>>,
        C: Command,
    {
        let caller = Caller { runtime: &self.delivery.runtime, cause: self.cause.as_ref() };
        execute(caller, key, command)
    }
}
