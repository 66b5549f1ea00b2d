use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use super::{App, Found, found};
use crate::commit::CommitToken;
use crate::key::StreamKey;
use crate::projection::{Edition, Projection, ViewAddress, erased};
use crate::projector::{self, Choice, Contained, ReadError, contains, reading};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::view::{StoredView, ViewId};

/// A read of a view by its key; `.await` executes it. See [`App::view`].
#[must_use = "nothing is read before it is awaited"]
pub struct ReadView<'a, P: Projection> {
    runtime: &'a Runtime,
    key: &'a P::Key,
}

/// The same read, which waits until the view contains a commit. See [`ReadView::at_least`].
#[must_use = "nothing is read before it is awaited"]
pub struct ReadViewAtLeast<'a, P: Projection> {
    read: ReadView<'a, P>,
    token: CommitToken,
    limit: Duration,
}

type Reading<'a, P, E> = Pin<Box<dyn Future<Output = Result<Option<P>, E>> + Send + 'a>>;

impl App {
    /// The view at `key`, or `None` if no event has reached it yet.
    ///
    /// The key is that of the view: the aggregate's own, or the one that `#[projection(key(…))]` has generated. A view
    /// is behind its streams until their commits have been delivered. To wait for one of them, use
    /// [`at_least`](ReadView::at_least).
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # use cqrs_core::view::MemoryViewStore;
    /// # #[projection(Order)]
    /// # #[derive(Debug, Default)]
    /// # pub struct OrderSummary { pub total: u64 }
    /// # #[projection(Order)]
    /// # impl OrderSummary {
    /// #     #[apply]
    /// #     fn created(&mut self, event: &OrderCreated) { self.total = event.total; }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// app.run_until_idle().await?;
    ///
    /// let view = app.view::<OrderSummary>(&order).await?.expect("it was delivered");
    /// assert_eq!(view.total, 15000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A view at its aggregate's key is stored with a fingerprint of its struct, its indexes and its fold. If the
    /// fingerprint differs, because another release wrote the view, the view is folded anew from its stream as far as
    /// it had come, with one more `Query`. If the stored view is in no index of this release, it is also written to its
    /// place, with one more write, and the next reader need not fold it.
    ///
    /// # Errors
    /// [`StoreError`]. It is a [`StoreError::Refused`] if the app has no view store, if a keyed view no longer has the
    /// shape of `P` (a [replay](App::replay) builds it anew), or if a view cannot be folded anew.
    pub fn view<'a, P: Projection>(&'a self, key: &'a P::Key) -> ReadView<'a, P> {
        ReadView { runtime: &self.delivery.runtime, key }
    }
}

impl<'a, P: Projection> ReadView<'a, P> {
    /// Waits until the view contains a commit, to read your own write. The token comes from
    /// [`Committed::token`](crate::Committed::token), in this process or in another one.
    ///
    /// The version of the commit's stream decides, not a clock. For a view at its aggregate's key it is the view's own
    /// version, and the token is one of the same key. For a keyed view it is the version of the
    /// [`Fence`](crate::view::Fence) of the token's stream. A commit without an event that the projection listens to is
    /// not waited for, nor is one that was [discarded](crate::delivery::DeadLetters::discard).
    ///
    /// ```rust,standalone_crate
    /// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
    /// # use order::*;
    /// # use std::time::Duration;
    /// # use cqrs_core::prelude::*;
    /// # use cqrs_core::store::MemoryEventStore;
    /// # use cqrs_core::view::MemoryViewStore;
    /// # #[projection(Order)]
    /// # #[derive(Debug, Default)]
    /// # pub struct OrderSummary { pub total: u64 }
    /// # #[projection(Order)]
    /// # impl OrderSummary {
    /// #     #[apply]
    /// #     fn created(&mut self, event: &OrderCreated) { self.total = event.total; }
    /// # }
    /// use cqrs_core::CommitToken;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let app = App::builder(MemoryEventStore::new()).views(MemoryViewStore::new()).build()?;
    /// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
    /// # let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// # let service = app.clone();
    /// # let delivery = tokio::spawn(async move { service.run(async { stopped.await.unwrap_or_default() }).await });
    /// let done = app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// // A client has it from one answer, and sends it with its next request.
    /// let text = done.token().to_string();
    ///
    /// let token: CommitToken = text.parse()?;
    /// let view = app.view::<OrderSummary>(&order).at_least(token).within(Duration::from_secs(10)).await?;
    /// assert_eq!(view.expect("it contains the commit").total, 15000);
    /// # drop(stop);
    /// # delivery.await??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # What it costs
    ///
    /// If the view contains the commit already, a view at its aggregate's key costs no more than a plain read, and a
    /// keyed view costs one more read, of the fence. If the commit has yet to come, this adds a `Query` for the commits
    /// up to the token, and one more read of the view or the fence when the projection has taken the commit in this
    /// process. If another process may deliver the commit, there are reads in between: after 10 ms, 20 ms and so on,
    /// and finally every 500 ms ([`Settings::read_poll`](crate::app::Settings::read_poll)). While [`App::run`] runs
    /// here with the projection, it reads every 500 ms from the start.
    ///
    /// # Errors
    /// [`ReadError::TimeLimit`] after [`Settings::read_wait`](crate::app::Settings::read_wait), 5 seconds, or after the
    /// time that [`within`](ReadViewAtLeast::within) gives; it says how far the projection is.
    /// [`ReadError::OtherStream`] and [`ReadError::OtherTenant`] for a token whose commit can never be in the view, and
    /// [`ReadError::NotStored`] for one whose commit the store does not have: these do not wait. [`ReadError::Store`]
    /// for the errors of a plain read.
    ///
    /// After the events table was restored to an earlier point, earlier tokens name commits that are gone. Views may be
    /// ahead of their streams until [`App::after_restore`] has brought them back.
    pub fn at_least(self, token: impl Into<CommitToken>) -> ReadViewAtLeast<'a, P> {
        let limit = self.runtime.settings.read_wait;
        ReadViewAtLeast { read: self, token: token.into(), limit }
    }

    /// The view with its version, and when it was written.
    ///
    /// # Errors
    /// As [`App::view`].
    pub async fn found(self) -> Result<Option<Found<P>>, StoreError> {
        let this = &self;
        reading(erased::<P>(), this.runtime, |choice| async move {
            let edition = projector::editions::to_read(erased::<P>(), this.runtime, choice, None).await?;
            this.found_in(this.stored(&edition).await?).await
        })
        .await
    }

    async fn found_in(&self, stored: Option<StoredView>) -> Result<Option<Found<P>>, StoreError> {
        let Some(stored) = stored else { return Ok(None) };
        let (stored, view) = projector::read(self.runtime, stored).await?;
        view.map(|view| found(self.key.view_tenant(), stored, view)).transpose()
    }

    async fn stored(&self, edition: &Edition) -> Result<Option<StoredView>, StoreError> {
        self.runtime.view_store()?.get(&edition.at(ViewId::of::<P>(self.key)?)).await
    }

    async fn opened(&self, choice: Choice) -> Result<Option<P>, StoreError> {
        let edition = projector::editions::to_read(erased::<P>(), self.runtime, choice, None).await?;
        opened(self.runtime, self.stored(&edition).await?).await
    }

    /// The stream that the view is made of; `None` for a keyed view.
    fn stream(&self) -> Result<Option<StreamKey>, StoreError> {
        Ok(self.key.to_stream().filter(|_| !P::KEYED).transpose()?)
    }
}

impl<P: Projection> ReadViewAtLeast<'_, P> {
    /// The longest time that it waits. With `Duration::ZERO` it looks once. Requests that are under way when the time
    /// is over are completed.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The view with its version, and when it was written.
    ///
    /// # Errors
    /// As [`ReadView::at_least`].
    pub async fn found(self) -> Result<Option<Found<P>>, ReadError> {
        let this = &self;
        reading(erased::<P>(), this.read.runtime, |choice| async move {
            Ok(this.read.found_in(this.stored(choice).await?).await?)
        })
        .await
    }

    async fn stored(&self, choice: Choice) -> Result<Option<StoredView>, ReadError> {
        let Self { read, token, limit } = self;
        let stream = read.stream()?;
        if let Some(of) = stream.as_ref().filter(|of| *of != token.stream()) {
            let (of, named) = (of.clone(), token.stream().clone());
            return Err(ReadError::OtherStream { projection: P::NAME, of, named });
        }
        let Contained { edition, view } =
            contains(erased::<P>(), read.runtime, choice, None, read.key.view_tenant(), token, *limit)
                .await?;
        // The fence is read first, and then the view, which is at least as new.
        if stream.is_some() { Ok(view) } else { Ok(read.stored(&edition).await?) }
    }

    async fn opened(&self, choice: Choice) -> Result<Option<P>, ReadError> {
        Ok(opened(self.read.runtime, self.stored(choice).await?).await?)
    }
}

/// The view as this program folds it.
async fn opened<P: Projection>(
    runtime: &Runtime,
    stored: Option<StoredView>,
) -> Result<Option<P>, StoreError> {
    match stored {
        Some(stored) => Ok(projector::read(runtime, stored).await?.1),
        None => Ok(None),
    }
}

impl<'a, P: Projection> IntoFuture for ReadView<'a, P> {
    type Output = Result<Option<P>, StoreError>;
    type IntoFuture = Reading<'a, P, StoreError>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { reading(erased::<P>(), self.runtime, |choice| self.opened(choice)).await })
    }
}

impl<'a, P: Projection> IntoFuture for ReadViewAtLeast<'a, P> {
    type Output = Result<Option<P>, ReadError>;
    type IntoFuture = Reading<'a, P, ReadError>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { reading(erased::<P>(), self.read.runtime, |choice| self.opened(choice)).await })
    }
}

impl<P: Projection> fmt::Debug for ReadView<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadView")
            .field("projection", &P::NAME)
            .field("id", &self.key.view_id())
            .finish_non_exhaustive()
    }
}

impl<P: Projection> fmt::Debug for ReadViewAtLeast<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadViewAtLeast")
            .field("read", &self.read)
            .field("token", &self.token)
            .field("limit", &self.limit)
            .finish()
    }
}
