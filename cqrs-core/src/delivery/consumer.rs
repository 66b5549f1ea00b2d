use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit};

use super::beginning::{Beginnings, Calm};
use super::builds::Builds;
use super::failure::{Failure, FailureKind};
use super::patience::{Message, Outcome, Patience};
use super::queue::failed;
use super::received::{Door, Opened, Parked};
use super::side_by_side::{Progress, side_by_side};
use super::subscriber::keep_decoded;
use super::{Body, Delivery, DeliveryError, Received, StreamBatch, Subscriber, Terms, Verdict};
use crate::cache::Cache;
use crate::commit::Commit;
use crate::event::upcaster::NEWER;
use crate::key::StreamKey;
use crate::projector::{Origin, discards};
use crate::runtime::RetryPolicy;
use crate::version::Version;

/// A broker retries by itself: here each message is tried once per receive.
pub(super) const ONE_TRY: RetryPolicy =
    RetryPolicy { attempts: 1, base: std::time::Duration::ZERO, cap: std::time::Duration::ZERO };
/// How many streams' locks are remembered; a lock that is forgotten while held stays a lock to its holders.
const LOCKS: u64 = 10_000;
/// How many event types a reason names at most.
const NAMES: usize = 10;
const STOPPED: &str = "the worker was stopped";
const WAITS: &str = "waits behind an earlier commit of its stream";

/// The receiving end of one queue of a broker: gives what was received to the subscribers of that queue, and returns a
/// verdict for each message. It is the same in a worker process and in a Lambda.
///
/// Commits of one stream are taken in the order of their versions, different streams side by side. After a
/// failure the later commits of the same stream wait; other streams continue.
pub struct Consumer {
    delivery: Arc<Delivery>,
    queue: String,
    /// The projections come first.
    subscribers: Vec<Arc<Subscriber>>,
    /// One for each stream that is worked on, over all batches. A stream that waits for its turn has none.
    slots: Semaphore,
    /// Two batches may hold commits of one stream.
    locks: Cache<StreamKey, Arc<Mutex<Turn>>>,
    patience: Patience,
    /// What its messages are treated as.
    origin: Origin,
    beginnings: Beginnings,
    builds: Builds,
}

impl Delivery {
    /// The receiving end of one queue.
    pub(crate) fn consumer(self: &Arc<Self>, queue: &str) -> Result<Consumer, DeliveryError> {
        let all = &self.subscribers;
        let mut subscribers: Vec<_> =
            all.iter().filter(|subscriber| subscriber.queue == queue).map(Arc::clone).collect();
        subscribers.sort_by_key(|subscriber| !subscriber.is_projection());
        // Subscribers of one queue share its messages, so the most cautious one sets the pace.
        let Some(concurrency) = subscribers.iter().map(|subscriber| subscriber.concurrency).min() else {
            let known: std::collections::BTreeSet<_> =
                all.iter().map(|subscriber| subscriber.queue).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(DeliveryError::UnknownQueue { name: queue.to_owned(), known });
        };
        Ok(Consumer {
            delivery: Arc::clone(self),
            queue: queue.to_owned(),
            beginnings: Beginnings::of(self, &subscribers),
            builds: Builds::among_others(self, &subscribers),
            subscribers,
            slots: Semaphore::new(concurrency),
            locks: Cache::new(LOCKS),
            patience: Patience::new(queue),
            origin: if self.runtime.settings.trusted_messages { Origin::Store } else { Origin::Message },
        })
    }
}

impl Consumer {
    pub(super) fn delivery(&self) -> &Arc<Delivery> {
        &self.delivery
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Looks after the views of the keyed projections of the queue: if their fold has changed, one process of all
    /// builds them beside the delivery, as long as this consumer lives; see
    /// [`Settings::rebuild`](crate::app::Settings::rebuild).
    ///
    /// It also reports in the log if a projection of the queue is new and has missed what was committed before; see
    /// [`App::unreplayed`](crate::App::unreplayed). Call it after a batch, and when none came. `is_empty` says whether
    /// the queue is empty and no message is in work: then the report is possible at once, otherwise five minutes after
    /// the projection began. It is awaited only if that is open, and if nothing is open, a call costs nothing.
    pub async fn settle(&self, is_empty: impl Future<Output = bool>) {
        // A projection that has not begun is not noted as if it had.
        if !self.builds.tend(&self.delivery).await {
            return;
        }
        let calm = async { if is_empty.await { Calm::Yes } else { Calm::No } };
        self.beginnings.watch(&self.delivery, calm).await;
    }

    /// Builds the views of the queue's keyed projections that are due, and returns when they are built: for a program
    /// that ends.
    ///
    /// # Errors
    /// [`DeliveryError::Outage`]; what was built is not built again.
    pub async fn build(&self) -> Result<(), DeliveryError> {
        self.builds.finish(&self.delivery).await
    }

    /// Gives a batch to the subscribers; the verdicts are in the order of the messages.
    ///
    /// If a commit became a dead letter, its stream is parked: later commits go to the dead letters, too, until
    /// these are redriven.
    pub async fn take(&self, batch: &[Received]) -> Vec<Verdict> {
        self.take_until(batch, std::future::pending()).await
    }

    /// The same for a caller with a time limit: when `stop` comes, the work in progress is dropped and its messages
    /// stay in the queue; what was done before stays done.
    pub async fn take_until(&self, batch: &[Received], stop: impl Future<Output = ()>) -> Vec<Verdict> {
        self.take_from(batch, Door::Queue, stop).await
    }

    /// Gives dead letters to the subscribers again. A letter that is [`Verdict::Done`] no longer holds its stream
    /// back.
    pub async fn redrive(&self, batch: &[Received]) -> Vec<Verdict> {
        self.take_from(batch, Door::DeadLetters, std::future::pending()).await
    }

    /// Lets a stream continue that was held back by a dead letter which is now dropped, unless others hold it
    /// back, too. The projections of the queue continue without that commit if they cannot apply it; see
    /// [`DeadLetters::discard`](super::DeadLetters::discard).
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn discard(
        &self,
        stream: &StreamKey,
        version: Version,
        reason: &str,
    ) -> Result<(), DeliveryError> {
        for projection in self.subscribers.iter().filter(|subscriber| subscriber.is_projection()) {
            let kept = discards::keep(&self.delivery.runtime, projection.name, stream, version, reason).await;
            kept.map_err(|source| failed(projection.name, source))?;
        }
        let unparked = self.delivery.runtime.delivery_store().unpark(&self.queue, stream, version).await;
        unparked.map_err(|source| failed(&self.queue, source))
    }

    /// Groups messages by the streams of their commits, for a worker that finishes one stream while others are in work.
    /// Each group comes with the places of its messages in the batch, in the order of the versions.
    #[must_use]
    pub fn sort(&self, batch: &[Received]) -> Vec<(Vec<usize>, StreamBatch)> {
        StreamBatch::sort(batch, Door::Queue)
    }

    /// Gives the messages of one stream to the subscribers; the verdicts are in their order. It waits while other
    /// messages of the stream are in work. When `stop` comes, the work in progress is dropped and its messages stay in
    /// the queue; what was done before stays done.
    pub async fn take_stream(&self, batch: StreamBatch, stop: impl Future<Output = ()>) -> Vec<Verdict> {
        let StreamBatch { stream, messages, door, parked } = batch;
        let Some(stream) = stream else {
            return messages.into_iter().map(|opened| Verdict::Dead { reason: opened.fault() }).collect();
        };
        let (mut stop, count) = (pin!(stop), messages.len());
        let admitted = {
            let admission = pin!(self.admit(&stream, messages, door, &parked));
            match select(admission, stop.as_mut()).await {
                Either::Left((admitted, _)) => admitted,
                Either::Right(_) => Err(STOPPED.to_owned()),
            }
        };
        match admitted {
            Ok(admitted) => self.take_commits(admitted, door, stop).await,
            Err(reason) => left(vec![None; count], &reason),
        }
    }

    async fn take_from(
        &self,
        batch: &[Received],
        door: Door,
        stop: impl Future<Output = ()>,
    ) -> Vec<Verdict> {
        let stop = stop.shared();
        let mut verdicts = vec![None; batch.len()];
        let mut streams: FuturesUnordered<_> = StreamBatch::sort(batch, door)
            .into_iter()
            .map(|(places, batch)| {
                let stop = stop.clone();
                async move { (places, self.take_stream(batch, stop).await) }
            })
            .collect();
        while let Some((places, of_stream)) = streams.next().await {
            for (place, verdict) in places.into_iter().zip(of_stream) {
                set(&mut verdicts, place, verdict);
            }
        }
        left(verdicts, STOPPED)
    }

    /// Waits for the turn of a stream, and sorts its messages by version.
    async fn admit(
        &self,
        stream: &StreamKey,
        messages: Vec<Opened>,
        door: Door,
        parked: &Parked,
    ) -> Result<Admitted<'_>, String> {
        let turn = self.locks.get_or_default(stream).lock_owned().await;
        let slot = self.slots.acquire().await.ok();
        let held = match turn.is_parked {
            // It may have been parked while these messages waited.
            true => self.parked(door, std::slice::from_ref(stream)).await?.contains(stream),
            false => {
                let known = parked.known.get_or_init(|| self.parked(door, &parked.among)).await;
                known.as_ref().map_err(String::clone)?.contains(stream)
            }
        };
        let mut verdicts = vec![None; messages.len()];
        let mut commits = Vec::with_capacity(messages.len());
        for (place, opened) in messages.into_iter().enumerate() {
            let message = Message { place, receives: opened.receives, sent_at: opened.sent_at };
            match self.open(opened).await {
                Ok(mut commit) => {
                    keep_decoded(&mut commit, &self.subscribers);
                    commits.push((message, commit));
                }
                // The commit cannot be read at present: later ones of the stream must not overtake it.
                Err(Verdict::Wait { reason, .. }) => return Err(reason),
                Err(verdict) => set(&mut verdicts, place, verdict),
            }
        }
        commits.sort_by_key(|(_, commit)| commit.version);
        let (messages, commits) = commits.into_iter().unzip();
        Ok(Admitted { turn, _slot: slot, held, verdicts, messages, commits })
    }

    async fn open(&self, opened: Opened) -> Result<Commit, Verdict> {
        match opened.body.map_err(|reason| Verdict::Dead { reason })? {
            Body::Commit(commit) => Ok(commit),
            Body::Reference(stream, version) => self.fetch(&stream, version).await,
        }
    }

    /// Why nobody here can take a commit; `None` if somebody can. A newer program may take it.
    fn stranger(&self, commit: &Commit) -> Option<String> {
        if self.subscribers.iter().any(|subscriber| subscriber.wants(commit)) {
            return None;
        }
        let names: BTreeSet<_> = commit.events.iter().map(|event| event.name.as_str()).collect();
        Some(match names.iter().find(|name| !self.delivery.runtime.index.knows(name)) {
            Some(name) => {
                format!("unknown event type `{name}`: no aggregate of this program applies it{NEWER}")
            }
            None => {
                let names: Vec<_> = names.into_iter().take(NAMES).collect();
                format!("nobody on queue `{}` listens to `{}`{NEWER}", self.queue, names.join("`, `"))
            }
        })
    }

    async fn fetch(&self, stream: &StreamKey, version: Version) -> Result<Commit, Verdict> {
        match self.delivery.runtime.event_store().read(stream, version.previous(), version).await {
            Ok(page) => page.commits.into_iter().next().ok_or_else(|| Verdict::Dead {
                reason: format!("the store has no commit {version} of stream {stream}"),
            }),
            Err(error) if error.is_outage() => Err(Verdict::wait(error.to_string())),
            Err(error) => Err(Verdict::Dead { reason: error.to_string() }),
        }
    }

    /// Those of some streams that wait. A projection needs no such list: it reads the commit that failed from the
    /// store, and fails again.
    async fn parked(&self, door: Door, among: &[StreamKey]) -> Result<HashSet<StreamKey>, String> {
        if door == Door::DeadLetters || self.subscribers.iter().all(|subscriber| subscriber.is_projection()) {
            return Ok(HashSet::new());
        }
        let parked = self.delivery.runtime.delivery_store().parked(&self.queue, among).await;
        parked.map_err(|error| format!("the parked streams cannot be read: {error}"))
    }

    async fn take_commits(
        &self,
        admitted: Admitted<'_>,
        door: Door,
        stop: impl Future<Output = ()> + Unpin,
    ) -> Vec<Verdict> {
        let Admitted { mut turn, _slot, held, mut verdicts, messages, commits } = admitted;
        let (done, mut failure) = match held {
            true => (0, None),
            false => self.deliver_known(&commits, stop).await,
        };
        // The failure belongs to the first commit that is not done; those behind it were not tried.
        let (mut dead, mut after) = (held, None);
        for (nth, (message, commit)) in messages.iter().zip(&commits).enumerate() {
            let verdict = match failure.take_if(|_| nth >= done) {
                _ if nth < done => self.finish(commit, door).await,
                Some(failure) => {
                    let verdict = self.judge(failure, message, commit).await;
                    if let Verdict::Dead { reason } = &verdict {
                        dead = true;
                        turn.cause = Some((commit.version, reason.clone()));
                    }
                    after = verdict.after();
                    verdict
                }
                // The commit that parked the stream may have come back because its letter could not be put: it keeps
                // its own reason.
                None if dead => {
                    let own = || turn.reason_of(commit).or_else(|| self.stranger(commit));
                    let reason = held.then(own).flatten().unwrap_or_else(|| WAITS.to_owned());
                    self.park(commit, reason).await
                }
                None => Verdict::Wait { reason: WAITS.to_owned(), after },
            };
            set(&mut verdicts, message.place, verdict);
        }
        turn.is_parked = dead;
        if !dead {
            turn.cause = None;
        }
        left(verdicts, STOPPED)
    }

    /// The verdict on the message of a commit that failed.
    async fn judge(&self, mut failure: Failure, message: &Message, commit: &Commit) -> Verdict {
        match self.patience.outcome(&self.delivery, &mut failure, message, commit).await {
            Outcome::Dead => {
                let was_counted = matches!(failure.kind, FailureKind::Passing | FailureKind::Left);
                let own_retry = failure.own_retry;
                let verdict = self.park(commit, failure.reason).await;
                if was_counted && matches!(verdict, Verdict::Dead { .. }) {
                    self.patience.forget(&self.delivery, own_retry, commit).await;
                }
                verdict
            }
            Outcome::Again(failed) => {
                let after = failure.own_retry.map(|own| own.wait(failed));
                Verdict::Retry { reason: failure.reason, after }
            }
            Outcome::Later => {
                self.patience.tell(&failure, message, commit);
                Verdict::wait(failure.reason)
            }
        }
    }

    /// Delivers up to the first commit that nobody here can take.
    async fn deliver_known(
        &self,
        commits: &[Commit],
        stop: impl Future<Output = ()> + Unpin,
    ) -> (usize, Option<Failure>) {
        let strange =
            commits.iter().enumerate().find_map(|(nth, commit)| Some((nth, self.stranger(commit)?)));
        let known = commits.get(..strange.as_ref().map_or(commits.len(), |(nth, _)| *nth)).unwrap_or(commits);
        let (done, failure) = match known {
            [] => (0, None),
            known => self.deliver(known, stop).await,
        };
        match strange {
            Some((nth, reason)) if done == nth && failure.is_none() => (done, Some(Failure::newer(reason))),
            _ => (done, failure),
        }
    }

    /// Gives commits of one stream to every subscriber of the queue, side by side. Returns how many of the commits all
    /// subscribers have done, and why the next one is not done.
    async fn deliver(
        &self,
        commits: &[Commit],
        stop: impl Future<Output = ()> + Unpin,
    ) -> (usize, Option<Failure>) {
        let progress: Vec<_> =
            self.subscribers.iter().map(|subscriber| (&**subscriber, AtomicUsize::new(0))).collect();
        let terms = Terms { origin: self.origin, retry: ONE_TRY, is_shared: true, slot: None };
        let has_other_release =
            self.subscribers.iter().any(|subscriber| subscriber.has_other_release(&self.delivery));
        let work = pin!(async {
            if !has_other_release {
                return side_by_side(&self.delivery, &progress, commits, terms).await;
            }
            // A commit that a projection leaves to another release comes again, and handlers must not run for it each
            // time.
            let (projections, handlers) =
                progress.split_at(self.subscribers.partition_point(|subscriber| subscriber.is_projection()));
            let mut failures = side_by_side(&self.delivery, projections, commits, terms).await;
            let comes_again = failures.iter().filter(|(_, failure)| !failure.is_of_the_commit());
            let place = comes_again.filter_map(|(nth, _)| first_left(projections.get(*nth)?, commits)).min();
            let before = commits.get(..place.unwrap_or(commits.len())).unwrap_or(commits);
            let of_handlers = side_by_side(&self.delivery, handlers, before, terms).await;
            failures.extend(of_handlers.into_iter().map(|(nth, failure)| (projections.len() + nth, failure)));
            failures
        });
        let failures = match select(work, stop).await {
            Either::Left((failures, _)) => failures,
            Either::Right(_) => (0..progress.len()).map(|nth| (nth, Failure::stopped(STOPPED))).collect(),
        };
        let left = failures.into_iter().filter_map(|(nth, failure)| {
            let progress = progress.get(nth)?;
            Some((first_left(progress, commits)?, Some(failure.of(progress.0))))
        });
        left.min_by_key(|(place, _)| *place).unwrap_or((commits.len(), None))
    }

    async fn finish(&self, commit: &Commit, door: Door) -> Verdict {
        if door == Door::DeadLetters {
            let unparked = self
                .delivery
                .runtime
                .delivery_store()
                .unpark(&self.queue, &commit.stream, commit.version)
                .await;
            if let Err(error) = unparked {
                return Verdict::wait(error.to_string());
            }
        }
        Verdict::Done
    }

    /// Holds the later commits of a stream back before this one leaves the queue.
    async fn park(&self, commit: &Commit, reason: String) -> Verdict {
        match self.delivery.runtime.delivery_store().park(&self.queue, &commit.stream, commit.version).await {
            Ok(()) => {
                tracing::error!(
                    queue = self.queue, stream = %commit.stream, version = %commit.version, reason, "dead letter"
                );
                Verdict::Dead { reason }
            }
            Err(error) => Verdict::wait(format!("{reason}; it cannot be parked: {error}")),
        }
    }
}

/// The place of the first commit that a subscriber wants and has not done; `None` if it has done all.
fn first_left((subscriber, done): &Progress<'_>, commits: &[Commit]) -> Option<usize> {
    let mut wanted = commits.iter().enumerate().filter(|(_, commit)| subscriber.wants(commit));
    wanted.nth(done.load(Ordering::Relaxed)).map(|(place, _)| place)
}

/// What this process knows of a stream.
#[derive(Debug, Default)]
struct Turn {
    /// Whether a commit of it was parked here.
    is_parked: bool,
    /// The version of the commit that failed and was parked, and why. Its letter says so even if it comes back.
    cause: Option<(Version, String)>,
}

impl Turn {
    fn reason_of(&self, commit: &Commit) -> Option<String> {
        let (_, reason) = self.cause.as_ref().filter(|(version, _)| *version == commit.version)?;
        Some(reason.clone())
    }
}

/// The commits of a stream whose turn it is.
struct Admitted<'a> {
    /// Nobody else has the stream until this is dropped.
    turn: OwnedMutexGuard<Turn>,
    _slot: Option<SemaphorePermit<'a>>,
    /// Whether it is parked.
    held: bool,
    /// The verdicts on messages that contain no commit.
    verdicts: Vec<Option<Verdict>>,
    messages: Vec<Message>,
    commits: Vec<Commit>,
}

fn set(verdicts: &mut [Option<Verdict>], place: usize, verdict: Verdict) {
    if let Some(unset) = verdicts.get_mut(place) {
        *unset = Some(verdict);
    }
}

/// A message without a verdict stays in its queue.
fn left(verdicts: Vec<Option<Verdict>>, reason: &str) -> Vec<Verdict> {
    let wait = || Verdict::wait(reason);
    verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(wait)).collect()
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.subscribers.iter().map(|subscriber| subscriber.name).collect();
        f.debug_struct("Consumer")
            .field("queue", &self.queue)
            .field("subscribers", &names)
            .finish_non_exhaustive()
    }
}
