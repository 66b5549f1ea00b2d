use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

use super::StoreError;

/// How far a subscriber has come: the last position of every shard.
pub type Positions = BTreeMap<String, String>;

/// One appended commit, on its way.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The part of the feed that it came from.
    pub shard: String,
    /// Its place in the shard. Positions of one shard have one length and sort as text.
    pub position: String,
    /// The record as stored ([`store::record`](crate::store::record)), not decoded yet; or the record of what was done
    /// to a commit ([`Alteration::record`](crate::delivery::Alteration::record)).
    pub record: Value,
}

impl Change {
    /// One record of a shard.
    #[must_use]
    pub fn new(shard: impl Into<String>, position: impl Into<String>, record: Value) -> Self {
        Self { shard: shard.into(), position: position.into(), record }
    }
}

/// The changes after some positions.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct FeedPage {
    /// In the order of each stream. If it is empty, there is nothing new now.
    pub changes: Vec<Change>,
}

impl FeedPage {
    /// Some changes, in the order of each stream.
    #[must_use]
    pub fn new(changes: Vec<Change>) -> Self {
        Self { changes }
    }
}

/// Reads what was appended to an event store, from any position on.
pub trait ChangeFeed: Send + 'static {
    /// Reads what came after the positions. A shard without a position is read from its start.
    ///
    /// # Errors
    /// [`StoreError`]. Reading again at the same positions is safe.
    fn read(&mut self, after: &Positions) -> impl Future<Output = Result<FeedPage, StoreError>> + Send;
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`ChangeFeed`] behind a pointer.
pub(crate) trait DynChangeFeed: Send {
    fn read<'a>(&'a mut self, after: &'a Positions) -> Boxed<'a, FeedPage>;
}

impl<F: ChangeFeed> DynChangeFeed for F {
    fn read<'a>(&'a mut self, after: &'a Positions) -> Boxed<'a, FeedPage> {
        Box::pin(ChangeFeed::read(self, after))
    }
}
