//! The store of views: the trait, and one in memory.
//!
//! Projections write here and [`App::view`](crate::App::view) reads. Your own store implements [`ViewStore`].

mod entry;
mod erased;
mod fence;
mod id;
mod memory;
mod query;
mod recent;
mod stored;
mod unfenced;

pub use entry::{IndexEntry, MAX_INDEXES};
pub(crate) use erased::DynViewStore;
pub use fence::Fence;
pub use id::ViewId;
pub use memory::MemoryViewStore;
pub use query::{Place, QueriedViews, SortRange, ViewQuery};
pub(crate) use recent::{Known, Moment, RecentWrites};
pub use unfenced::Unfenced;

use std::future::Future;

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::commit::CommitDigest;
use crate::commit::record::Record;
use crate::store::{Extent, RefusedKind, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

/// A view as it is stored.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StoredView {
    /// Its address.
    pub id: ViewId,
    /// For a view at its aggregate's key: the last commit that it contains. For any other: how often it was
    /// written.
    pub version: Version,
    /// The replay that last rebuilt it; 0 if no replay has.
    pub generation: u64,
    /// For a view at its aggregate's key: the digest of the commit `version`; `None` if it was written by a release without
    /// digests. For any other: the digest of the commit that `unfenced` names.
    pub digest: Option<CommitDigest>,
    /// The serialized view; null for one that was [removed](crate::projection::ViewChange::Remove).
    pub data: Value,
    /// When it was written.
    pub updated_at: Timestamp,
    /// Its entries in its indexes, in the order of their slots.
    pub entries: Vec<IndexEntry>,
    /// For a view at its aggregate's key: the shape and fold that made it; `None` if the release that wrote it did not record
    /// them.
    pub fingerprint: Option<String>,
    /// For a view across aggregates: the stream for which it was written, if that stream's fence was to be written after it.
    pub unfenced: Option<Unfenced>,
}

impl StoredView {
    /// A view that no replay has written, without a digest and without indexes.
    #[must_use]
    pub fn new(id: ViewId, version: Version, data: Value, updated_at: Timestamp) -> Self {
        Self {
            id,
            version,
            generation: 0,
            digest: None,
            data,
            updated_at,
            entries: Vec::new(),
            fingerprint: None,
            unfenced: None,
        }
    }

    /// Its entries in its indexes.
    #[must_use]
    pub fn with_entries(mut self, entries: Vec<IndexEntry>) -> Self {
        self.entries = entries;
        self
    }

    /// The shape and fold that made it.
    #[must_use]
    pub fn with_fingerprint(mut self, fingerprint: Option<String>) -> Self {
        self.fingerprint = fingerprint;
        self
    }

    /// The replay that last rebuilt it; 0 if no replay has.
    #[must_use]
    pub fn with_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }

    /// The digest of the last commit that it contains.
    #[must_use]
    pub fn with_digest(mut self, digest: Option<CommitDigest>) -> Self {
        self.digest = digest;
        self
    }

    /// What it contains before the fence says so.
    #[must_use]
    pub fn with_unfenced(mut self, unfenced: Option<Unfenced>) -> Self {
        self.unfenced = unfenced;
        self
    }

    /// The revision that a conditional write over it expects.
    #[must_use]
    pub fn revision(&self) -> Revision {
        Revision { version: self.version, generation: self.generation, digest: self.digest }
    }

    /// Whether the view was removed.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.data.is_null()
    }

    /// The view as one item.
    #[must_use]
    pub fn record(&self) -> Record {
        let mut record = self.id.record();
        record.insert("version".to_owned(), self.version.get().into());
        if self.generation > 0 {
            record.insert("build".to_owned(), self.generation.into());
        }
        insert_digest(&mut record, self.digest);
        record.insert("data".to_owned(), self.data.clone());
        record.insert("updatedAt".to_owned(), self.updated_at.to_string().into());
        if let Some(fingerprint) = &self.fingerprint {
            record.insert("fingerprint".to_owned(), fingerprint.as_str().into());
        }
        if let Some(unfenced) = &self.unfenced {
            record.insert("unfenced".to_owned(), unfenced.record().into());
        }
        self.entries.iter().for_each(|entry| entry.insert_into(&mut record));
        record
    }

    /// Reads a view back. Unknown attributes are ignored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a missing attribute, or one of another kind.
    pub fn decode(mut record: Record) -> Result<Self, StoreError> {
        let data = record.remove("data");
        stored::view(&record, data).map_err(|reason| stored::corrupt(&record, "view", &reason))
    }
}

/// The state of a stored view, with which a conditional write proves that there was no other write. The version alone does not: a
/// replay writes a view anew at its old version, and so does a fold after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Revision {
    /// See [`StoredView::version`].
    pub version: Version,
    /// See [`StoredView::generation`].
    pub generation: u64,
    /// See [`StoredView::digest`].
    pub digest: Option<CommitDigest>,
}

impl Revision {
    /// The state of a view that was read.
    #[must_use]
    pub const fn new(version: Version, generation: u64, digest: Option<CommitDigest>) -> Self {
        Self { version, generation, digest }
    }

    /// There is no view yet.
    pub const NONE: Self = Self { version: Version::NONE, generation: 0, digest: None };
}

fn insert_digest(record: &mut Record, digest: Option<CommitDigest>) {
    if let Some(digest) = digest {
        record.insert("digest".to_owned(), digest.to_string().into());
    }
}

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "if it is stale, nothing was written"]
pub enum Write {
    /// Written.
    Done,
    /// There was another write in between: read again.
    Stale,
}

/// A view that a replay has built aside, to replace the live one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SwapIn {
    /// The view to write.
    pub view: StoredView,
    /// The live view, as it was read.
    pub expected: Revision,
    /// The address at which the view was built.
    pub shadow: ViewId,
    /// The view at that address, as it was read.
    pub shadow_expected: Revision,
}

impl SwapIn {
    /// A view, and the expected revisions of the two existing copies.
    #[must_use]
    pub fn new(view: StoredView, expected: Revision, shadow: ViewId, shadow_expected: Revision) -> Self {
        Self { view, expected, shadow, shadow_expected }
    }
}

/// How many requests of one call are in flight at a time, if a store has no batches.
const AT_A_TIME: usize = 8;

/// Stores views. A write has a condition: absent, or still at the version that was read.
///
/// A store that wraps another one and refuses all writes:
///
/// ```
/// use cqrs_core::{RefusedKind, StoreError};
/// use cqrs_core::projection::ViewId;
/// use cqrs_core::store::Extent;
/// use cqrs_core::view::{
///     Fence, MemoryViewStore, QueriedViews, Revision, StoredView, ViewQuery, ViewScan, ViewStore, Write,
/// };
///
/// struct ReadOnly<S>(S);
///
/// fn refused() -> Result<Write, StoreError> {
///     Err(StoreError::refused(RefusedKind::Unsupported, "this process only reads views"))
/// }
///
/// impl<S: ViewStore> ViewStore for ReadOnly<S> {
///     async fn get(&self, id: &ViewId) -> Result<Option<StoredView>, StoreError> {
///         self.0.get(id).await
///     }
///
///     async fn scan(&self, extent: &Extent, after: Option<&ViewId>) -> Result<ViewScan, StoreError> {
///         self.0.scan(extent, after).await
///     }
///
///     async fn query(&self, query: &ViewQuery) -> Result<QueriedViews, StoreError> {
///         self.0.query(query).await
///     }
///
///     async fn fence(&self, id: &ViewId) -> Result<Option<Fence>, StoreError> {
///         self.0.fence(id).await
///     }
///
///     async fn put(&self, _: &StoredView, _: Revision) -> Result<Write, StoreError> {
///         refused()
///     }
///
///     async fn put_rebuilt(&self, _: &StoredView) -> Result<Write, StoreError> {
///         refused()
///     }
///
///     async fn delete(&self, _: &ViewId, _: Revision) -> Result<Write, StoreError> {
///         refused()
///     }
///
///     async fn swap_in(
///         &self,
///         _: &StoredView,
///         _: Revision,
///         _: &ViewId,
///         _: Revision,
///     ) -> Result<Write, StoreError> {
///         refused()
///     }
///
///     async fn put_fenced(
///         &self,
///         _: &Fence,
///         _: &Fence,
///         _: &[(StoredView, Revision)],
///     ) -> Result<Write, StoreError> {
///         refused()
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

    /// Writes a view if the stored one is still at `expected`; [`Revision::NONE`] expects none.
    ///
    /// # Errors
    /// The error of [`limits::check`](crate::store::limits::check), before anything is sent. A write whose answer was lost may
    /// have happened; repeating it then returns [`Write::Stale`].
    fn put(
        &self,
        view: &StoredView,
        expected: Revision,
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Writes a rebuilt view over one of an earlier generation that is not ahead of it, or if there is no view.
    ///
    /// # Errors
    /// As [`ViewStore::put`].
    fn put_rebuilt(&self, view: &StoredView) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Removes a view, or a fence, if it is still at `expected`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn delete(
        &self,
        id: &ViewId,
        expected: Revision,
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Writes a view and removes the one that it was rebuilt at, as one step, if both are still as expected.
    ///
    /// # Errors
    /// As [`ViewStore::put`].
    fn swap_in(
        &self,
        view: &StoredView,
        expected: Revision,
        shadow: &ViewId,
        shadow_expected: Revision,
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Reads a fence; `None` if nothing of the stream has been applied.
    ///
    /// # Errors
    /// [`StoreError`].
    fn fence(&self, id: &ViewId) -> impl Future<Output = Result<Option<Fence>, StoreError>> + Send;

    /// Writes a fence and views in one transaction, each if the stored one is still as expected. A fence that
    /// [is absent](Fence::is_absent) expects none.
    ///
    /// # Errors
    /// As [`ViewStore::put`]; [`StoreError::Refused`] for more than
    /// [one transaction takes](crate::store::limits::check_transaction).
    fn put_fenced(
        &self,
        fence: &Fence,
        expected: &Fence,
        views: &[(StoredView, Revision)],
    ) -> impl Future<Output = Result<Write, StoreError>> + Send;

    /// Reads views, each like [`ViewStore::get`]. The results are in the order of the ids.
    ///
    /// A replay reads many views at a time. Override this if the store can read several in one request; by default each is read
    /// separately.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get_all(
        &self,
        ids: &[ViewId],
    ) -> impl Future<Output = Result<Vec<Option<StoredView>>, StoreError>> + Send {
        async move {
            let mut found = Vec::with_capacity(ids.len());
            for some in ids.chunks(AT_A_TIME) {
                found.extend(try_join_all(some.iter().map(|id| self.get(id))).await?);
            }
            Ok(found)
        }
    }

    /// Reads fences, each like [`ViewStore::fence`]. The results are in the order of the ids.
    ///
    /// By default each is read separately.
    ///
    /// # Errors
    /// [`StoreError`].
    fn fences(&self, ids: &[ViewId]) -> impl Future<Output = Result<Vec<Option<Fence>>, StoreError>> + Send {
        async move {
            let mut found = Vec::with_capacity(ids.len());
            for some in ids.chunks(AT_A_TIME) {
                found.extend(try_join_all(some.iter().map(|id| self.fence(id))).await?);
            }
            Ok(found)
        }
    }

    /// Writes rebuilt views, each like [`ViewStore::put_rebuilt`]: a refused one does not stop the others. The results are in the
    /// order of the views. All views have different addresses.
    ///
    /// By default each is written separately.
    ///
    /// # Errors
    /// As [`ViewStore::put`]. Some of the views may have been written.
    fn put_rebuilt_all(
        &self,
        views: &[StoredView],
    ) -> impl Future<Output = Result<Vec<Write>, StoreError>> + Send {
        async move {
            let mut written = Vec::with_capacity(views.len());
            for some in views.chunks(AT_A_TIME) {
                written.extend(try_join_all(some.iter().map(|view| self.put_rebuilt(view))).await?);
            }
            Ok(written)
        }
    }

    /// Replaces live views, each like [`ViewStore::swap_in`]: a refused one does not stop the others. The results are in the
    /// order of the views. All views have different addresses.
    ///
    /// By default each is replaced separately.
    ///
    /// # Errors
    /// As [`ViewStore::put`]. Some of the views may have been replaced.
    fn swap_in_all(&self, swaps: &[SwapIn]) -> impl Future<Output = Result<Vec<Write>, StoreError>> + Send {
        async move {
            let mut written = Vec::with_capacity(swaps.len());
            for some in swaps.chunks(AT_A_TIME) {
                let swapped = some
                    .iter()
                    .map(|one| self.swap_in(&one.view, one.expected, &one.shadow, one.shadow_expected));
                written.extend(try_join_all(swapped).await?);
            }
            Ok(written)
        }
    }

    /// How many fences [`ViewStore::put_all_fenced`] takes; by default 1. With one, a replay goes stream by stream.
    fn fences_at_once(&self) -> usize {
        1
    }

    /// Writes several fences and views in one transaction, like [`ViewStore::put_fenced`] with one fence: all of them, or nothing
    /// if one is not as expected. Each pair has the next fence first, then the expected one.
    ///
    /// By default it takes [one fence](ViewStore::fences_at_once).
    ///
    /// # Errors
    /// As [`ViewStore::put_fenced`]; [`StoreError::Refused`] for more fences than the store takes.
    fn put_all_fenced(
        &self,
        fences: &[(Fence, Fence)],
        views: &[(StoredView, Revision)],
    ) -> impl Future<Output = Result<Write, StoreError>> + Send {
        async move {
            match fences {
                [(fence, expected)] => self.put_fenced(fence, expected, views).await,
                _ => {
                    let reason =
                        format!("a transaction of {} fences, and this store takes one", fences.len());
                    Err(StoreError::refused(RefusedKind::Unsupported, reason))
                }
            }
        }
    }

    /// Whether the store keeps a view's note about its fence, [`StoredView::unfenced`]. A store that keeps the whole
    /// [record](StoredView::record) of a view and [decodes](StoredView::decode) it keeps the note as well, and returns `true`:
    /// most commits to views across aggregates then take two plain writes instead of a transaction. With `false`, the default, a
    /// view is always written in one transaction with its fence.
    fn keeps_unfenced(&self) -> bool {
        false
    }

    /// Reads the views of one extent after `after`, a view of the same extent, one page.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scan(
        &self,
        extent: &Extent,
        after: Option<&ViewId>,
    ) -> impl Future<Output = Result<ViewScan, StoreError>> + Send;

    /// Reads a page of one partition, in one request. Views at their own keys are read with all writes that were acknowledged
    /// before; an index may be behind.
    ///
    /// # Errors
    /// [`StoreError`].
    fn query(&self, query: &ViewQuery) -> impl Future<Output = Result<QueriedViews, StoreError>> + Send;
}

/// Some views of one extent.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ViewScan {
    /// Within a partition in the order of their sort keys.
    pub views: Vec<StoredView>,
    /// Where the next page begins; `None` at the end of the extent. Even a page without views may have a next page.
    pub next: Option<ViewId>,
}

impl ViewScan {
    /// Some views, and where the next page begins.
    #[must_use]
    pub fn new(views: Vec<StoredView>, next: Option<ViewId>) -> Self {
        Self { views, next }
    }
}
