//! The store of snapshots: the trait, and one in memory.
//!
//! A snapshot is the state of one aggregate at a version, stored so that a load need not fold the whole stream.
//! [`#[aggregate(snapshot_every = 100)]`](macro@crate::aggregate) enables it. It may vanish at any time without harm, and it is
//! never trusted beyond what the stream itself says.
//!
//! Small states are in the items of commits ([`CommitState`](crate::store::CommitState)). This store has the states that are
//! larger than [`Settings::state_in_commit_bytes`](crate::app::Settings::state_in_commit_bytes), and all states if the event
//! store does not keep states.
//!
//! ```rust,standalone_crate
//! use std::convert::Infallible;
//!
//! use cqrs_core::prelude::*;
//! use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore};
//! use cqrs_core::store::MemoryEventStore;
//!
//! #[event]
//! pub struct Stepped;
//!
//! #[derive(Clone)]
//! pub struct Step;
//!
//! #[aggregate(entity = "WALK", snapshot_every = 100)]
//! #[derive(Default)]
//! pub struct Walk {
//!     steps: u64,
//! }
//!
//! #[aggregate]
//! impl Walk {
//!     #[command]
//!     fn step(&self, _: Step) -> Result<Stepped, Infallible> {
//!         Ok(Stepped)
//!     }
//!
//!     #[apply]
//!     fn stepped(&mut self, _: &Stepped) {
//!         self.steps += 1;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let snapshots = MemorySnapshotStore::new();
//! let app = App::builder(MemoryEventStore::new())
//!     .snapshots(snapshots.clone())
//!     .settings(|settings| settings.state_in_commit_bytes = 0)
//!     .build()?;
//! let walk = WalkKey::new(&Tenant::new("TENANT001")?, "1");
//! for _ in 0..150 {
//!     app.execute(&walk, Step).await?;
//! }
//!
//! let snapshot = snapshots.get(&walk.stream()?).await?.expect("there are more than 100 commits");
//! assert_eq!((snapshot.version, &snapshot.state["steps"]), (Version::new(100), &100.into()));
//! // From the snapshot, and the 50 commits after it.
//! assert_eq!(app.load(&walk).await?.state.steps, 150);
//! # Ok(())
//! # }
//! ```

mod earlier_ids;
mod erased;
mod memory;
mod stored;

pub(crate) use earlier_ids::{EarlierIds, IdDigest};
pub(crate) use erased::DynSnapshotStore;
pub use memory::MemorySnapshotStore;
pub use stored::StoredSnapshot;

use std::future::Future;

use crate::key::StreamKey;
use crate::store::StoreError;

/// Keeps the last snapshot of each stream.
///
/// A store that wraps another one and writes nothing, for a process that only reads:
///
/// ```
/// use cqrs_core::snapshot::{MemorySnapshotStore, SnapshotStore, StoredSnapshot};
/// use cqrs_core::{StoreError, StreamKey};
///
/// struct ReadOnly<S>(S);
///
/// impl<S: SnapshotStore> SnapshotStore for ReadOnly<S> {
///     async fn get(&self, stream: &StreamKey) -> Result<Option<StoredSnapshot>, StoreError> {
///         self.0.get(stream).await
///     }
///
///     async fn put(&self, _: &StoredSnapshot) -> Result<(), StoreError> {
///         Ok(())
///     }
/// }
///
/// let snapshots = ReadOnly(MemorySnapshotStore::new());
/// ```
pub trait SnapshotStore: Send + Sync + 'static {
    /// Reads the snapshot of a stream. For a while after a write, a store may return an earlier one or `None`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for an item that is not a snapshot. After any error, a load ignores the snapshot.
    fn get(
        &self,
        stream: &StreamKey,
    ) -> impl Future<Output = Result<Option<StoredSnapshot>, StoreError>> + Send;

    /// Writes a snapshot over one of an earlier version, as one atomic step. A snapshot of the same version or a later one stays;
    /// this is not an error.
    ///
    /// # Errors
    /// The error of [`limits::check`](crate::store::limits::check), before anything is sent.
    fn put(&self, snapshot: &StoredSnapshot) -> impl Future<Output = Result<(), StoreError>> + Send;
}
