use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use tokio::sync::{Mutex, Semaphore};

use super::discards;
use super::failure::{Failure, chain};
use super::queue::failed;
use super::{Body, DeliveryError, RetryPolicy, Subscriber};
use crate::app::App;
use crate::cache::Cache;
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::store::StoreError;
use crate::version::Version;

/// A broker tries again itself: here everything is tried once a receive.
const ONE_TRY: RetryPolicy =
    RetryPolicy { attempts: 1, base: std::time::Duration::ZERO, cap: std::time::Duration::ZERO };
/// How many streams' locks are remembered; one that is forgotten while held stays a lock to its holders.
const LOCKS: u64 = 10_000;
const WAITS: &str = "waits behind an earlier commit of its stream";

/// The end of one queue of a broker: takes what was received to the subscribers of that queue, and says for
/// each message what is to become of it. The same in a worker process and in a Lambda.
///
/// Commits of one stream are taken in the order of their versions, different streams side by side. After a
/// failure the later commits of its stream wait; those of other streams flow on.
pub struct Consumer {
    app: App,
    queue: String,
    subscribers: Vec<Arc<Subscriber>>,
    concurrency: usize,
    /// For all batches together, however many are taken at the same time.
    slots: Semaphore,
    /// Two batches may hold commits of one stream. Inside: whether a commit of it was parked here.
    locks: Cache<StreamKey, Arc<Mutex<bool>>>,
}

/// A message as a broker handed it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its body, out of any envelope.
    pub body: String,
    /// How often it has been received, this time included.
    pub receives: u32,
}

/// What is to become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done, and may be deleted.
    Done,
    /// It stays in its queue, and is received again. Also where another run has claimed its event for a handler with
    /// `once`, and where the views, the inbox or the event store are throttled or cannot be reached: no number of such
    /// receives makes a dead letter of it here. The queue's own `maxReceiveCount` counts them.
    Retry {
        /// Why.
        reason: String,
    },
    /// It goes to the queue's dead letters; then it may be deleted.
    Dead {
        /// Why.
        reason: String,
    },
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Queue,
    DeadLetters,
}

impl App {
    /// The end of one queue; see [`Wiring`](crate::app::Wiring) for the queues there are.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownQueue`].
    pub fn consumer(&self, queue: &str) -> Result<Consumer, DeliveryError> {
        let all = self.subscribers();
        let subscribers: Vec<_> =
            all.iter().filter(|subscriber| subscriber.queue == queue).map(Arc::clone).collect();
        // Those that share a queue share its messages, so the most cautious one sets the pace.
        let Some(concurrency) = subscribers.iter().map(|subscriber| subscriber.concurrency).min() else {
            let known: std::collections::BTreeSet<_> =
                all.iter().map(|subscriber| subscriber.queue).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(DeliveryError::UnknownQueue { name: queue.to_owned(), known });
        };
        Ok(Consumer {
            app: self.clone(),
            queue: queue.to_owned(),
            subscribers,
            concurrency,
            slots: Semaphore::new(concurrency),
            locks: Cache::new(LOCKS),
        })
    }
}

impl Consumer {
    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.queue
    }

    /// Takes a batch to the subscribers; the verdicts stand in the order of the messages.
    ///
    /// A stream of which a commit became a dead letter is parked: what comes later goes to the dead letters,
    /// too, until they are redriven.
    pub async fn take(&self, batch: &[Received]) -> Vec<Verdict> {
        self.take_until(batch, std::future::pending()).await
    }

    /// The same for whoever has to be done by a certain time: when `stop` comes, what is in work is dropped
    /// and stays in its queue, and what was done before is done.
    pub async fn take_until(&self, batch: &[Received], stop: impl Future<Output = ()>) -> Vec<Verdict> {
        self.take_from(batch, Door::Queue, stop).await
    }

    /// Takes dead letters to the subscribers again. What is [`Verdict::Done`] no longer holds its stream
    /// back.
    pub async fn redrive(&self, batch: &[Received]) -> Vec<Verdict> {
        self.take_from(batch, Door::DeadLetters, std::future::pending()).await
    }

    /// Lets a stream flow again that was held back by a dead letter which is dropped, unless others hold it
    /// back, too. The projections of the queue go on without that commit where they cannot apply it; see
    /// [`DeadLetters::discard`](super::DeadLetters::discard).
    ///
    /// # Errors
    /// [`DeliveryError::Ledger`].
    pub async fn discard(
        &self,
        stream: &StreamKey,
        version: Version,
        reason: &str,
    ) -> Result<(), DeliveryError> {
        for projection in self.subscribers.iter().filter(|subscriber| subscriber.is_projection()) {
            let kept = discards::keep(&self.app, projection.name, stream, version, reason).await;
            kept.map_err(|source| failed(projection.name, source))?;
        }
        let unparked = self.app.ledger().unpark(&self.queue, stream, version).await;
        unparked.map_err(|source| failed(&self.queue, source))
    }

    async fn take_from(
        &self,
        batch: &[Received],
        door: Door,
        stop: impl Future<Output = ()>,
    ) -> Vec<Verdict> {
        let mut verdicts = vec![None; batch.len()];
        let mut reason = "the worker was stopped".to_owned();
        {
            let work = pin!(self.decide(batch, door, &mut verdicts));
            if let Either::Left((Err(error), _)) = select(work, pin!(stop)).await {
                reason = unreadable(&error);
            }
        }
        let left = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Retry { reason: reason.clone() });
        verdicts.into_iter().map(left).collect()
    }

    /// Fills the verdicts in as they come.
    async fn decide(
        &self,
        batch: &[Received],
        door: Door,
        verdicts: &mut [Option<Verdict>],
    ) -> Result<(), StoreError> {
        let mut streams: BTreeMap<StreamKey, Vec<(usize, Commit)>> = BTreeMap::new();
        for ((index, received), place) in batch.iter().enumerate().zip(&mut *verdicts) {
            match self.open(received).await {
                Ok(commit) => streams.entry(commit.stream.clone()).or_default().push((index, commit)),
                Err(verdict) => *place = Some(verdict),
            }
        }
        let parked = self.parked(door).await?;
        let work = streams.into_iter().map(|(stream, commits)| {
            let held = parked.contains(&stream);
            self.take_stream(stream, commits, batch, door, held)
        });
        let mut taken = stream::iter(work).buffer_unordered(self.concurrency);
        while let Some(of_stream) = taken.next().await {
            for (index, verdict) in of_stream {
                if let Some(place) = verdicts.get_mut(index) {
                    *place = Some(verdict);
                }
            }
        }
        Ok(())
    }

    /// The commit of a message, if somebody here listens to it.
    async fn open(&self, received: &Received) -> Result<Commit, Verdict> {
        let dead = |reason: String| Verdict::Dead { reason };
        let commit = match Body::parse(&received.body).map_err(dead)? {
            Body::Commit(commit) => commit,
            Body::Reference(stream, version) => self.fetch(&stream, version).await?,
        };
        if self.subscribers.iter().any(|subscriber| subscriber.wants(&commit)) {
            return Ok(commit);
        }
        let names: Vec<_> = commit.events.iter().map(|event| event.name.as_str()).collect();
        Err(dead(match names.iter().find(|name| !self.app.knows(name)) {
            Some(name) => format!("unknown event type `{name}`: no aggregate of this program applies it"),
            None => format!("nobody on queue `{}` listens to `{}`", self.queue, names.join("`, `")),
        }))
    }

    async fn fetch(&self, stream: &StreamKey, version: Version) -> Result<Commit, Verdict> {
        match self.app.event_store().read(stream, version.previous(), version).await {
            Ok(page) => page.commits.into_iter().next().ok_or_else(|| Verdict::Dead {
                reason: format!("the store has no commit {version} of stream {stream}"),
            }),
            Err(error) if error.is_transient() => Err(Verdict::Retry { reason: chain(&error) }),
            Err(error) => Err(Verdict::Dead { reason: chain(&error) }),
        }
    }

    /// The streams that wait. A projection needs no such list: it reads the commit that failed from the
    /// store, and fails again.
    async fn parked(&self, door: Door) -> Result<HashSet<StreamKey>, StoreError> {
        if door == Door::DeadLetters || self.subscribers.iter().all(|subscriber| subscriber.is_projection()) {
            return Ok(HashSet::new());
        }
        self.app.ledger().parked(&self.queue).await
    }

    async fn take_stream(
        &self,
        stream: StreamKey,
        mut commits: Vec<(usize, Commit)>,
        batch: &[Received],
        door: Door,
        held: bool,
    ) -> Vec<(usize, Verdict)> {
        let lock = self.locks.get_or_default(&stream);
        let mut parked_here = lock.lock().await;
        let _slot = self.slots.acquire().await;
        let held = match *parked_here {
            // Perhaps by a batch that had the stream while this one waited for it.
            true => match self.parked(door).await {
                Ok(parked) => parked.contains(&stream),
                Err(error) => {
                    let retry = Verdict::Retry { reason: unreadable(&error) };
                    return commits.into_iter().map(|(index, _)| (index, retry.clone())).collect();
                }
            },
            false => held,
        };
        commits.sort_by_key(|(_, commit)| commit.version);
        let (indexes, commits): (Vec<usize>, Vec<Commit>) = commits.into_iter().unzip();
        let (done, mut failure) = match held {
            true => (0, None),
            false => self.deliver(&commits).await,
        };
        let mut verdicts = Vec::with_capacity(commits.len());
        let mut dead = held;
        for (place, (index, commit)) in indexes.into_iter().zip(&commits).enumerate() {
            let receives = batch.get(index).map_or(1, |received| received.receives);
            // The failure is that of the first one that is not done.
            let verdict = match failure.take_if(|_| place >= done) {
                _ if place < done => self.finish(commit, door).await,
                Some(failure) if failure.is_final(receives, self.app.settings().delivery.attempts) => {
                    dead = true;
                    self.park(commit, failure.reason).await
                }
                Some(failure) => Verdict::Retry { reason: failure.reason },
                None if dead => self.park(commit, WAITS.to_owned()).await,
                None => Verdict::Retry { reason: WAITS.to_owned() },
            };
            verdicts.push((index, verdict));
        }
        *parked_here = dead;
        verdicts
    }

    /// Takes commits of one stream to every subscriber of the queue: how many of them all have done, and why
    /// the next one is not.
    async fn deliver(&self, commits: &[Commit]) -> (usize, Option<Failure>) {
        let mut worst: (usize, Option<Failure>) = (commits.len(), None);
        for subscriber in &self.subscribers {
            let wants = |commit: &&Commit| subscriber.wants(commit);
            // Most often it is all of them, and there is nothing to copy.
            let wanted: Cow<'_, [Commit]> = match commits.iter().all(|commit| wants(&commit)) {
                true => commits.into(),
                false => commits.iter().filter(wants).cloned().collect(),
            };
            let (done, failure) = subscriber.deliver(&self.app, &wanted, ONE_TRY).await;
            let mut places = commits.iter().enumerate().filter(|(_, commit)| wants(commit));
            match places.nth(done) {
                Some((place, _)) if failure.is_some() && place <= worst.0 => worst = (place, failure),
                _ => {}
            }
        }
        worst
    }

    async fn finish(&self, commit: &Commit, door: Door) -> Verdict {
        if door == Door::DeadLetters {
            let unparked = self.app.ledger().unpark(&self.queue, &commit.stream, commit.version).await;
            if let Err(error) = unparked {
                return Verdict::Retry { reason: chain(&error) };
            }
        }
        Verdict::Done
    }

    /// Holds the later commits of a stream back before this one leaves the queue.
    async fn park(&self, commit: &Commit, reason: String) -> Verdict {
        match self.app.ledger().park(&self.queue, &commit.stream, commit.version).await {
            Ok(()) => {
                tracing::error!(
                    queue = self.queue, stream = %commit.stream, version = %commit.version, reason, "dead letter"
                );
                Verdict::Dead { reason }
            }
            Err(error) => {
                Verdict::Retry { reason: format!("{reason}; it cannot be parked: {}", chain(&error)) }
            }
        }
    }
}

fn unreadable(error: &StoreError) -> String {
    format!("the parked streams cannot be read: {}", chain(error))
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
