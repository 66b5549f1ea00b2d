use std::future::Future;
use std::pin::Pin;

use super::{
    Fence, QueriedViews, Revision, StoredView, SwapIn, ViewId, ViewQuery, ViewScan, ViewStore, Write,
};
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
    fn get_all<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<StoredView>>>;
    fn fences<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<Fence>>>;
    fn put_rebuilt_all<'a>(&'a self, views: &'a [StoredView]) -> Boxed<'a, Vec<Write>>;
    fn swap_in_all<'a>(&'a self, swaps: &'a [SwapIn]) -> Boxed<'a, Vec<Write>>;
    fn fences_at_once(&self) -> usize;
    fn put_all_fenced<'a>(
        &'a self,
        fences: &'a [(Fence, Fence)],
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write>;
    fn keeps_unfenced(&self) -> bool;
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
    fn get_all<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<StoredView>>> {
        Box::pin(ViewStore::get_all(self, ids))
    }
    fn fences<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<Fence>>> {
        Box::pin(ViewStore::fences(self, ids))
    }
    fn put_rebuilt_all<'a>(&'a self, views: &'a [StoredView]) -> Boxed<'a, Vec<Write>> {
        Box::pin(ViewStore::put_rebuilt_all(self, views))
    }
    fn swap_in_all<'a>(&'a self, swaps: &'a [SwapIn]) -> Boxed<'a, Vec<Write>> {
        Box::pin(ViewStore::swap_in_all(self, swaps))
    }
    fn fences_at_once(&self) -> usize {
        ViewStore::fences_at_once(self)
    }
    fn put_all_fenced<'a>(
        &'a self,
        fences: &'a [(Fence, Fence)],
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put_all_fenced(self, fences, views))
    }
    fn keeps_unfenced(&self) -> bool {
        ViewStore::keeps_unfenced(self)
    }
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a ViewId>) -> Boxed<'a, ViewScan> {
        Box::pin(ViewStore::scan(self, extent, after))
    }
    fn query<'a>(&'a self, query: &'a ViewQuery) -> Boxed<'a, QueriedViews> {
        Box::pin(ViewStore::query(self, query))
    }
}
