use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Duration;

use super::{App, Found, found};
use crate::commit::CommitToken;
use crate::key::StreamKey;
use crate::projection::{Edition, Projection, ViewAddress};
use crate::projector::{self, Choice, Contained, ReadError, contains, reading};
use crate::runtime::Runtime;
use crate::store::StoreError;
use crate::view::StoredView;

/// A view that is about to be read by its key; `.await` reads it. See [`App::view`].
#[must_use = "nothing is read before it is awaited"]
pub struct ReadView<'a, P: Projection> {
    runtime: &'a Runtime,
    key: &'a P::Key,
}

/// The same, not before it contains a commit. See [`ReadView::at_least`].
#[must_use = "nothing is read before it is awaited"]
pub struct ReadViewAtLeast<'a, P: Projection> {
    read: ReadView<'a, P>,
    token: CommitToken,
    limit: Duration,
}

type Reading<'a, P, E> = Pin<Box<dyn Future<Output = Result<Option<P>, E>> + Send + 'a>>;

impl App {
    /// The view at `key`; none where no event has reached it yet.
    ///
    /// The key is that of the view: the aggregate's own, or the one that `#[projection(key(…))]` has written. A view is behind
    /// its streams until their commits have been delivered: [`at_least`](ReadView::at_least) waits for one of them.
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
    /// A view at its aggregate's key is stored with a fingerprint: of its struct, its indexes and its fold. Where that is another
    /// one, because another release wrote it, the view is folded anew from its stream as far as it had come: a `Query`
    /// more. Where it stands in no index, it is put in its place, a write more, and the next reader need not fold it.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Refused`] where the app has no view store, where a keyed view no longer has the shape of `P`
    /// (a [replay](App::replay) builds it anew), and where a view cannot be folded anew.
    pub fn view<'a, P: Projection>(&'a self, key: &'a P::Key) -> ReadView<'a, P> {
        ReadView { runtime: &self.delivery.runtime, key }
    }
}

impl<'a, P: Projection> ReadView<'a, P> {
    /// Reads the view not before it contains a commit: reading one's own write. The token is what
    /// [`Committed::token`](crate::Committed::token) has given, in this process or in another one.
    ///
    /// The version of the commit's stream decides, and no clock. For a view at its aggregate's key it is the view's own
    /// version, and the token is one of the same key. For a keyed view it is that of the [`Fence`](crate::view::Fence) of the token's
    /// stream. Commits without an event that the projection listens to, and those that were
    /// [discarded](crate::delivery::DeadLetters::discard), are not waited for.
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
    /// Nothing more than a plain read for a view at its aggregate's key that contains the commit already, and one more, of the
    /// fence, for a keyed view. Where the commit has yet to come: a `Query` for the commits up to the token, and one more read
    /// of the view, or the fence, when the projection has taken it in this process. If another process may do that, there are
    /// reads in between: after 10 ms, 20 ms and so on, and at last every 500 ms
    /// ([`Settings::read_poll`](crate::app::Settings::read_poll)). While [`App::run`] runs here, with the projection, it is
    /// every 500 ms from the start.
    ///
    /// # Errors
    /// [`ReadError::TimeLimit`] after [`Settings::read_wait`](crate::app::Settings::read_wait), 5 seconds, or
    /// [`within`](ReadViewAtLeast::within) another time: it says how far the projection is. [`ReadError::OtherStream`] and
    /// [`ReadError::OtherTenant`] for a token whose commit can never be in the view, [`ReadError::NotStored`] for one whose commit
    /// the store does not have: there is no wait for those. [`ReadError::Store`] for what a plain read fails with.
    ///
    /// After the events table was restored to an earlier point, tokens of before name commits that are gone, and views may be
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
        reading::<P, _, _, _>(this.runtime, |choice| async move {
            let edition = projector::editions::to_read::<P>(this.runtime, choice, None).await?;
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
        self.runtime.view_store()?.get(&edition.view::<P>(self.key)?).await
    }

    async fn opened(&self, choice: Choice) -> Result<Option<P>, StoreError> {
        let edition = projector::editions::to_read::<P>(self.runtime, choice, None).await?;
        opened(self.runtime, self.stored(&edition).await?).await
    }

    /// The stream that the view is made of; none for a keyed view.
    fn stream(&self) -> Result<Option<StreamKey>, StoreError> {
        Ok(self.key.to_stream().filter(|_| !P::KEYED).transpose()?)
    }
}

impl<P: Projection> ReadViewAtLeast<'_, P> {
    /// How long it waits at most. With `Duration::ZERO` it looks once. Requests that are under way when the time is over are
    /// brought to their end.
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
        reading::<P, _, _, _>(this.read.runtime, |choice| async move {
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
            contains::<P>(read.runtime, choice, None, read.key.view_tenant(), token, *limit).await?;
        // The fence first, and then the view: it is at least as new.
        if stream.is_some() { Ok(view) } else { Ok(read.stored(&edition).await?) }
    }

    async fn opened(&self, choice: Choice) -> Result<Option<P>, ReadError> {
        Ok(opened(self.read.runtime, self.stored(choice).await?).await?)
    }
}

/// The view as this program makes it.
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
        Box::pin(async move { reading::<P, _, _, _>(self.runtime, |choice| self.opened(choice)).await })
    }
}

impl<'a, P: Projection> IntoFuture for ReadViewAtLeast<'a, P> {
    type Output = Result<Option<P>, ReadError>;
    type IntoFuture = Reading<'a, P, ReadError>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { reading::<P, _, _, _>(self.read.runtime, |choice| self.opened(choice)).await })
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
