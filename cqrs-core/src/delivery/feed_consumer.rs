use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::sync::{Mutex, Semaphore};

use super::beginning::{Beginnings, Calm};
use super::builds::Builds;
use super::consumer::ONE_TRY;
use super::failure::{Failure, FailureKind};
use super::intake::{self, PROJECTIONS};
use super::look::{LetterCount, Look};
use super::parking::Parking;
use super::patience::{Message, Outcome, Patience};
use super::subscriber::keep_decoded;
use super::{Delivery, DeliveryError, StoredLetters, Subscriber, Terms};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::Origin;
use crate::version::Version;

const STOPPED: &str = "there was no time left";

/// The end of a change feed that something else reads and whose position it remembers, as Lambda does: gives what was
/// read to all projections of the app, and says from which record on it has to come again. Handlers get nothing from
/// here.
///
/// The projections are independent: a commit that one of them cannot take does not hold up the others. If it has failed
/// as often as [`Settings::delivery`](crate::app::Settings) says, it becomes a dead letter of that projection in the
/// delivery store, with the later commits of the stream behind it. A consumer that does not know of the letter tries a
/// later commit once, before it is put behind. [`App::dead_letters`](crate::App::dead_letters) has the letters, and
/// redrives them.
///
/// Records may come twice, in parts, and out of order.
pub struct FeedConsumer {
    /// With the projections only.
    delivery: Arc<Delivery>,
    desks: Vec<Desk>,
    /// How many records were kept that could not be given to any projection.
    kept: AtomicU64,
    look: Mutex<Look>,
    beginnings: Beginnings,
    builds: Builds,
}

/// Records that were not all taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {place} was not taken by every projection: {reason}")]
#[non_exhaustive]
pub struct Untaken {
    /// The place of the first record, counted from 0, that has to come again with all after it.
    pub place: usize,
    /// Why.
    pub reason: String,
}

/// One projection and what belongs to it.
struct Desk {
    projection: Arc<Subscriber>,
    parking: Parking,
    patience: Patience,
    /// The streams that it works on at the same time.
    places: Semaphore,
}

/// The commits of one stream, and their places among the records.
#[derive(Default)]
struct Lane {
    commits: Vec<Commit>,
    places: Vec<(usize, Version)>,
}

/// The first commit of a stream that a projection has not taken.
struct Left {
    version: Version,
    reason: String,
}

impl Delivery {
    /// The end of a feed that somebody else reads.
    pub(crate) fn feed_consumer(self: &Arc<Self>) -> FeedConsumer {
        let delivery = Arc::new(self.of_projections());
        let desks = delivery.subscribers.iter().map(|projection| Desk::of(&delivery, projection)).collect();
        FeedConsumer {
            desks,
            kept: AtomicU64::default(),
            look: Mutex::default(),
            beginnings: Beginnings::of(&delivery, &delivery.subscribers),
            builds: Builds::among_others(&delivery, &delivery.subscribers),
            delivery,
        }
    }
}

impl FeedConsumer {
    /// Gives records ([`store::record`](crate::store::record)) in the order of the feed to the projections. When `stop`
    /// comes, the work in progress is dropped; what was done before stays done. A record that is not a commit becomes a
    /// dead letter of `@projections`, and so does a commit with an event that only a newer program knows.
    ///
    /// # Errors
    /// [`Untaken`] says from where the records have to come again: a store is down, another release has yet to take a commit,
    /// or there was no time left. Commits that are done by then are passed over.
    pub async fn take_until(&self, records: &[Value], stop: impl Future<Output = ()>) -> Result<(), Untaken> {
        let mut stop = pin!(stop);
        let sorted = {
            let sorting = pin!(self.sort(records));
            match select(sorting, stop.as_mut()).await {
                Either::Left((sorted, _)) => sorted,
                Either::Right(_) => return Err(Untaken { place: 0, reason: STOPPED.to_owned() }),
            }
        };
        let (lanes, mut untaken) = sorted;
        let jobs: Vec<_> = lanes
            .iter()
            .flat_map(|(stream, lane)| self.desks.iter().map(move |desk| (desk, stream, lane)))
            .filter_map(|(desk, stream, lane)| {
                Some(Job { desk, stream, lane, commits: desk.wanted(&lane.commits)? })
            })
            .collect();
        // A job that is dropped has taken nothing, as far as is known.
        let mut left: Vec<_> = jobs.iter().map(Job::stopped).collect();
        let mut work: FuturesUnordered<_> = jobs
            .iter()
            .enumerate()
            .map(|(nth, job)| async move {
                (nth, job.desk.take(&self.delivery, job.stream, &job.commits).await.err())
            })
            .collect();
        while let Either::Left((Some((nth, outcome)), _)) = select(work.next(), stop.as_mut()).await {
            if let Some(left) = left.get_mut(nth) {
                *left = outcome;
            }
        }
        for (job, left) in jobs.iter().zip(left) {
            if let Some(Left { version, reason }) = left {
                earlier(&mut untaken, job.lane.place_of(version), reason);
            }
        }
        untaken.map_or(Ok(()), Err)
    }

    /// Looks after the projections as [`Consumer::settle`](super::Consumer::settle) does for those of a queue: call it
    /// after a batch. Usually it costs nothing.
    pub async fn settle(&self) {
        // A projection that has not begun is not noted as if it had. Whether anything is on its way is not known here.
        if self.builds.tend(&self.delivery).await {
            self.beginnings.watch(&self.delivery, std::future::ready(Calm::No)).await;
        }
    }

    /// Counts the dead letters of the projections and of `@projections` page by page, and redrives those that an older
    /// program did not know, with those that wait behind them. Call it when a program starts, and again when no older
    /// one can be running any longer.
    ///
    /// When `stop` comes, the look is cut off: its count is a minimum, and the next look continues from there. If a
    /// redrive finds a store down, the rest is only counted. A letter whose redrive failed is not tried again by this
    /// consumer: this program will not know it the next time either.
    ///
    /// # Errors
    /// [`DeliveryError::Store`]; nothing is lost.
    pub async fn look_at_dead_letters(
        &self,
        stop: impl Future<Output = ()>,
    ) -> Result<LetterCount, DeliveryError> {
        let mut look = self.look.lock().await;
        let is_whole = {
            let looking = pin!(self.look_on(&mut look));
            match select(looking, pin!(stop)).await {
                Either::Left((looked, _)) => looked.map(|()| true)?,
                Either::Right(_) => false,
            }
        };
        Ok(if is_whole { look.finish() } else { look.count(true) })
    }

    async fn look_on(&self, look: &mut Look) -> Result<(), DeliveryError> {
        let letters = StoredLetters::new(&self.delivery);
        if look.has_failed {
            return letters.look(PROJECTIONS, look).await;
        }
        let Err(error) = letters.look(PROJECTIONS, look).await else { return Ok(()) };
        tracing::warn!(
            error = error.to_string(),
            "dead letters that an older program did not know are not redriven"
        );
        look.has_failed = true;
        letters.look(PROJECTIONS, look).await
    }

    /// How many dead letters this consumer has put into the delivery store: when the number goes up, look at them.
    #[must_use]
    pub fn put_away(&self) -> u64 {
        let of_projections: u64 = self.desks.iter().map(|desk| desk.parking.count()).sum();
        of_projections + self.kept.load(Ordering::Relaxed)
    }

    /// The commits of the records by their streams, and the first record whose dead letter could not be stored.
    async fn sort(&self, records: &[Value]) -> (BTreeMap<StreamKey, Lane>, Option<Untaken>) {
        let (mut lanes, mut untaken) = (BTreeMap::<StreamKey, Lane>::new(), None);
        for (place, record) in records.iter().enumerate() {
            match intake::take_in_known(&self.delivery.runtime, record, PROJECTIONS).await {
                Ok(taken_in) => {
                    self.kept.fetch_add(u64::from(taken_in.is_kept), Ordering::Relaxed);
                    let Some(mut commit) = taken_in.commit else { continue };
                    keep_decoded(&mut commit, &self.delivery.subscribers);
                    let lane = lanes.entry(commit.stream.clone()).or_default();
                    lane.places.push((place, commit.version));
                    lane.commits.push(commit);
                }
                Err(error) => earlier(&mut untaken, place, error.to_string()),
            }
        }
        for lane in lanes.values_mut() {
            lane.commits.sort_by_key(|commit| commit.version);
            lane.commits.dedup_by_key(|commit| commit.version);
        }
        (lanes, untaken)
    }
}

/// What one projection has to do about one stream.
struct Job<'a> {
    desk: &'a Desk,
    stream: &'a StreamKey,
    lane: &'a Lane,
    /// The commits that the projection listens to; at least one.
    commits: Cow<'a, [Commit]>,
}

impl Job<'_> {
    fn stopped(&self) -> Option<Left> {
        Some(Left { version: self.commits.first()?.version, reason: STOPPED.to_owned() })
    }
}

impl Lane {
    /// The first record with this commit, or a later one.
    fn place_of(&self, version: Version) -> usize {
        let places = self.places.iter().filter(|(_, of)| *of >= version).map(|(place, _)| *place);
        places.min().unwrap_or_default()
    }
}

fn earlier(untaken: &mut Option<Untaken>, place: usize, reason: String) {
    if untaken.as_ref().is_none_or(|known| place < known.place) {
        *untaken = Some(Untaken { place, reason });
    }
}

impl Desk {
    fn of(delivery: &Arc<Delivery>, projection: &Arc<Subscriber>) -> Self {
        Self {
            parking: Parking::of(delivery, projection.name),
            patience: Patience::new(projection.name),
            places: Semaphore::new(projection.concurrency),
            projection: Arc::clone(projection),
        }
    }

    /// The commits that the projection listens to; `None` if it listens to none of them.
    fn wanted<'a>(&self, commits: &'a [Commit]) -> Option<Cow<'a, [Commit]>> {
        let wants = |commit: &&Commit| self.projection.wants(commit);
        match commits.iter().filter(wants).count() {
            0 => None,
            count if count == commits.len() => Some(commits.into()),
            _ => Some(commits.iter().filter(wants).cloned().collect()),
        }
    }

    /// Gives commits of one stream to the projection. A failed attempt is repeated here, so that the other projections
    /// need not see the records again. It is counted in the store, so that the next invocation does not begin the count
    /// anew.
    async fn take(
        &self,
        delivery: &Arc<Delivery>,
        stream: &StreamKey,
        commits: &[Commit],
    ) -> Result<(), Left> {
        let Some(first) = commits.first() else { return Ok(()) };
        if self.parking.waits(stream, commits).await.map_err(|error| Left::at(first, &error))? {
            return Ok(());
        }
        let retry = delivery.runtime.settings.delivery;
        let terms = Terms { origin: Origin::Store, retry: ONE_TRY, is_shared: true, slot: None };
        let (mut left, mut tries) = (commits, 0);
        loop {
            let done = AtomicUsize::new(0);
            let failure = {
                let _place = self.places.acquire().await;
                self.projection.deliver(delivery, left, terms, &done).await
            };
            let done = done.into_inner();
            left = left.get(done..).unwrap_or_default();
            let (Some(mut failure), Some(commit)) = (failure, left.first()) else { return Ok(()) };
            tries = if done > 0 { 1 } else { tries + 1 };
            // The letters of a process that is gone. To look before the first attempt would cost a read for each batch.
            if tries == 1
                && failure.is_of_the_commit()
                && self.parking.waits_unheard(stream, left).await.map_err(|error| Left::at(commit, &error))?
            {
                return Ok(());
            }
            // A commit that only a newer program knows must not make the others wait, so it is as old as it can be.
            let message = Message { place: 0, receives: tries, sent_at: None };
            match self.patience.outcome(delivery, &mut failure, &message, commit).await {
                Outcome::Dead => return self.put_away(delivery, left, commit, failure).await,
                Outcome::Later => self.patience.tell(&failure, &message, commit),
                Outcome::Again(_) => {}
            }
            if tries >= retry.attempts {
                return Err(Left { version: commit.version, reason: failure.reason });
            }
            retry.pause(tries).await;
        }
    }

    /// Makes a commit a dead letter, with those of its stream that came after it.
    async fn put_away(
        &self,
        delivery: &Arc<Delivery>,
        commits: &[Commit],
        first: &Commit,
        mut failure: Failure,
    ) -> Result<(), Left> {
        let was_counted = matches!(failure.kind, FailureKind::Passing | FailureKind::Left);
        if was_counted {
            failure.attempts = delivery.runtime.settings.delivery.attempts;
        }
        self.parking.park(commits, failure).await.map_err(|error| Left::at(first, &error))?;
        if was_counted {
            self.patience.forget(delivery, None, first).await;
        }
        Ok(())
    }
}

impl Left {
    fn at(commit: &Commit, error: &DeliveryError) -> Self {
        Self { version: commit.version, reason: error.to_string() }
    }
}

impl fmt::Debug for FeedConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FeedConsumer").field(&self.delivery).finish()
    }
}
