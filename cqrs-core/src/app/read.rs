use std::fmt;

use futures_util::stream;

use super::App;
use super::tenant_views::TenantViews;
use crate::aggregate::{Aggregate, AggregateKey};
use crate::engine::{History, Items, Loaded, Until, history};
use crate::key::{Tenant, extend_hash, stable_hash};
use crate::projection::{Projection, View, ViewAddress, fingerprint, local_id};
use crate::store::StoreError;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::StoredView;

/// The views of one tenant, read page by page.
pub type FoundViews<'a, P> = Items<'a, Found<P>>;

/// A view with its address.
#[non_exhaustive]
pub struct Found<P: View> {
    /// Its key.
    pub key: P::Key,
    /// The view.
    pub view: P,
    /// The stored version: see [`StoredView::version`].
    pub version: Version,
    /// When it was written.
    pub updated_at: Timestamp,
    stamp: u64,
}

/// For `cqrs_http`.
#[doc(hidden)]
impl<P: View> Found<P> {
    /// A number that changes with the tenant, with the fold of the view, and with each write of the view: a replay
    /// writes the view anew at its old version.
    #[must_use]
    pub fn stamp(&self) -> u64 {
        self.stamp
    }
}

impl<P: View + fmt::Debug> fmt::Debug for Found<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("id", &self.key.view_id())
            .field("view", &self.view)
            .field("version", &self.version)
            .field("updated_at", &self.updated_at)
            .finish()
    }
}

impl App {
    /// The current state, with all commits that were acknowledged before the call.
    ///
    /// It is folded from the stream, with one request per 1 MB. Nothing comes from memory. With `snapshot_every` it is
    /// folded from the snapshot and the commits after it, which are read at the same time.
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
    /// let loaded = app.load(&order).await?;
    /// assert_eq!((loaded.state.status, loaded.version), (Status::New, Version::NONE));
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// assert_eq!(app.load(&order).await?.state.status, Status::Open);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]. An event that no `#[apply]` takes is a [`StoreError::Decode`], and a gap in the stream is a
    /// [`StoreError::Corrupt`].
    pub async fn load<K>(&self, key: &K) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        Ok(self.delivery.runtime.load_now(&key.stream()?).await?.into())
    }

    /// The state right after the commit `version`, or the current state if the stream is shorter. The version in the
    /// answer shows which one it is.
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
    /// # app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// app.execute(&order, CancelOrder).await?;
    ///
    /// let then = app.load_version(&order, Version::new(1)).await?;
    /// assert_eq!(then.state.status, Status::Open);
    /// let beyond = app.load_version(&order, Version::new(9)).await?;
    /// assert_eq!((beyond.state.status, beyond.version), (Status::Cancelled, Version::new(2)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`App::load`].
    pub async fn load_version<K>(&self, key: &K, version: Version) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        Ok(self.delivery.runtime.load_until(&key.stream()?, Until::Version(version)).await?.into())
    }

    /// The state right after the commit `version`.
    ///
    /// # Errors
    /// As [`App::load`].
    #[deprecated(note = "`at` is a time everywhere else: call `load_version`")]
    pub async fn load_at<K>(&self, key: &K, version: Version) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.load_version(key, version).await
    }

    /// The state at a point in time, with all commits before the first one that is later than `time`. A commit at
    /// `time` itself is included.
    ///
    /// The time of a commit is its `created_at` or the time of its recording, whichever is earlier. To see what was
    /// known at a time, call [`App::load_as_recorded`], which uses only the time of recording.
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
    /// let opened: Timestamp = "2024-01-01T10:00:00Z".parse()?;
    /// let cancelled: Timestamp = "2024-01-05T10:00:00Z".parse()?;
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).at(opened).await?;
    /// app.execute(&order, CancelOrder).at(cancelled).await?;
    ///
    /// let then = app.load_as_of(&order, "2024-01-03T00:00:00Z".parse()?).await?;
    /// assert_eq!((then.state.status, then.version), (Status::Open, Version::new(1)));
    /// assert_eq!(app.load_as_of(&order, cancelled).await?.state.status, Status::Cancelled);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`App::load`].
    pub async fn load_as_of<K>(&self, key: &K, time: Timestamp) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        Ok(self.delivery.runtime.load_until(&key.stream()?, Until::Time(time)).await?.into())
    }

    /// The state as it was known at a point in time, with all commits before the first one that was recorded later than
    /// `time`, whatever their `created_at`. It differs from [`App::load_as_of`] for a commit whose time was given by
    /// [`at`](super::Execute::at): a commit that was imported later is not included.
    ///
    /// The time of recording is that of the machine that executed the command:
    /// [`Metadata::recorded`](crate::Metadata::recorded). The stream is read from its first commit, without a snapshot.
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
    /// let opened: Timestamp = "2024-01-01T10:00:00Z".parse()?;
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).at(opened).await?;
    ///
    /// assert_eq!(app.load_as_of(&order, opened).await?.version, Version::new(1), "it was open then");
    /// assert_eq!(app.load_as_recorded(&order, opened).await?.version, Version::NONE, "and nobody knew");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`App::load`].
    pub async fn load_as_recorded<K>(
        &self,
        key: &K,
        time: Timestamp,
    ) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        Ok(self.delivery.runtime.load_until(&key.stream()?, Until::Recorded(time)).await?.into())
    }

    /// The audit trail: every event of the stream with its metadata, in order, a page at a time.
    ///
    /// It ends after its first error.
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
    /// app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).by("user-123").await?;
    /// app.execute(&order, CancelOrder).by("user-456").await?;
    ///
    /// let mut history = app.history(&order);
    /// while let Some(event) = history.try_next().await? {
    ///     let who = event.metadata().created_by.as_deref().unwrap_or("nobody");
    ///     match event.event() {
    ///         OrderEvent::OrderCreated(created) => println!("{} {who}: {}", event.version(), created.total),
    ///         other => println!("{} {who}: {other:?}", event.version()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn history<K>(&self, key: &K) -> History<'_, K::Aggregate>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.history_after(key, Version::NONE)
    }

    /// The audit trail after a version: what has happened since.
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
    /// let done = app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// app.execute(&order, CancelOrder).await?;
    ///
    /// let since = app.history_after(&order, done.version).read_all().await?;
    /// assert!(matches!(since[0].event(), OrderEvent::OrderCancelled(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn history_after<K>(&self, key: &K, version: Version) -> History<'_, K::Aggregate>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.history_between(key, version, Version::MAX)
    }

    /// The audit trail up to and including the version `until`, for `cqrs_http`. No more than that is read.
    #[doc(hidden)]
    pub fn history_between<K>(&self, key: &K, after: Version, until: Version) -> History<'_, K::Aggregate>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        history::<K::Aggregate>(&self.delivery.runtime, key.stream().map_err(StoreError::Key), after, until)
    }

    /// All views of one tenant, in the order of their ids.
    ///
    /// They are read a page at a time. The iteration ends after its first error. A view with another shape or fold is
    /// folded anew on the way, as [`App::view`] does it, with one or two more requests for each.
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
    /// # let tenant = Tenant::new("TENANT001")?;
    /// for id in ["20240101-001", "20240101-002"] {
    ///     let order = OrderKey::new(&tenant, id);
    ///     app.execute(&order, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
    /// }
    /// app.run_until_idle().await?;
    ///
    /// let mut views = app.views::<OrderSummary>(&tenant);
    /// let mut total = 0;
    /// while let Some(found) = views.try_next().await? {
    ///     total += found.view.total;
    /// }
    /// assert_eq!(total, 30000);
    /// # Ok(())
    /// # }
    /// ```
    pub fn views<P: Projection>(&self, tenant: &Tenant) -> FoundViews<'_, P> {
        let start = TenantViews::<P>::new(&self.delivery.runtime, tenant);
        Items::new(stream::try_unfold(start, |mut views| async move {
            let next = views.next().await?;
            Ok(next.map(|found| (found, views)))
        }))
    }
}

/// A view that was read, with its address.
pub(super) fn found<P: Projection>(
    tenant: &Tenant,
    stored: StoredView,
    view: P,
) -> Result<Found<P>, StoreError> {
    let stamp = stamp::<P>(tenant, &stored);
    let StoredView { id, version, updated_at, .. } = stored;
    let key = P::Key::from_view_id(tenant.clone(), local_id::<P>(&id.sk))?;
    Ok(Found { key, view, version, updated_at, stamp })
}

fn stamp<P: Projection>(tenant: &Tenant, stored: &StoredView) -> u64 {
    // Every text but the last has a fixed length.
    let hash = extend_hash(stable_hash(fingerprint::<P>().as_bytes()), &stored.generation.to_le_bytes());
    let digest = stored.digest.map_or_else(String::new, |digest| digest.to_string());
    let hash = extend_hash(hash, format!("{digest:16}").as_bytes());
    let hash = extend_hash(hash, &stored.updated_at.unix_millis().to_le_bytes());
    extend_hash(hash, tenant.as_str().as_bytes())
}
