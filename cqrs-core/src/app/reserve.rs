use super::App;
use crate::aggregate::Aggregate;
use crate::engine::Reserved;
use crate::store::StoreError;

impl App {
    /// Reserves the values of an aggregate's [`unique`](macro@crate::aggregate#unique-values) fields for all streams that are there. This is
    /// for a field that becomes unique when there are streams already, and after the events table was restored to an earlier time.
    ///
    /// Until it has come to its end once, commands that change such a field are answered with
    /// [`ExecuteError::Unreserved`](super::ExecuteError::Unreserved); all others are executed. A new aggregate on a table of less than a
    /// megabyte needs no call: its first stream finds out that there is no other, which on DynamoDB takes the right to `Scan` the events
    /// table. Call it when no process of a release without `unique` writes any more: such a process reserves nothing.
    ///
    /// It may be interrupted and called again, also while commands are executed: what is reserved is not written again. The answer lists
    /// the values that more than one stream has. Their streams go on with them, and each is to be changed by a command.
    ///
    /// On DynamoDB it scans the events table, loads every stream of the aggregate, reads each of its values, and writes those that are
    /// not reserved: 2 write units, and 2 for the condition that the stream has not changed.
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
    /// [`StoreError`]; [`StoreError::Refused`] where the event store keeps no unique values.
    pub async fn reserve<A: Aggregate>(&self) -> Result<Reserved, StoreError> {
        self.delivery.runtime.reserve::<A>().await
    }
}
