use std::iter;

use cqrs_core::commit::CommitDigest;
use cqrs_core::projection::ViewId;
use cqrs_core::store::record::Record;
use cqrs_core::store::{Extent, limits};
use cqrs_core::view::{
    Fence, IndexEntry, QueriedViews, Revision, StoredView, ViewQuery, ViewScan, ViewStore, Write,
};
use cqrs_core::{StoreError, Timestamp, Version};
use serde_json::Value;

use super::view_condition::{at, fenced, older_than};
use super::view_query;
use crate::table::{Condition, Item, ItemWrite, Table, Written, attribute, checked, key, scan, text};

/// Views in a DynamoDB table, one item each, and their fences beside them. Clones are cheap.
///
/// A view is read with one consistent `GetItem` and written with one `PutItem` under `attribute_not_exists(pk)` or
/// `version = :currentVersion`. Views with a key of their own are written in one `TransactWriteItems` with the
/// fence of the stream, or in several where a commit changes more than one takes. Errors are those of
/// [`DynamoEventStore`](crate::DynamoEventStore).
#[derive(Debug, Clone)]
pub struct DynamoViewStore {
    pub(crate) table: Table,
}

impl ViewStore for DynamoViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        let item = self.item(id).await?;
        item.map(|item| decode_view(&self.table, item)).transpose()
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
        let put = ItemWrite::put(checked(view.record())?, at(expected));
        let delete = ItemWrite::delete(key(&shadow.pk, &shadow.sk), at(shadow_expected));
        self.table.write_all([put, delete]).await.map(outcome)
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        let Some(item) = self.item(id).await? else { return Ok(None) };
        let record = record_of(&self.table, item)?;
        let mut fence = Fence::none(id.clone());
        fence.version =
            version_of(&record).ok_or_else(|| unreadable(&self.table, id, "a fence without a `version`"))?;
        fence.digest = digest_of(&record);
        fence.generation = build_of(&record);
        fence.generation_version =
            record.get("built").and_then(Value::as_u64).map_or(fence.version, Version::new);
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        (fence.part, fence.generation_part) = (text("appliedUntil"), text("builtUntil"));
        fence.editions = record.get("editions").and_then(Value::as_u64).unwrap_or_default();
        Ok(Some(fence))
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        let mut records = vec![fence.record()];
        records.extend(views.iter().map(|(view, _)| view.record()));
        limits::check_transaction(&records)?;
        let conditions = views.iter().map(|(_, expected)| at(*expected));
        let conditions = iter::once(fenced(expected)).chain(conditions);
        let writes = records.into_iter().zip(conditions);
        let writes = writes.map(|(record, condition)| Ok(ItemWrite::put(checked(record)?, condition)));
        let writes = writes.collect::<Result<Vec<_>, StoreError>>()?;
        self.table.write_all(writes).await.map(outcome)
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        let start = after.map(|id| key(&id.pk, &id.sk));
        // Fences have no data.
        let page = scan::page(&self.table, extent, start, Some("data")).await?;
        let views = page.items.into_iter().map(|item| decode_view(&self.table, item));
        let next = page.next.map(|(pk, sk)| ViewId::new(pk, sk));
        Ok(ViewScan::new(views.collect::<Result<_, _>>()?, next))
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        let (items, next) = view_query::page(&self.table, query).await?;
        let views = items.into_iter().map(|item| decode_view(&self.table, item));
        Ok(QueriedViews::new(views.collect::<Result<_, _>>()?, next))
    }
}

impl DynamoViewStore {
    async fn item(&self, id: &ViewId) -> Result<Option<Item>, StoreError> {
        self.table.get(key(&id.pk, &id.sk), true).await
    }

    async fn put_if(
        &self,
        view: &StoredView,
        condition: impl Fn() -> Condition + Send + Sync,
    ) -> Result<Write, StoreError> {
        let put = || Ok(ItemWrite::put(checked(view.record())?, condition()));
        self.table.write(put).await.map(outcome)
    }
}

fn outcome(written: Written) -> Write {
    match written {
        Written::Done(_) => Write::Done,
        Written::Refused(_) => Write::Stale,
    }
}

fn decode_view(table: &Table, item: Item) -> Result<StoredView, StoreError> {
    let mut record = record_of(table, item)?;
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = ViewId::new(text("pk"), text("sk"));
    let missing = |name: &str| unreadable(table, &id, &format!("a view without a readable `{name}`"));
    let version = version_of(&record).ok_or_else(|| missing("version"))?;
    let updated_at: Timestamp = text("updatedAt").parse().map_err(|_| missing("updatedAt"))?;
    let (generation, digest) = (build_of(&record), digest_of(&record));
    let entries = IndexEntry::all_of(&record);
    let fingerprint = record.get("fingerprint").and_then(Value::as_str).map(str::to_owned);
    let data = record.remove("data").ok_or_else(|| missing("data"))?;
    let view = StoredView::new(id, version, data, updated_at).with_entries(entries);
    Ok(view.with_generation(generation).with_digest(digest).with_fingerprint(fingerprint))
}

fn record_of(table: &Table, item: Item) -> Result<Record, StoreError> {
    let text = |name: &str| text(&item, name).unwrap_or_default().to_owned();
    let id = ViewId::new(text("pk"), text("sk"));
    attribute::to_record(item).map_err(|error| unreadable(table, &id, &error.to_string()))
}

fn version_of(record: &Record) -> Option<Version> {
    record.get("version").and_then(Value::as_u64).map(Version::new)
}

fn build_of(record: &Record) -> u64 {
    record.get("build").and_then(Value::as_u64).unwrap_or_default()
}

/// One that cannot be read is taken for that of another commit, which is looked into.
fn digest_of(record: &Record) -> Option<CommitDigest> {
    record.get("digest").and_then(Value::as_str)?.parse().ok()
}

fn unreadable(table: &Table, id: &ViewId, reason: &str) -> StoreError {
    table.unreadable(&id.pk, &id.sk, reason)
}
