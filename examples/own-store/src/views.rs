//! Views and fences, one row each.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cqrs_core::spi::{
    Extent, Fence, QueriedViews, Revision, StoreError, StoredView, ViewId, ViewQuery, ViewScan, ViewStore,
    Write, limits,
};
use serde_json::Value;

use crate::table::{Key, Table, key};

const PAGE: usize = 100;

/// A view store in a file.
#[derive(Debug)]
pub struct FileViewStore {
    table: Mutex<Table>,
}

impl FileViewStore {
    /// Opens a file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { table: Mutex::new(Table::open(path)?) })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A change is on the disk before it is in memory, so the data that a panicking holder left behind is complete.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes rows if the table is as expected, under one lock and in one line.
    fn write(
        &self,
        is_expected: impl FnOnce(&Table) -> Result<bool, StoreError>,
        changes: Vec<(Key, Value)>,
    ) -> Result<Write, StoreError> {
        let mut table = self.table();
        if !is_expected(&table)? {
            return Ok(Write::Stale);
        }
        table.write(changes)?;
        Ok(Write::Done)
    }
}

impl ViewStore for FileViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        view(&self.table(), id)
    }

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        self.write(|table| is_at(table, &view.id, expected), vec![put(view)?])
    }

    async fn put_rebuilt(&self, rebuilt: &StoredView) -> Result<Write, StoreError> {
        let is_older = |table: &Table| {
            let stored = view(table, &rebuilt.id)?;
            Ok(stored.is_none_or(|stored| {
                stored.version <= rebuilt.version && stored.generation < rebuilt.generation
            }))
        };
        self.write(is_older, vec![put(rebuilt)?])
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        let is_expected = |table: &Table| match fence(table, id)? {
            Some(fence) => Ok(fence.revision() == expected),
            None => is_at(table, id, expected),
        };
        // One of the two: a view and a fence never have the same address.
        self.write(is_expected, vec![(view_key(id), Value::Null), (fence_key(id), Value::Null)])
    }

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        self.write(
            |table| Ok(is_at(table, &view.id, expected)? && is_at(table, shadow, shadow_expected)?),
            vec![put(view)?, (view_key(shadow), Value::Null)],
        )
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        fence(&self.table(), id)
    }

    async fn put_fenced(
        &self,
        next: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        let mut records = vec![next.record()];
        records.extend(views.iter().map(|(view, _)| view.record()));
        records.iter().try_for_each(limits::check)?;
        limits::check_transaction(&records)?;
        let mut keys = vec![fence_key(&next.id)];
        keys.extend(views.iter().map(|(view, _)| view_key(&view.id)));
        let unchanged = |table: &Table| {
            let is_fenced = match fence(table, &expected.id)? {
                Some(stored) => stored == *expected,
                None => expected.is_absent(),
            };
            views.iter().try_fold(is_fenced, |so_far, (view, expected)| {
                Ok(so_far && is_at(table, &view.id, *expected)?)
            })
        };
        self.write(unchanged, keys.into_iter().zip(records.into_iter().map(Value::Object)).collect())
    }

    fn keeps_unfenced(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        let table = self.table();
        let start = key(["view"]);
        let mut wanted = table.below(&start, after.map(view_key)).filter(|(key, _)| extent.holds(&key[1]));
        let views = wanted.by_ref().take(PAGE).map(|(_, value)| StoredView::decode(record(value)));
        let views: Vec<_> = views.collect::<Result<_, _>>()?;
        let next = wanted.next().and_then(|_| views.last()).map(|view| view.id.clone());
        Ok(ViewScan::new(views, next))
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        let table = self.table();
        let start = key(["view"]);
        let views = table.below(&start, None).map(|(_, value)| StoredView::decode(record(value)));
        Ok(query.page(views.collect::<Result<Vec<_>, _>>()?))
    }
}

fn is_at(table: &Table, id: &ViewId, expected: Revision) -> Result<bool, StoreError> {
    Ok(view(table, id)?.map_or(Revision::NONE, |view| view.revision()) == expected)
}

fn view(table: &Table, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
    table.get(&view_key(id)).map(|value| StoredView::decode(record(value))).transpose()
}

fn fence(table: &Table, id: &ViewId) -> Result<Option<Fence>, StoreError> {
    table.get(&fence_key(id)).map(|value| Fence::decode(record(value))).transpose()
}

/// The row of a view that is within the limits.
fn put(view: &StoredView) -> Result<(Key, Value), StoreError> {
    let record = view.record();
    limits::check(&record)?;
    Ok((view_key(&view.id), Value::Object(record)))
}

fn record(value: &Value) -> cqrs_core::spi::record::Record {
    value.as_object().cloned().unwrap_or_default()
}

fn view_key(id: &ViewId) -> Key {
    key(["view", &id.pk, &id.sk])
}

fn fence_key(id: &ViewId) -> Key {
    key(["fence", &id.pk, &id.sk])
}
