use super::{Inspect, linked};
use crate::aggregate::AggregateRow;
use crate::commit::Commit;
use crate::key::{StreamKey, Tenant};
use crate::store::{CommitKey, CommitScan, Extent, StoreError};

impl Inspect<'_> {
    /// Reads the commits of one extent of the events table, page by page: see [`EventStore::scan`](crate::EventStore::scan).
    ///
    /// # Errors
    /// The errors of the store.
    pub async fn scan(&self, extent: &Extent, after: Option<&CommitKey>) -> Result<CommitScan, StoreError> {
        self.app.delivery().runtime.event_store().scan(extent, after).await
    }

    /// About how many commits there are, if the store knows: one request. DynamoDB updates the number every six hours.
    ///
    /// # Errors
    /// The errors of the store.
    pub async fn count(&self) -> Result<Option<u64>, StoreError> {
        self.app.delivery().runtime.event_store().count().await
    }

    /// The partitions that hold all streams of an entity and a tenant. `None` if the keys of the entity do not tell,
    /// and for an entity that is not linked into this program.
    #[must_use]
    pub fn partitions(&self, entity: &str, tenant: &Tenant) -> Option<Vec<Extent>> {
        let row = inventory::iter::<AggregateRow>().find(|row| row.entity == entity)?;
        Some((row.partitions)(tenant)?.into_iter().map(Extent::Partition).collect())
    }

    /// Whether an aggregate or a process of this program has this entity.
    #[must_use]
    pub fn knows_entity(&self, entity: &str) -> bool {
        inventory::iter::<AggregateRow>().any(|row| row.entity == entity)
    }

    /// The entity and the tenant of a commit: by its events, or by the key of its stream if this program does not know
    /// the events. `None` if no aggregate and no process of this program has such a key, or if several have.
    #[must_use]
    pub fn owner(&self, commit: &Commit) -> Option<(&'static str, Tenant)> {
        self.app.delivery().runtime.index.owner(commit)
    }

    /// The tenant of a stream by the key of an entity; `None` if it is not a stream of that entity.
    #[must_use]
    pub fn tenant_of(&self, entity: &str, stream: &StreamKey) -> Option<Tenant> {
        Some((linked::stream(entity)?.texts)(stream).ok()?.0)
    }
}
