use super::App;
use crate::aggregate::AggregateKey;
use crate::command::{Command, Decide};
use crate::engine::{Caller, Execute, execute};

impl App {
    /// Executes a command on the aggregate at `key`: load, decide, append.
    ///
    /// Two requests on DynamoDB, one where the state is still in memory. A rejection, or no events, decided on a
    /// state from memory is decided again on the stream's end before it is returned, which takes one more. With
    /// `snapshot_every`, a state that is not in memory takes one request more, at the same time as the other, and every
    /// so many commits one more writes the snapshot.
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
