use std::ops::Deref;
use std::sync::Arc;

use crate::commit::Commit;
use crate::key::StreamKey;
use crate::metadata::Metadata;
use crate::version::Version;

/// An event as it was recorded. It derefs to the event, and knows its stream, its version, its place in the commit and
/// the commit's metadata.
///
/// Handlers, projections and [`App::history`](crate::App::history) receive it. A test of a handler creates one:
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// use std::sync::Arc;
///
/// use cqrs_core::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
/// let metadata = Metadata::new("c-2", "2024-01-01T10:00:00Z".parse()?);
/// let event = OrderShipped { tracking: "Z1".into() };
/// let recorded = Recorded::new(event, order.stream()?, Version::new(2), 0, Arc::new(metadata));
///
/// assert_eq!(recorded.tracking, "Z1");
/// assert_eq!(recorded.key()?, order);
/// assert_eq!(recorded.metadata().created_at.to_string(), "2024-01-01T10:00:00.000Z");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Recorded<E> {
    event: E,
    stream: StreamKey,
    version: Version,
    index: usize,
    metadata: Arc<Metadata>,
}

impl<E> Recorded<E> {
    /// An event at its place. Tests build their own, and the framework builds all others.
    #[must_use]
    pub fn new(event: E, stream: StreamKey, version: Version, index: usize, metadata: Arc<Metadata>) -> Self {
        Self { event, stream, version, index, metadata }
    }

    pub(crate) fn of(event: E, commit: &Commit, index: usize) -> Self {
        Self::new(event, commit.stream.clone(), commit.version, index, Arc::clone(&commit.metadata))
    }

    /// The event itself.
    pub fn event(&self) -> &E {
        &self.event
    }

    /// The event itself, moved out.
    pub fn into_event(self) -> E {
        self.event
    }

    /// The rendered address of the stream that it belongs to.
    pub fn stream(&self) -> &StreamKey {
        &self.stream
    }

    /// The version of its commit.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its place in the commit, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The metadata of its commit.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl<E> Deref for Recorded<E> {
    type Target = E;
    fn deref(&self) -> &E {
        &self.event
    }
}
