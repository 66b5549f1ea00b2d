use std::future::Future;
use std::pin::Pin;

use super::{Fence, QueriedViews, Revision, StoredView, ViewId, ViewQuery, ViewScan, ViewStore, Write};
use crate::store::{Extent, StoreError};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`ViewStore`] behind a pointer.
pub(crate) trait DynViewStore: Send + Sync {
    fn get<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<StoredView>>;
    fn put<'a>(&'a self, view: &'a StoredView, expected: Revision) -> Boxed<'a, Write>;
    fn put_rebuilt<'a>(&'a self, view: &'a StoredView) -> Boxed<'a, Write>;
    fn delete<'a>(&'a self, id: &'a ViewId, expected: Revision) -> Boxed<'a, Write>;
    fn swap_in<'a>(
        &'a self,
        view: &'a StoredView,
        expected: Revision,
        shadow: &'a ViewId,
        shadow_expected: Revision,
    ) -> Boxed<'a, Write>;
    fn fence<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<Fence>>;
    fn put_fenced<'a>(
        &'a self,
        fence: &'a Fence,
        expected: &'a Fence,
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write>;
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a ViewId>) -> Boxed<'a, ViewScan>;
    fn query<'a>(&'a self, query: &'a ViewQuery) -> Boxed<'a, QueriedViews>;
}

impl<S: ViewStore> DynViewStore for S {
    fn get<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<StoredView>> {
        Box::pin(ViewStore::get(self, id))
    }
    fn put<'a>(&'a self, view: &'a StoredView, expected: Revision) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put(self, view, expected))
    }
    fn put_rebuilt<'a>(&'a self, view: &'a StoredView) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put_rebuilt(self, view))
    }
    fn delete<'a>(&'a self, id: &'a ViewId, expected: Revision) -> Boxed<'a, Write> {
        Box::pin(ViewStore::delete(self, id, expected))
    }
    fn swap_in<'a>(
        &'a self,
        view: &'a StoredView,
        expected: Revision,
        shadow: &'a ViewId,
        shadow_expected: Revision,
    ) -> Boxed<'a, Write> {
        Box::pin(ViewStore::swap_in(self, view, expected, shadow, shadow_expected))
    }
    fn fence<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<Fence>> {
        Box::pin(ViewStore::fence(self, id))
    }
    fn put_fenced<'a>(
        &'a self,
        fence: &'a Fence,
        expected: &'a Fence,
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put_fenced(self, fence, expected, views))
    }
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a ViewId>) -> Boxed<'a, ViewScan> {
        Box::pin(ViewStore::scan(self, extent, after))
    }
    fn query<'a>(&'a self, query: &'a ViewQuery) -> Boxed<'a, QueriedViews> {
        Box::pin(ViewStore::query(self, query))
    }
}
