use std::slice;
use std::sync::Arc;

use cqrs_core::StoreError;
use cqrs_core::projection::ViewId;
use cqrs_core::store::record::Record;
use cqrs_core::store::{Extent, limits};
use cqrs_core::view::{
    Fence, QueriedViews, Revision, StoredView, SwapIn, ViewQuery, ViewScan, ViewStore, Write,
};

use super::view_batch::{Batches, swap_writes};
use super::view_condition::{at, fenced, older_than};
use super::view_query;
use crate::table::{Condition, ItemWrite, Row, Table, Written, checked, key, scan};

/// Views in a DynamoDB table, one item each, and their fences beside them. Clones are cheap.
///
/// A view is read with one consistent `GetItem` and written with one `PutItem` under `attribute_not_exists(pk)` or
/// `version = :currentVersion`. A keyed view is written in the same way, and then the fence of the
/// stream. If a commit changes several of them, they are written in one `TransactWriteItems` with the fence, or in
/// several if one does not take them all. Errors are those of [`DynamoEventStore`](crate::DynamoEventStore).
///
/// A replay reads up to 100 views or fences with one `BatchGetItem`, and writes up to 25 views at their aggregates'
/// keys with one `BatchExecuteStatement`, each under its own condition. For that, a role that replays needs
/// `dynamodb:BatchGetItem`, `dynamodb:PartiQLInsert` and `dynamodb:PartiQLUpdate` on the views table. Without these
/// rights, the replay reads and writes them one by one.
#[derive(Debug, Clone)]
pub struct DynamoViewStore {
    pub(super) table: Table,
    pub(super) batches: Arc<Batches>,
}

impl DynamoViewStore {
    pub(super) fn new(table: Table) -> Self {
        Self { table, batches: Arc::default() }
    }
}

impl ViewStore for DynamoViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        self.table.get(key(&id.pk, &id.sk), true, view).await?.transpose()
    }

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        self.put_if(view, || at(expected)).await
    }

    async fn put_rebuilt(&self, view: &StoredView) -> Result<Write, StoreError> {
        self.put_if(view, || older_than(view)).await
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        let delete = || Ok(ItemWrite::delete(key(&id.pk, &id.sk), at(expected)));
        self.table.write(delete).await.map(outcome)
    }

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        let record = checked(view.record())?;
        let writes = swap_writes(&record, expected, shadow, shadow_expected);
        self.table.write_all(writes).await.map(outcome)
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        let fence = self.table.get(key(&id.pk, &id.sk), true, |row| decoded(row, Fence::decode));
        fence.await?.transpose()
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        if views.is_empty() {
            let put = || Ok(ItemWrite::put(checked(fence.record())?, fenced(expected)));
            return self.table.write(put).await.map(outcome);
        }
        let fence = (fence.clone(), expected.clone());
        self.put_all_fenced(slice::from_ref(&fence), views).await
    }

    async fn get_all(&self, ids: &[ViewId]) -> Result<Vec<Option<StoredView>>, StoreError> {
        self.read_all(ids, view).await
    }

    async fn fences(&self, ids: &[ViewId]) -> Result<Vec<Option<Fence>>, StoreError> {
        self.read_all(ids, |row| decoded(row, Fence::decode)).await
    }

    async fn put_rebuilt_all(&self, views: &[StoredView]) -> Result<Vec<Write>, StoreError> {
        self.put_older(views).await
    }

    async fn swap_in_all(&self, swaps: &[SwapIn]) -> Result<Vec<Write>, StoreError> {
        self.swap_all(swaps).await
    }

    fn fences_at_once(&self) -> usize {
        limits::MAX_TRANSACTION_ITEMS
    }

    async fn put_all_fenced(
        &self,
        fences: &[(Fence, Fence)],
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        let mut records: Vec<_> = fences.iter().map(|(fence, _)| fence.record()).collect();
        records.extend(views.iter().map(|(view, _)| view.record()));
        limits::check_transaction(&records)?;
        let conditions = views.iter().map(|(_, expected)| at(*expected));
        let conditions = fences.iter().map(|(_, expected)| fenced(expected)).chain(conditions);
        let writes = records.into_iter().zip(conditions);
        let writes = writes.map(|(record, condition)| Ok(ItemWrite::put(checked(record)?, condition)));
        let writes = writes.collect::<Result<Vec<_>, StoreError>>()?;
        self.table.write_all(writes).await.map(outcome)
    }

    fn keeps_unfenced(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        let start = after.map(|id| key(&id.pk, &id.sk));
        // Fences have no data.
        let page = scan::page(&self.table, extent, start, Some("data"), view).await?;
        let views = page.items.into_iter().collect::<Result<_, _>>()?;
        Ok(ViewScan::new(views, page.next.map(|(pk, sk)| ViewId::new(pk, sk))))
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        let (views, next) = view_query::page(&self.table, query, view).await?;
        Ok(QueriedViews::new(views.into_iter().collect::<Result<_, _>>()?, next))
    }
}

impl DynamoViewStore {
    async fn put_if(
        &self,
        view: &StoredView,
        condition: impl Fn() -> Condition + Send + Sync,
    ) -> Result<Write, StoreError> {
        let put = || Ok(ItemWrite::put(checked(view.record())?, condition()));
        self.table.write(put).await.map(outcome)
    }
}

pub(super) fn outcome(written: Written) -> Write {
    match written {
        Written::Done(_) => Write::Done,
        Written::Refused(_) => Write::Stale,
    }
}

fn view(row: Row<'_>) -> Result<StoredView, StoreError> {
    decoded(row, StoredView::decode)
}

/// Attributes that a view does not have are kept, whatever they are.
fn decoded<T>(row: Row<'_>, decode: impl FnOnce(Record) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let (record, others) = row.into_readable();
    decode(record).map_err(|mut error| {
        if let StoreError::Corrupt(corrupt) = &mut error {
            for other in others {
                corrupt.reason.push_str(&format!("; {other}"));
            }
        }
        error
    })
}
