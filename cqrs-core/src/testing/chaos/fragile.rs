//! The stores of an app, with a faulty network in front of them.

use std::collections::HashSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use fastrand::Rng;

use crate::app::App;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::runtime::{Probe, Stores};
#[cfg(any(feature = "conformance", feature = "inspect"))]
use crate::store::StreamPage;
use crate::store::{
    Append, AppendAll, CommitKey, CommitPage, CommitScan, DynEventStore, Extent, NewCommit, NewCommits,
    Positions, Reservation, ReservationPage, StoreError, TimerId, TimerPage, UniqueValue,
};
use crate::store::{Claim, DeadLetter, DynDeliveryStore, Finish, InboxId, InboxLease, LetterId};
use crate::timestamp::Timestamp;
use crate::version::Version;
use crate::view::{
    DynViewStore, Fence, QueriedViews, Revision, StoredView, SwapIn, ViewId, ViewQuery, ViewScan, Write,
};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The stores of another app. Before and after each request, its future waits once, so that a task that is dropped
/// there stops between any two steps. Some requests are lost, and so are the answers of some others.
#[derive(Clone)]
pub(super) struct Fragile {
    app: App,
    probe: Arc<Probe>,
    rng: Arc<Mutex<Rng>>,
    /// How many requests in a hundred fail.
    percent: u32,
}

/// What happens to a request.
enum Fate {
    Answered,
    Lost,
    Throttled,
    AnswerLost,
}

impl Fragile {
    pub(super) fn new(app: &App, probe: &Arc<Probe>, seed: u64, percent: u32) -> Self {
        let rng = Arc::new(Mutex::new(Rng::with_seed(seed)));
        Self { app: app.clone(), probe: Arc::clone(probe), rng, percent }
    }

    pub(super) fn stores(&self) -> Stores {
        Stores {
            events: Box::new(self.clone()),
            feed: None,
            views: Some(Box::new(self.clone())),
            // Their content is in the stream, too.
            snapshots: None,
            backlog: None,
            delivery: Box::new(self.clone()),
        }
    }

    fn fate(&self) -> Fate {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        if rng.u32(..100) >= self.percent {
            return Fate::Answered;
        }
        match rng.u8(..3) {
            0 => Fate::Lost,
            1 => Fate::Throttled,
            _ => Fate::AnswerLost,
        }
    }

    fn send<'a, T: Send + 'a>(
        &'a self,
        request: impl Future<Output = Result<T, StoreError>> + Send + 'a,
    ) -> Boxed<'a, T> {
        Box::pin(async move {
            pause().await;
            let fate = self.fate();
            match fate {
                Fate::Lost => return Err(unavailable("the chaos lost the request")),
                Fate::Throttled => {
                    return Err(StoreError::Throttled { source: "the chaos throttles".into() });
                }
                Fate::Answered | Fate::AnswerLost => {}
            }
            let answer = request.await?;
            pause().await;
            if matches!(fate, Fate::AnswerLost) {
                return Err(unavailable("the chaos lost the answer"));
            }
            Ok(answer)
        })
    }

    fn views(&self) -> Result<&dyn DynViewStore, StoreError> {
        self.app.delivery().runtime.view_store()
    }
}

fn unavailable(reason: &str) -> StoreError {
    StoreError::Unavailable { source: reason.into() }
}

/// Ready at the second poll.
async fn pause() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl DynEventStore for Fragile {
    fn append<'a>(&'a self, commit: NewCommit<'a>) -> Boxed<'a, Append> {
        self.send(self.app.delivery().runtime.event_store().append(commit))
    }
    fn append_all<'a>(&'a self, commits: NewCommits<'a>) -> Boxed<'a, AppendAll> {
        self.send(self.app.delivery().runtime.event_store().append_all(commits))
    }
    fn reservation<'a>(&'a self, value: &'a UniqueValue) -> Boxed<'a, Option<Reservation>> {
        self.send(self.app.delivery().runtime.event_store().reservation(value))
    }
    fn reservations<'a>(&'a self, after: Option<&'a UniqueValue>) -> Boxed<'a, ReservationPage> {
        self.send(self.app.delivery().runtime.event_store().reservations(after))
    }
    fn timers<'a>(
        &'a self,
        partition: &'a str,
        until: Timestamp,
        after: Option<&'a TimerId>,
    ) -> Boxed<'a, TimerPage> {
        self.send(self.app.delivery().runtime.event_store().timers(partition, until, after))
    }
    fn remove_timer<'a>(&'a self, id: &'a TimerId) -> Boxed<'a, bool> {
        self.send(self.app.delivery().runtime.event_store().remove_timer(id))
    }
    fn read<'a>(&'a self, stream: &'a StreamKey, after: Version, until: Version) -> Boxed<'a, CommitPage> {
        self.send(self.app.delivery().runtime.event_store().read(stream, after, until))
    }
    fn read_last<'a>(
        &'a self,
        stream: &'a StreamKey,
        after: Version,
        until: Version,
        limit: u64,
    ) -> Boxed<'a, CommitPage> {
        self.send(self.app.delivery().runtime.event_store().read_last(stream, after, until, limit))
    }
    fn keeps_states(&self) -> bool {
        self.app.delivery().runtime.event_store().keeps_states()
    }
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a CommitKey>) -> Boxed<'a, CommitScan> {
        self.send(self.app.delivery().runtime.event_store().scan(extent, after))
    }
    #[cfg(any(feature = "conformance", feature = "inspect"))]
    fn streams<'a>(
        &'a self,
        partition: &'a str,
        prefix: &'a str,
        after: Option<&'a CommitKey>,
        limit: usize,
    ) -> Boxed<'a, StreamPage> {
        self.send(self.app.delivery().runtime.event_store().streams(partition, prefix, after, limit))
    }
    fn count(&self) -> Boxed<'_, Option<u64>> {
        self.send(self.app.delivery().runtime.event_store().count())
    }
    fn segments(&self, wanted: u32) -> u32 {
        self.app.delivery().runtime.event_store().segments(wanted)
    }
}

impl DynViewStore for Fragile {
    fn get<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<StoredView>> {
        self.send(async move { self.views()?.get(id).await })
    }
    fn put<'a>(&'a self, view: &'a StoredView, expected: Revision) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.put(view, expected).await })
    }
    fn put_rebuilt<'a>(&'a self, view: &'a StoredView) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.put_rebuilt(view).await })
    }
    fn delete<'a>(&'a self, id: &'a ViewId, expected: Revision) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.delete(id, expected).await })
    }
    fn swap_in<'a>(
        &'a self,
        view: &'a StoredView,
        expected: Revision,
        shadow: &'a ViewId,
        shadow_expected: Revision,
    ) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.swap_in(view, expected, shadow, shadow_expected).await })
    }
    fn fence<'a>(&'a self, id: &'a ViewId) -> Boxed<'a, Option<Fence>> {
        self.send(async move { self.views()?.fence(id).await })
    }
    fn put_fenced<'a>(
        &'a self,
        fence: &'a Fence,
        expected: &'a Fence,
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.put_fenced(fence, expected, views).await })
    }
    fn get_all<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<StoredView>>> {
        self.send(async move { self.views()?.get_all(ids).await })
    }
    fn fences<'a>(&'a self, ids: &'a [ViewId]) -> Boxed<'a, Vec<Option<Fence>>> {
        self.send(async move { self.views()?.fences(ids).await })
    }
    fn put_rebuilt_all<'a>(&'a self, views: &'a [StoredView]) -> Boxed<'a, Vec<Write>> {
        self.send(async move { self.views()?.put_rebuilt_all(views).await })
    }
    fn swap_in_all<'a>(&'a self, swaps: &'a [SwapIn]) -> Boxed<'a, Vec<Write>> {
        self.send(async move { self.views()?.swap_in_all(swaps).await })
    }
    fn fences_at_once(&self) -> usize {
        self.views().map_or(1, DynViewStore::fences_at_once)
    }
    fn put_all_fenced<'a>(
        &'a self,
        fences: &'a [(Fence, Fence)],
        views: &'a [(StoredView, Revision)],
    ) -> Boxed<'a, Write> {
        self.send(async move { self.views()?.put_all_fenced(fences, views).await })
    }
    fn keeps_unfenced(&self) -> bool {
        self.views().is_ok_and(DynViewStore::keeps_unfenced)
    }
    fn scan<'a>(&'a self, extent: &'a Extent, after: Option<&'a ViewId>) -> Boxed<'a, ViewScan> {
        self.send(async move { self.views()?.scan(extent, after).await })
    }
    fn query<'a>(&'a self, query: &'a ViewQuery) -> Boxed<'a, QueriedViews> {
        self.send(async move { self.views()?.query(query).await })
    }
}

impl DynDeliveryStore for Fragile {
    fn positions<'a>(&'a self, subscriber: &'a str) -> Boxed<'a, Positions> {
        self.send(self.app.delivery().runtime.delivery_store().positions(subscriber))
    }
    fn save_position<'a>(&'a self, subscriber: &'a str, shard: &'a str, position: &'a str) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().save_position(subscriber, shard, position))
    }
    fn put_letter<'a>(&'a self, letter: &'a DeadLetter) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().put_letter(letter))
    }
    fn letters<'a>(&'a self, subscriber: &'a str, after: Option<&'a LetterId>) -> Boxed<'a, Vec<DeadLetter>> {
        self.send(self.app.delivery().runtime.delivery_store().letters(subscriber, after))
    }
    fn remove_letter<'a>(&'a self, id: &'a LetterId) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().remove_letter(id))
    }
    fn park<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().park(queue, stream, version))
    }
    fn unpark<'a>(&'a self, queue: &'a str, stream: &'a StreamKey, version: Version) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().unpark(queue, stream, version))
    }
    fn count_attempt<'a>(&'a self, queue: &'a str, commit: &'a Commit, expires: Timestamp) -> Boxed<'a, u32> {
        self.send(self.app.delivery().runtime.delivery_store().count_attempt(queue, commit, expires))
    }
    fn forget_attempts<'a>(&'a self, queue: &'a str, commit: &'a Commit) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().forget_attempts(queue, commit))
    }
    fn parked<'a>(&'a self, queue: &'a str, among: &'a [StreamKey]) -> Boxed<'a, HashSet<StreamKey>> {
        self.send(self.app.delivery().runtime.delivery_store().parked(queue, among))
    }
    fn claim<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Claim> {
        self.send(self.app.delivery().runtime.delivery_store().claim(id, lease))
    }
    fn finish<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, Finish> {
        self.send(async move {
            let finish = self.app.delivery().runtime.delivery_store().finish(id, lease).await?;
            if finish == Finish::Done {
                self.probe.seen().finished.insert(id.clone());
            }
            Ok(finish)
        })
    }
    fn release<'a>(&'a self, id: &'a InboxId, lease: &'a InboxLease) -> Boxed<'a, ()> {
        self.send(self.app.delivery().runtime.delivery_store().release(id, lease))
    }
}
