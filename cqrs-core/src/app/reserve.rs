use super::App;
use crate::aggregate::Aggregate;
use crate::engine::Reserved;
use crate::store::StoreError;

impl App {
    /// Reserves the values of an aggregate's [`unique`](macro@crate::aggregate#unique-values) fields for all existing
    /// streams. Call it when a field becomes unique while there are already streams, and after the events table was
    /// restored to an earlier time.
    ///
    /// Until it has completed once, commands that change such a field are answered with
    /// [`ExecuteError::Unreserved`](super::ExecuteError::Unreserved). All other commands are executed. A new aggregate
    /// on a table of less than a megabyte needs no call: its first stream finds that there is no other one. On DynamoDB
    /// this takes the right to `Scan` the events table. Call it only when no process of a release without `unique`
    /// writes any more, because such a process reserves nothing.
    ///
    /// It may be interrupted and called again, also while commands are executed: a value that is already reserved is
    /// not written again. The answer lists the values that more than one stream has. Their streams keep them, and a
    /// command has to change each.
    ///
    /// On DynamoDB it scans the events table, loads every stream of the aggregate, reads each of its values, and writes
    /// those that are not reserved. Each costs 2 write units, and 2 for the condition that the stream has not changed.
    ///
    /// ```rust,standalone_crate
    /// # mod guest { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guest.rs")); }
    /// # use guest::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let reserved = app.reserve::<Guest>().await?;
    /// for collision in &reserved.collisions {
    ///     println!("{} has the {} of {}", collision.other, collision.field, collision.owner);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]; it is a [`StoreError::Refused`] if the event store keeps no unique values.
    pub async fn reserve<A: Aggregate>(&self) -> Result<Reserved, StoreError> {
        self.delivery.runtime.reserve::<A>().await
    }
}
