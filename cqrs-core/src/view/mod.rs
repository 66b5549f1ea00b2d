//! The store of views: the trait, and one in memory.
//!
//! Projections write here and [`App::view`](crate::App::view) reads. A store of your own implements [`ViewStore`].

mod erased;
mod memory;

pub(crate) use erased::DynViewStore;
pub use memory::MemoryViewStore;

use std::future::Future;

use serde_json::Value;

use crate::projection::ViewId;
use crate::store::StoreError;
use crate::store::record::Record;
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A view as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredView {
    /// Its address.
    pub id: ViewId,
    /// For a view at its aggregate's key: the last commit that it contains. For any other: how often it was
    /// written.
    pub version: Version,
    /// The serialized view.
    pub data: Value,
    /// When it was written.
    pub updated_at: Timestamp,
}

impl StoredView {
    /// The view as one item.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = self.id.record();
        record.insert("version".to_owned(), self.version.get().into());
        record.insert("data".to_owned(), self.data.clone());
        record.insert("updatedAt".to_owned(), self.updated_at.to_string().into());
        record
    }
}

/// Remembers, beside views across aggregates, the last commit of one stream that they contain.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// Its address.
    pub id: ViewId,
    /// The last commit of the stream that the projection has applied.
    pub version: Version,
}

impl Fence {
    /// The fence as one item.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = self.id.record();
        record.insert("version".to_owned(), self.version.get().into());
        record
    }
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Written.
    Done,
    /// Somebody else wrote in between: read again.
    Stale,
}

/// Keeps views. A write has a condition: absent, or still at the version that was read.
///
/// A store in front of another one, which lets nothing be written:
///
/// ```
/// use cqrs_core::projection::ViewId;
/// use cqrs_core::view::{Fence, MemoryViewStore, StoredView, ViewPage, ViewStore, Write};
/// use cqrs_core::{StoreError, Version};
///
/// struct ReadOnly<S>(S);
///
/// fn refused() -> StoreError {
///     StoreError::Refused { source: "this process only reads views".into() }
/// }
///
/// impl<S: ViewStore> ViewStore for ReadOnly<S> {
///     async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
///         self.0.get(id).await
///     }
///
///     async fn list(&self, pk: &str, after: Option<&str>) -> Result<ViewPage, StoreError> {
///         self.0.list(pk, after).await
///     }
///
///     async fn fence(&self, id: &ViewId) -> Result<Version, StoreError> {
///         self.0.fence(id).await
///     }
///
///     async fn put(&self, _: &StoredView, _: Version) -> Result<Write, StoreError> {
///         Err(refused())
///     }
///
///     async fn put_fenced(
///         &self,
///         _: &Fence,
///         _: Version,
///         _: &[(StoredView, Version)],
///     ) -> Result<Write, StoreError> {
///         Err(refused())
///     }
/// }
///
/// let views = ReadOnly(MemoryViewStore::new());
/// ```
pub trait ViewStore: Send + Sync + 'static {
    /// Reads a view, with all writes that were acknowledged before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, id: &ViewId) -> impl Future<Output = Result<Option<StoredView>, StoreError>> + Send;

    /// Writes a view if the stored one is still at `expected`; [`Version::NONE`] expects none.
    ///
    /// # Errors
    /// What [`limits::check`](crate::store::limits::check) says, before anything is sent. A write whose answer was
    /// lost may have happened; repeating it is answered [`Write::Stale`].
    fn put(
        &self,
        view: &StoredView,
        expected: Version,
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Reads the version of a fence; [`Version::NONE`] where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn fence(&self, id: &ViewId) -> impl Future<Output = Result<Version, StoreError>> + Send;

    /// Writes a fence and views in one transaction, each if the stored one is still at its expected version.
    ///
    /// # Errors
    /// As [`ViewStore::put`]; [`StoreError::Refused`] for more views than one transaction takes.
    fn put_fenced(
        &self,
        fence: &Fence,
        expected: Version,
        views: &[(StoredView, Version)],
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Reads all views of one partition, in the order of their keys, from after `after`, one page.
    ///
    /// # Errors
    /// [`StoreError`].
    fn list(
        &self,
        pk: &str,
        after: Option<&str>,
    ) -> impl Future<Output = Result<ViewPage, StoreError>> + Send;
}

/// Some views of one partition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ViewPage {
    /// In the order of their sort keys.
    pub views: Vec<StoredView>,
    /// Whether there may be more after the last one.
    pub more: bool,
}
