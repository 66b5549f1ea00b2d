use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;

use futures_core::Stream;
use futures_util::stream;

use super::state::{State, decode_one};
use super::{App, Loaded};
use crate::aggregate::{Aggregate, Entity};
use crate::commit::Commit;
use crate::event::{RawEvent, Recorded};
use crate::key::{AggregateKey, StreamKey};
use crate::projection::{Projection, View, ViewAddress, ViewId};
use crate::store::{CorruptCommit, Extent, StoreError};
use crate::tenant::Tenant;
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::StoredView;

/// The events of one stream, read page by page.
pub type History<'a, A> =
    Pin<Box<dyn Stream<Item = Result<Recorded<<A as Aggregate>::Event>, StoreError>> + Send + 'a>>;

/// The views of one tenant, read page by page.
pub type FoundViews<'a, P> = Pin<Box<dyn Stream<Item = Result<Found<P>, StoreError>> + Send + 'a>>;

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
    /// The state now: all commits that were acknowledged before the call.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load<K>(&self, key: &K) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.fold_while(key, Version::MAX, |_| true).await
    }

    /// The state right after the commit `version`; where the stream is shorter, the state now. The version of
    /// the answer tells which.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_at<K>(&self, key: &K, version: Version) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.fold_while(key, version, |_| true).await
    }

    /// The state at a point in time: all commits before the first one that is later than `time`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_as_of<K>(&self, key: &K, time: Timestamp) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        self.fold_while(key, Version::MAX, |commit| commit.metadata.created_at <= time).await
    }

    async fn fold_while<K>(
        &self,
        key: &K,
        until: Version,
        wanted: impl Fn(&Commit) -> bool,
    ) -> Result<Loaded<K::Aggregate>, StoreError>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let stream = key.stream()?;
        let mut state = State::<K::Aggregate>::empty();
        'pages: loop {
            let page = self.event_store().read(&stream, state.version, until).await?;
            for commit in &page.commits {
                if !wanted(commit) {
                    break 'pages;
                }
                state.fold(commit)?;
            }
            if !page.more {
                break;
            }
        }
        Ok(Loaded { state: state.aggregate, version: state.version })
    }

    /// The audit trail: every event of the stream with its metadata, in order, a page at a time.
    ///
    /// The stream ends after its first error.
    pub fn history<K>(&self, key: &K) -> History<'_, K::Aggregate>
    where
        K: AggregateKey<Aggregate: Aggregate>,
    {
        let start = Reading {
            app: self,
            stream: key.stream().map_err(StoreError::Key),
            version: Version::NONE,
            after: Version::NONE,
            more: true,
            commits: VecDeque::new(),
            events: VecDeque::new(),
        };
        Box::pin(stream::try_unfold(start, Reading::next::<K::Aggregate>))
    }

    /// The view at `key`; none where no event has reached it yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn view<P: Projection>(&self, key: &P::Key) -> Result<Option<P>, StoreError> {
        let stored = self.view_store()?.get(&ViewId::of::<P>(key)?).await?;
        stored.map(|stored| stored.decode()).transpose()
    }

    /// All views of one tenant, in the order of their ids.
    pub fn views<P: Projection>(&self, tenant: &Tenant) -> FoundViews<'_, P> {
        let extent = Extent::Partition(ViewId::partition(P::VIEW, tenant));
        let start = (extent, tenant.clone(), None::<ViewId>, true, VecDeque::new());
        Box::pin(stream::try_unfold(
            start,
            move |(extent, tenant, mut after, mut more, mut page)| async move {
                while page.is_empty() && more {
                    let scan = self.view_store()?.scan(&extent, after.as_ref()).await?;
                    more = scan.next.is_some();
                    after = scan.next;
                    page.extend(scan.views);
                }
                match page.pop_front() {
                    Some(view) => Ok(Some((found::<P>(&tenant, view)?, (extent, tenant, after, more, page)))),
                    None => Ok(None),
                }
            },
        ))
    }
}

fn found<P: Projection>(tenant: &Tenant, stored: StoredView) -> Result<Found<P>, StoreError> {
    let view = stored.decode()?;
    let StoredView { id, version, updated_at, .. } = stored;
    let text = id.sk.strip_prefix(P::VIEW).and_then(|id| id.strip_prefix('#')).unwrap_or(&id.sk);
    let key = P::Key::from_view_id(tenant.clone(), text)?;
    Ok(Found { key, view, version, updated_at })
}

/// How far a history has been read.
struct Reading<'a, S> {
    app: &'a App,
    stream: Result<StreamKey, StoreError>,
    /// The last commit that was taken out, and the last one that was read.
    version: Version,
    after: Version,
    more: bool,
    commits: VecDeque<Commit>,
    events: VecDeque<Recorded<S>>,
}

impl<S> Reading<'_, S> {
    async fn next<A>(mut self) -> Result<Option<(Recorded<S>, Self)>, StoreError>
    where
        A: Aggregate<Event = S> + Entity,
    {
        let stream = match self.stream {
            Ok(stream) => stream,
            Err(error) => return Err(error),
        };
        self.stream = Ok(stream.clone());
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some((event, self)));
            }
            if let Some(commit) = self.commits.pop_front() {
                if commit.version != self.version.next() {
                    return Err(CorruptCommit::behind_gap(&commit, self.version.next()).into());
                }
                self.version = commit.version;
                for raw in RawEvent::all(&commit) {
                    self.events.push_back(raw.record(decode_one::<A>(&raw)?));
                }
                continue;
            }
            if !self.more {
                return Ok(None);
            }
            let page = self.app.event_store().read(&stream, self.after, Version::MAX).await?;
            self.more = page.more;
            self.after = page.commits.last().map_or(self.after, |commit| commit.version);
            self.commits.extend(page.commits);
        }
    }
}
