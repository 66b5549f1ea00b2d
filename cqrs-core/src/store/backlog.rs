use std::future::Future;
use std::pin::Pin;

use super::{Positions, StoreError};

/// What waits in one queue of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Waiting {
    /// The number of messages, including those that a subscriber holds.
    pub messages: u64,
    /// The number of its dead letters.
    pub dead_letters: u64,
}

impl Waiting {
    /// A backlog with this number of messages and of dead letters.
    #[must_use]
    pub fn new(messages: u64, dead_letters: u64) -> Self {
        Self { messages, dead_letters }
    }
}

/// Reports what waits behind a broker, for [`App::projections`](crate::App::projections): the broker knows it, and the
/// delivery store does not. It only looks, and takes nothing from a queue.
pub trait Backlog: Send + Sync + 'static {
    /// What waits in a queue, by its name in the [`Wiring`](crate::app::Wiring).
    ///
    /// # Errors
    /// [`StoreError`].
    fn waiting(&self, queue: &str) -> impl Future<Output = Result<Waiting, StoreError>> + Send;

    /// The positions of the relay in the feed that it publishes from. `None` if they are not known, which is the
    /// default: then the number of commits that it has not published yet is unknown.
    ///
    /// # Errors
    /// [`StoreError`].
    fn relayed(&self) -> impl Future<Output = Result<Option<Positions>, StoreError>> + Send {
        async { Ok(None) }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// [`Backlog`] behind a pointer.
pub(crate) trait DynBacklog: Send + Sync {
    fn waiting<'a>(&'a self, queue: &'a str) -> Boxed<'a, Waiting>;
    fn relayed(&self) -> Boxed<'_, Option<Positions>>;
}

impl<B: Backlog> DynBacklog for B {
    fn waiting<'a>(&'a self, queue: &'a str) -> Boxed<'a, Waiting> {
        Box::pin(Backlog::waiting(self, queue))
    }

    fn relayed(&self) -> Boxed<'_, Option<Positions>> {
        Box::pin(Backlog::relayed(self))
    }
}
