use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Fence, StoredView, ViewPage, ViewStore, Write};
use crate::projection::ViewId;
use crate::store::{StoreError, limits};
use crate::version::Version;

const PAGE: usize = 100;

/// A view store in memory, for tests. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryViewStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    views: BTreeMap<ViewId, StoredView>,
    fences: BTreeMap<ViewId, Version>,
}

impl Content {
    fn version(&self, id: &ViewId) -> Version {
        self.views.get(id).map_or(Version::NONE, |view| view.version)
    }

    fn fence(&self, id: &ViewId) -> Version {
        self.fences.get(id).copied().unwrap_or_default()
    }
}

impl MemoryViewStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        // Conditions are checked before anything changes: what a panicking holder left behind is whole.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ViewStore for MemoryViewStore {
    async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
        Ok(self.content().views.get(id).cloned())
    }

    async fn put(&self, view: &StoredView, expected: Version) -> Result<Write, StoreError> {
        limits::check(&view.record())?;
        let mut content = self.content();
        if content.version(&view.id) != expected {
            return Ok(Write::Stale);
        }
        content.views.insert(view.id.clone(), view.clone());
        Ok(Write::Done)
    }

    async fn fence(&self, id: &ViewId) -> Result<Version, StoreError> {
        Ok(self.content().fence(id))
    }

    async fn put_fenced(
        &self,
        fence: &Fence,
        expected: Version,
        views: &[(StoredView, Version)],
    ) -> Result<Write, StoreError> {
        for (view, _) in views {
            limits::check(&view.record())?;
        }
        let mut content = self.content();
        let stale = content.fence(&fence.id) != expected
            || views.iter().any(|(view, expected)| content.version(&view.id) != *expected);
        if stale {
            return Ok(Write::Stale);
        }
        content.fences.insert(fence.id.clone(), fence.version);
        for (view, _) in views {
            content.views.insert(view.id.clone(), view.clone());
        }
        Ok(Write::Done)
    }

    async fn list(&self, pk: &str, after: Option<&str>) -> Result<ViewPage, StoreError> {
        let content = self.content();
        let after = after.unwrap_or("");
        let mut views =
            content.views.values().filter(|view| view.id.pk == pk && view.id.sk.as_str() > after).cloned();
        let page = ViewPage { views: views.by_ref().take(PAGE).collect(), more: views.next().is_some() };
        Ok(page)
    }
}
