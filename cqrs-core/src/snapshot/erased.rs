use std::future::Future;
use std::pin::Pin;

use super::{SnapshotStore, StoredSnapshot};
use crate::key::StreamKey;
use crate::store::StoreError;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`SnapshotStore`] behind a pointer.
pub(crate) trait DynSnapshotStore: Send + Sync {
    fn get<'a>(&'a self, stream: &'a StreamKey) -> Boxed<'a, Option<StoredSnapshot>>;
    fn put<'a>(&'a self, snapshot: &'a StoredSnapshot) -> Boxed<'a, ()>;
}

impl<S: SnapshotStore> DynSnapshotStore for S {
    fn get<'a>(&'a self, stream: &'a StreamKey) -> Boxed<'a, Option<StoredSnapshot>> {
        Box::pin(SnapshotStore::get(self, stream))
    }
    fn put<'a>(&'a self, snapshot: &'a StoredSnapshot) -> Boxed<'a, ()> {
        Box::pin(SnapshotStore::put(self, snapshot))
    }
}
