use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, mpsc, watch};

use super::failure::{FailureKind, OutagePlace};
use super::marks::{Marks, Place};
use super::parking::Parking;
use super::slot::Slots;
use super::{Delivery, DeliveryError, Subscriber, Terms};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::Origin;
use crate::store::DeadLetter;
use crate::store::Positions;
use crate::timestamp::Timestamp;

/// Some commits as the relay read them, for all subscribers.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) commits: Vec<Placed>,
    /// The last position of every shard of the page.
    pub(crate) ends: Positions,
}

/// A commit and where it stood in the feed.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) commit: Commit,
    pub(crate) shard: String,
    pub(crate) position: String,
    /// About how much memory it takes.
    pub(crate) bytes: usize,
}

/// How much a subscriber may have taken in but not done. Above that it is passed over until it has room, and reads what
/// it missed by itself.
const MOST_BYTES: usize = 16 * 1024 * 1024;
const MOST_COMMITS: usize = 4_096;

/// What a subscriber has taken in but not done.
#[derive(Debug, Default)]
pub(crate) struct Load {
    commits: AtomicUsize,
    bytes: AtomicUsize,
}

impl Load {
    pub(crate) fn has_room(&self) -> bool {
        self.commits.load(Ordering::Relaxed) < MOST_COMMITS && self.bytes.load(Ordering::Relaxed) < MOST_BYTES
    }

    /// Counts what is sent, and not only what has arrived: a queue that is slow to take in has no room.
    pub(crate) fn add(&self, bytes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn remove(&self, bytes: usize) {
        self.commits.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One subscriber's queue: its position, and a lane for each stream that has something to do.
///
/// Commits of a stream are taken in their order. A stream that is slow, or waits for a lease, holds up no other stream:
/// neither of this subscriber, while one of its places is free, nor of another.
pub(crate) struct Queue {
    desk: Arc<Desk>,
    positions: Positions,
    marks: Marks,
    load: Arc<Load>,
    lanes: HashMap<StreamKey, Lane>,
}

/// What the lanes have in common.
struct Desk {
    delivery: Arc<Delivery>,
    subscriber: Arc<Subscriber>,
    parking: Parking,
    slots: Slots,
}

/// The commits of one stream that have not begun, while one batch of the stream is at work.
type Lane = Vec<Waiting>;

/// A commit that is to be done.
struct Waiting {
    commit: Commit,
    place: Place,
    bytes: usize,
}

/// A batch of one stream, and how it ended.
type Worked = (StreamKey, Vec<(Place, usize)>, Result<Ended, DeliveryError>);

/// How a batch ended that is no reason for the run to end.
enum Ended {
    Done,
    /// The run is to end, and the rest of the batch still waits for the end of a fault.
    Left(DeliveryError),
}

impl Queue {
    /// Loads what the last run left behind.
    pub(crate) async fn open(
        delivery: &Arc<Delivery>,
        subscriber: Arc<Subscriber>,
    ) -> Result<Self, DeliveryError> {
        let name = subscriber.name;
        let delivery_store = delivery.runtime.delivery_store();
        let positions = delivery_store.positions(name).await.map_err(|source| failed(name, source))?;
        let parking = Parking::of(delivery, name);
        parking.load().await?;
        let slots = Slots::new(subscriber.concurrency, delivery.runtime.settings);
        Ok(Self {
            desk: Arc::new(Desk { delivery: delivery.clone(), subscriber, parking, slots }),
            marks: Marks::behind(&positions),
            positions,
            load: Arc::default(),
            lanes: HashMap::new(),
        })
    }

    pub(crate) fn positions(&self) -> &Positions {
        &self.positions
    }

    pub(crate) fn load(&self) -> Arc<Load> {
        Arc::clone(&self.load)
    }

    /// Works on the pages that come, until there are no more. A position moves when everything before it is done, so
    /// that what a crash interrupts is delivered again. Reports how many pages are done. If a stream still waits for the
    /// end of a fault elsewhere when no more pages come, it is left, and the fault is the error.
    pub(crate) async fn run(
        mut self,
        mut pages: mpsc::UnboundedReceiver<Arc<Page>>,
        progress: &Progress,
    ) -> Result<(), DeliveryError> {
        let mut at_work: FuturesUnordered<Pin<Box<dyn Future<Output = Worked> + Send>>> =
            FuturesUnordered::new();
        let desk = Arc::clone(&self.desk);
        let mut outage = None;
        let mut taken = 0;
        let mut more = true;
        while more || !at_work.is_empty() {
            tokio::select! {
                page = pages.recv(), if more => match page {
                    Some(page) => {
                        taken += 1;
                        let ready = self.take_in(&page);
                        at_work.extend(ready.into_iter().map(|(stream, lane)| self.begin(stream, lane)));
                    }
                    None => {
                        more = false;
                        desk.slots.end();
                    }
                },
                Some((stream, done, worked)) = at_work.next() => {
                    if let Ended::Left(error) = worked? {
                        self.lanes.remove(&stream);
                        outage.get_or_insert(error);
                        continue;
                    }
                    for (place, bytes) in &done {
                        self.marks.done(place);
                        self.load.remove(*bytes);
                    }
                    match self.lanes.remove(&stream) {
                        Some(lane) if !lane.is_empty() => {
                            self.lanes.insert(stream.clone(), Lane::new());
                            at_work.push(self.begin(stream, lane));
                        }
                        _ => {}
                    }
                }
                () = desk.slots.changed() => {}
            }
            let reached = self.marks.take_reached();
            self.move_to(reached).await?;
            progress.report(taken, at_work.len(), desk.slots.resting());
        }
        outage.map_or(Ok(()), Err)
    }

    /// Puts the commits of a page into their lanes; returns those that are to begin.
    fn take_in(&mut self, page: &Page) -> Vec<(StreamKey, Lane)> {
        let mut ready: Vec<(StreamKey, Lane)> = Vec::new();
        for placed in &page.commits {
            if self.marks.knows(&placed.shard, &placed.position)
                || !self.desk.subscriber.wants(&placed.commit)
            {
                self.load.remove(placed.bytes);
                continue;
            }
            let commit = placed.commit.clone();
            let stream = commit.stream.clone();
            let place = self.marks.open(&placed.shard, &placed.position);
            let waiting = Waiting { commit, place, bytes: placed.bytes };
            if let Some((_, lane)) = ready.iter_mut().find(|(begun, _)| *begun == stream) {
                lane.push(waiting);
            } else if let Some(lane) = self.lanes.get_mut(&stream) {
                lane.push(waiting);
            } else {
                ready.push((stream, vec![waiting]));
            }
        }
        for (shard, end) in &page.ends {
            self.marks.end(shard, end);
        }
        for (stream, _) in &ready {
            self.lanes.insert(stream.clone(), Lane::new());
        }
        ready
    }

    fn begin(&self, stream: StreamKey, lane: Lane) -> Pin<Box<dyn Future<Output = Worked> + Send>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(async move {
            let (mut commits, mut done) = (Vec::with_capacity(lane.len()), Vec::with_capacity(lane.len()));
            for Waiting { commit, place, bytes } in lane {
                commits.push(commit);
                done.push((place, bytes));
            }
            let worked = desk.take_stream(&stream, commits).await;
            (stream, done, worked)
        })
    }

    async fn move_to(&mut self, reached: Positions) -> Result<(), DeliveryError> {
        let name = self.desk.subscriber.name;
        for (shard, end) in reached {
            if self.positions.get(&shard).is_some_and(|done| end <= *done) {
                continue;
            }
            let delivery_store = self.desk.delivery.runtime.delivery_store();
            delivery_store.save_position(name, &shard, &end).await.map_err(|source| failed(name, source))?;
            self.desk.delivery.note_position();
            self.positions.insert(shard, end);
        }
        Ok(())
    }
}

/// How far a queue has come, for the relay that fills it.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) idle_after: watch::Sender<IdleAfter>,
    /// Wakes the relay: there may be room again.
    pub(crate) moved: Arc<Notify>,
}

/// How many pages had been taken in the last time that a queue had nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct IdleAfter {
    /// Nothing was left.
    pub(crate) done: u64,
    /// Nothing was left but what waited for the end of a fault elsewhere.
    pub(crate) resting: u64,
}

impl Progress {
    /// Of the streams that are at work, some only wait for the end of a fault.
    fn report(&self, taken: u64, at_work: usize, resting: usize) {
        self.idle_after.send_if_modified(|known| {
            let before = *known;
            if at_work == 0 {
                known.done = taken;
            }
            if at_work == resting {
                known.resting = taken;
            }
            *known != before
        });
        self.moved.notify_one();
    }
}

impl Desk {
    async fn take_stream(&self, stream: &StreamKey, commits: Vec<Commit>) -> Result<Ended, DeliveryError> {
        if self.parking.waits(stream, &commits).await? {
            return Ok(Ended::Done);
        }
        let retry = self.subscriber.retry(&self.delivery.runtime);
        let mut left = commits.as_slice();
        loop {
            let done = AtomicUsize::new(0);
            let failure = {
                let slot = self.slots.take().await;
                let terms = Terms { origin: Origin::Store, retry, is_shared: false, slot: Some(&slot) };
                self.subscriber.deliver(&self.delivery, left, terms, &done).await
            };
            let Some(failure) = failure else { return Ok(Ended::Done) };
            left = left.get(done.into_inner()..).unwrap_or_default();
            let until = match failure.kind {
                FailureKind::Held(until) => until,
                FailureKind::Outage(outage) => {
                    return match outage.place {
                        // What comes next would fail, too: the run is interrupted, and the next one continues at
                        // the same place.
                        OutagePlace::Delivery => Err(outage.of(&self.subscriber)),
                        OutagePlace::Call | OutagePlace::Stream => {
                            Ok(Ended::Left(outage.of(&self.subscriber)))
                        }
                    };
                }
                FailureKind::Passing | FailureKind::Permanent | FailureKind::Newer | FailureKind::Left => {
                    return self.parking.park(left, failure).await.map(|()| Ended::Done);
                }
            };
            // Most likely a killed run of this very handler holds the event: only its lease has to run out, and to wait
            // for that is not an attempt of the handler.
            let longest = self.delivery.runtime.settings.delivery.cap;
            let wait = until.since(Timestamp::now()).min(longest);
            tracing::info!(subscriber = self.subscriber.name, %stream, reason = failure.reason, ?wait, "waiting");
            tokio::time::sleep(wait).await;
        }
    }
}

pub(crate) fn stream_of(letter: &DeadLetter) -> Option<StreamKey> {
    letter.id.place().map(|(stream, _)| stream)
}

pub(crate) fn failed(subscriber: &str, source: crate::store::StoreError) -> DeliveryError {
    DeliveryError::Store { subscriber: subscriber.to_owned(), source: Box::new(source) }
}
