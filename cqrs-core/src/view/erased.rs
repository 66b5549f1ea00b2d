use std::future::Future;
use std::pin::Pin;

use super::{Fence, StoredView, ViewPage, ViewStore, Write};
use crate::projection::ViewId;
use crate::store::StoreError;
use crate::version::Version;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`ViewStore`] behind a pointer.
pub(crate) trait DynViewStore: Send + Sync {
    fn get<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<StoredView>>;
    fn put<'a>(&'a self, view: &'a StoredView, expected: Version) -> Boxed<'a, Write>;
    fn fence<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Version>;
    fn put_fenced<'a>(
        &'a self,
        fence: &'a Fence,
        expected: Version,
        views: &'a [(StoredView, Version)],
    ) -> Boxed<'a, Write>;
    fn list<'a>(&'a self, pk: &'a str, after: Option<&'a str>) -> Boxed<'a, ViewPage>;
}

impl<S: ViewStore> DynViewStore for S {
    fn get<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<StoredView>> {
        Box::pin(ViewStore::get(self, id))
    }
    fn put<'a>(&'a self, view: &'a StoredView, expected: Version) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put(self, view, expected))
    }
    fn fence<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Version> {
        Box::pin(ViewStore::fence(self, id))
    }
    fn put_fenced<'a>(
        &'a self,
        fence: &'a Fence,
        expected: Version,
        views: &'a [(StoredView, Version)],
    ) -> Boxed<'a, Write> {
        Box::pin(ViewStore::put_fenced(self, fence, expected, views))
    }
    fn list<'a>(&'a self, pk: &'a str, after: Option<&'a str>) -> Boxed<'a, ViewPage> {
        Box::pin(ViewStore::list(self, pk, after))
    }
}
