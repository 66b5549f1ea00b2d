use super::App;
use crate::aggregate::{Aggregate, AggregateKey, UniqueKey};
use crate::store::StoreError;

impl App {
    /// The key of the instance that has a value in a [`unique`](macro@crate::aggregate#unique-values) field, or `None`
    /// if no instance has it. This is one `GetItem` on DynamoDB. It sees all commits that were acknowledged before.
    ///
    /// ```rust,standalone_crate
    /// # mod guest { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guest.rs")); }
    /// # use guest::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).build()?;
    /// let tenant = Tenant::new("HOTEL")?;
    /// let ada = GuestKey::new(&tenant, "G-1");
    /// app.execute(&ada, Register { email: "ada@example.com".into() }).await?;
    ///
    /// assert_eq!(app.find(Guest::email(&tenant, "ada@example.com")).await?, Some(ada));
    /// assert_eq!(app.find(Guest::email(&tenant, "bob@example.com")).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]; an empty value is a [`StoreError::Key`].
    pub async fn find<A: Aggregate>(&self, value: UniqueKey<A>) -> Result<Option<A::Key>, StoreError> {
        let value = value.value?;
        let found = self.delivery.runtime.event_store().reservation(&value).await?;
        Ok(found.map(|reservation| A::Key::parse(&reservation.owner)).transpose()?)
    }
}
