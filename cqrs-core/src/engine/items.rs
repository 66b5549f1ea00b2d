use std::fmt;
use std::future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::store::StoreError;

/// What a read finds, item by item: the next page is read when the last one is used up.
///
/// It ends after its first error. It is also a [`Stream`], for use with a crate that has combinators.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::builder(MemoryEventStore::new()).build()?;
/// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
/// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
///
/// let mut history = app.history(&order);
/// while let Some(event) = history.try_next().await? {
///     println!("{}", event.version());
/// }
/// assert_eq!(app.history(&order).read_all().await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is read before the first item is asked for"]
pub struct Items<'a, T> {
    stream: Pin<Box<dyn Stream<Item = Result<T, StoreError>> + Send + 'a>>,
}

impl<'a, T> Items<'a, T> {
    pub(crate) fn new(stream: impl Stream<Item = Result<T, StoreError>> + Send + 'a) -> Self {
        Self { stream: Box::pin(stream) }
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`] of a page that cannot be read, or of an item in it. There are no items after it.
    pub async fn try_next(&mut self) -> Result<Option<T>, StoreError> {
        future::poll_fn(|context| self.stream.as_mut().poll_next(context)).await.transpose()
    }

    /// All remaining items, in memory at once.
    ///
    /// # Errors
    /// As [`Items::try_next`].
    pub async fn read_all(mut self) -> Result<Vec<T>, StoreError> {
        let mut items = Vec::new();
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        Ok(items)
    }
}

impl<T> Stream for Items<'_, T> {
    type Item = Result<T, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for Items<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").finish_non_exhaustive()
    }
}
