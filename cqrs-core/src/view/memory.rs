use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Fence, QueriedViews, Revision, StoredView, ViewId, ViewQuery, ViewScan, ViewStore, Write};
use crate::store::{Extent, StoreError, limits};

const PAGE: usize = 100;

/// A view store in memory, for tests. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryViewStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    views: BTreeMap<ViewId, StoredView>,
    fences: BTreeMap<ViewId, Fence>,
}

impl Content {
    fn is_at(&self, id: &ViewId, expected: Revision) -> bool {
        self.views.get(id).map_or(Revision::NONE, StoredView::revision) == expected
    }

    fn is_fenced(&self, expected: &Fence) -> bool {
        match self.fences.get(&expected.id) {
            Some(fence) => fence == expected,
            None => expected.is_absent(),
        }
    }

    fn insert(&mut self, view: &StoredView) {
        self.views.insert(view.id.clone(), view.clone());
    }
}

impl MemoryViewStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // Conditions are checked before anything changes, so a panicking holder leaves consistent data behind.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the content if it is as expected.
    fn write(
        &self,
        expected: impl FnOnce(&Content) -> bool,
        change: impl FnOnce(&mut Content),
    ) -> Result<Write, StoreError> {
        let mut content = self.content();
        if !expected(&content) {
            return Ok(Write::Stale);
        }
        change(&mut content);
        Ok(Write::Done)
    }
}

impl ViewStore for MemoryViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        Ok(self.content().views.get(id).cloned())
    }

    async fn put(&self, view: &StoredView, expected: Revision) -> Result<Write, StoreError> {
        limits::check(&view.record())?;
        self.write(|content| content.is_at(&view.id, expected), |content| content.insert(view))
    }

    async fn put_rebuilt(&self, view: &StoredView) -> Result<Write, StoreError> {
        limits::check(&view.record())?;
        let is_older = |content: &Content| {
            let stored = content.views.get(&view.id);
            stored.is_none_or(|stored| stored.version <= view.version && stored.generation < view.generation)
        };
        self.write(is_older, |content| content.insert(view))
    }

    async fn delete(&self, id: &ViewId, expected: Revision) -> Result<Write, StoreError> {
        self.write(
            |content| match content.fences.get(id) {
                Some(fence) => fence.revision() == expected,
                None => content.is_at(id, expected),
            },
            |content| {
                content.views.remove(id);
                content.fences.remove(id);
            },
        )
    }

    async fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> Result<Write, StoreError> {
        limits::check(&view.record())?;
        self.write(
            |content| content.is_at(&view.id, expected) && content.is_at(shadow, shadow_expected),
            |content| {
                content.insert(view);
                content.views.remove(shadow);
            },
        )
    }

    async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
        Ok(self.content().fences.get(id).cloned())
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> Result<Write, StoreError> {
        self.put_all_fenced(&[(fence.clone(), expected.clone())], views).await
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
        records.iter().try_for_each(limits::check)?;
        limits::check_transaction(&records)?;
        let unchanged = |content: &Content| {
            fences.iter().all(|(_, expected)| content.is_fenced(expected))
                && views.iter().all(|(view, expected)| content.is_at(&view.id, *expected))
        };
        self.write(unchanged, |content| {
            for (fence, _) in fences {
                content.fences.insert(fence.id.clone(), fence.clone());
            }
            views.iter().for_each(|(view, _)| content.insert(view));
        })
    }

    fn keeps_unfenced(&self) -> bool {
        true
    }

    async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
        let content = self.content();
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = content.views.range((start, Bound::Unbounded));
        let mut wanted = range.map(|(_, view)| view).filter(|view| extent.holds(&view.id.pk));
        let views: Vec<_> = wanted.by_ref().take(PAGE).cloned().collect();
        let next = wanted.next().and_then(|_| views.last()).map(|view| view.id.clone());
        Ok(ViewScan { views, next })
    }

    async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
        Ok(query.page(self.content().views.values().cloned()))
    }
}
