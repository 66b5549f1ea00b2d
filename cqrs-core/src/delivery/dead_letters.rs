use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::failure::{Failure, FailureKind, Outage, OutagePlace};
use super::intake::{self, PROJECTIONS, RELAY};
use super::look::Look;
use super::parking::{has_letters, letter};
use super::queue::{failed, stream_of};
use super::timers::TIMERS;
use super::{DeadLetterStore, DeadLetters, Delivery, DeliveryError, Publisher, Subscriber, Terms};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::{Origin, discards};
use crate::store::{DeadLetter, DynDeliveryStore, LetterId, Redriven};
use crate::version::Version;

/// The dead letters in the delivery store of an app, by subscriber.
///
/// Beside the subscribers there are `@relay` and `@projections`: records that are corrupt, or of a type that no aggregate of this
/// program applies. `@relay` has those that a relay could give to nobody, and `@projections` those of a
/// [`FeedConsumer`](super::FeedConsumer).
#[derive(Debug)]
pub struct StoredLetters<'a> {
    pub(super) delivery: &'a Arc<Delivery>,
}

impl DeadLetterStore for StoredLetters<'_> {
    type Error = DeliveryError;

    fn names(&self) -> Vec<String> {
        let names = self.delivery.subscribers.iter().map(|subscriber| subscriber.name);
        let timers = self.delivery.runtime.has_timers.then_some(TIMERS);
        names.chain([RELAY, PROJECTIONS]).chain(timers).map(str::to_owned).collect()
    }

    async fn of(&self, subscriber: &str) -> Result<Vec<DeadLetter>, DeliveryError> {
        let mut found: Vec<DeadLetter> = Vec::new();
        loop {
            let after = found.last().map(|letter| &letter.id);
            let page = self.page(subscriber, after).await?;
            if page.is_empty() {
                return Ok(found);
            }
            found.extend(page);
        }
    }

    async fn redrive(&self, subscriber: &str) -> Result<Redriven, DeliveryError> {
        if [RELAY, PROJECTIONS].contains(&subscriber) {
            return self.redrive_kept(subscriber).await;
        }
        if subscriber == TIMERS {
            return self.redrive_timers().await;
        }
        self.redrive_of(&*self.find(subscriber)?, None).await
    }

    async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), DeliveryError> {
        tracing::warn!(subscriber = id.subscriber, pk = id.pk, sk = id.sk, reason, "dead letter discarded");
        // First, so that a view or an instance whose letter is gone is not stuck.
        if let Ok((stream, version)) = StreamKey::parse_commit(&id.pk, &id.sk) {
            let concerned = self.delivery.subscribers.iter().filter(|subscriber| {
                subscriber.is_projection()
                    && [subscriber.name, RELAY, PROJECTIONS].contains(&id.subscriber.as_str())
            });
            for projection in concerned {
                let kept =
                    discards::keep(&self.delivery.runtime, projection.name, &stream, version, reason).await;
                kept.map_err(|source| failed(projection.name, source))?;
            }
        }
        let process = self.delivery.subscribers.iter().find(|subscriber| subscriber.name == id.subscriber);
        if let Some(process) = process.and_then(|subscriber| subscriber.process())
            && let Some((stream, version)) = id.place()
            && process.has_stream(&stream)
        {
            let skipped = process.skip(&self.delivery.runtime, &stream, version).await;
            skipped.map_err(|error| failed(&id.subscriber, error.into()))?;
        }
        self.delivery_store().remove_letter(id).await.map_err(|source| failed(&id.subscriber, source))
    }

    async fn discarded(&self, projection: &str) -> Result<Vec<DeadLetter>, DeliveryError> {
        let projection = self.find(projection)?;
        discards::all(&self.delivery.runtime, projection.name)
            .await
            .map_err(|source| failed(projection.name, source))
    }

    async fn hand_over(&self, old: &str, new: &str) -> Result<u64, DeliveryError> {
        let new = self.find(new)?;
        // First the commits to be passed over, so that an early redrive does not fail at them.
        let discarded = self.of(&discards::pile(old)).await?;
        self.move_to(&discards::pile(new.name), discarded).await?;
        let letters = self.of(old).await?;
        self.move_to(new.name, letters).await
    }
}

impl DeadLetters<StoredLetters<'_>> {
    /// One page of the dead letters of a subscriber, those behind `after`, by stream and version: one request. An empty
    /// page is the end.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn page(&self, name: &str, after: Option<&LetterId>) -> Result<Vec<DeadLetter>, DeliveryError> {
        self.store.page(name, after).await
    }

    /// Delivers the dead letters of one stream at a subscriber again, as a [redrive](Self::redrive) does with those of all
    /// streams. The piles whose names begin with `@` can only be redriven as a whole.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`] and [`DeliveryError::Outage`].
    pub async fn redrive_stream(&self, name: &str, stream: &StreamKey) -> Result<Redriven, DeliveryError> {
        self.store.redrive_of(&*self.store.find(name)?, Some(stream)).await
    }

    /// Publishes the dead letters of `@relay` that this program can read, in the order of each stream: the redrive of a
    /// relay to a topic. The letters that the topic accepts are removed. As in a [redrive](Self::redrive) of
    /// `@relay`, later commits of their streams have been published before them. Those of `@projections` stay: a
    /// program that feeds projections from the stream gets nothing from a topic.
    ///
    /// # Errors
    /// [`DeliveryError::Publish`], [`DeliveryError::Store`].
    pub async fn publish(&self, publisher: &impl Publisher) -> Result<Redriven, DeliveryError> {
        let all = self.of(RELAY).await?;
        let letters: Vec<_> = all.iter().filter(|letter| intake::decode(&letter.record).is_ok()).collect();
        let records: Vec<_> = letters.iter().map(|letter| letter.record.clone()).collect();
        let published = self.store.delivery.publish(publisher, &records).await;
        let accepted = published.as_ref().err().map_or(records.len(), |interrupted| interrupted.accepted);
        for letter in letters.iter().take(accepted) {
            let removed = self.store.delivery_store().remove_letter(&letter.id).await;
            removed.map_err(|source| failed(RELAY, source))?;
        }
        published.map_err(|interrupted| interrupted.error)?;
        Ok(Redriven { done: accepted as u64, left: (all.len() - accepted) as u64 })
    }

    /// Holds a stream back on one queue of a broker, because of one commit that is among the dead letters of that
    /// queue, or is about to be. For programs that move messages of a broker: a [`Consumer`](super::Consumer) does so
    /// by itself. The queue need not exist any longer. To park a letter again is not an error, and a letter without a
    /// commit holds nothing back.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn park(&self, id: &LetterId) -> Result<(), DeliveryError> {
        let Some((stream, version)) = id.place() else { return Ok(()) };
        let parked = self.store.delivery_store().park(&id.subscriber, &stream, version).await;
        parked.map_err(|source| failed(&id.subscriber, source))
    }

    /// Undoes what [`DeadLetters::park`], or a consumer, did for one commit; the stream continues when nothing else
    /// holds it back. If the commit was not parked, nothing happens.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn unpark(&self, id: &LetterId) -> Result<(), DeliveryError> {
        let Some((stream, version)) = id.place() else { return Ok(()) };
        let unparked = self.store.delivery_store().unpark(&id.subscriber, &stream, version).await;
        unparked.map_err(|source| failed(&id.subscriber, source))
    }
}

impl<'a> StoredLetters<'a> {
    pub(crate) fn new(delivery: &'a Arc<Delivery>) -> Self {
        Self { delivery }
    }

    fn delivery_store(&self) -> &'a dyn DynDeliveryStore {
        self.delivery.runtime.delivery_store()
    }

    /// One page of the letters of a subscriber, or of a pile; an empty one is the end.
    pub(super) async fn page(
        &self,
        name: &str,
        after: Option<&LetterId>,
    ) -> Result<Vec<DeadLetter>, DeliveryError> {
        self.delivery_store().letters(name, after).await.map_err(|source| failed(name, source))
    }

    /// Redrives the letters that other programs did not know, in case this one does.
    pub(crate) async fn redrive_newer(&self) -> Result<(), DeliveryError> {
        self.look(RELAY, &mut Look::default()).await
    }

    /// Redrives the letters of all streams, or of one.
    pub(super) async fn redrive_of(
        &self,
        subscriber: &Subscriber,
        only: Option<&StreamKey>,
    ) -> Result<Redriven, DeliveryError> {
        let name = subscriber.name;
        let parked = self.delivery.parked(name);
        let start = only.map(|stream| LetterId::of(name, stream, Version::NONE));
        let mut failing = HashSet::new();
        let mut redriven = Redriven::default();
        loop {
            let before = redriven.done;
            redriven.left = 0;
            let mut after = start.clone();
            'pages: loop {
                let letters = {
                    let _held = parked.lock().await;
                    self.page(name, after.as_ref()).await?
                };
                let Some(last) = letters.last() else { break };
                after = Some(last.id.clone());
                for letter in letters {
                    let stream = stream_of(&letter);
                    if only.is_some() && stream.as_ref() != only {
                        break 'pages;
                    }
                    if failing.contains(&stream) {
                        redriven.left += 1;
                    } else if self.deliver(subscriber, &letter).await? {
                        let removed = self.delivery_store().remove_letter(&letter.id).await;
                        removed.map_err(|source| failed(name, source))?;
                        redriven.done += 1;
                    } else {
                        redriven.left += 1;
                        failing.insert(stream);
                    }
                }
            }
            // The delivery may have put more letters behind them meanwhile.
            if redriven.done == before {
                return Ok(redriven);
            }
        }
    }

    async fn move_to(&self, name: &str, letters: Vec<DeadLetter>) -> Result<u64, DeliveryError> {
        let moved = letters.len() as u64;
        for letter in letters {
            let id = LetterId { subscriber: name.to_owned(), ..letter.id.clone() };
            let handed_over = async {
                self.delivery_store().put_letter(&DeadLetter { id, ..letter.clone() }).await?;
                self.delivery_store().remove_letter(&letter.id).await
            };
            handed_over.await.map_err(|source| failed(name, source))?;
        }
        Ok(moved)
    }

    fn find(&self, name: &str) -> Result<Arc<Subscriber>, DeliveryError> {
        let subscribers = &self.delivery.subscribers;
        let found = subscribers.iter().find(|subscriber| subscriber.name == name);
        found.map(Arc::clone).ok_or_else(|| DeliveryError::UnknownSubscriber {
            name: name.to_owned(),
            known: subscribers.iter().map(|subscriber| subscriber.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Delivers one letter; on failure keeps it with the new reason.
    async fn deliver(&self, subscriber: &Subscriber, letter: &DeadLetter) -> Result<bool, DeliveryError> {
        let failure = match intake::decode(&letter.record) {
            Ok(commit) => {
                // Not the handler's own policy: somebody waits for the redrive, and the waits of the policy may take
                // days.
                let retry = self.delivery.runtime.settings.delivery;
                let done = AtomicUsize::new(0);
                // The letter contains what the store had when it was written.
                let terms = Terms { origin: Origin::Message, retry, is_shared: false, slot: None };
                let commits = std::slice::from_ref(&commit);
                match subscriber.deliver(self.delivery, commits, terms, &done).await {
                    None => return Ok(true),
                    Some(Failure { reason, attempts, kind, .. }) => match kind {
                        // Nothing new is known about the letter.
                        FailureKind::Held(_) => return Ok(false),
                        // Those of other streams can be redriven.
                        FailureKind::Outage(Outage { place: OutagePlace::Stream, .. }) => (reason, attempts),
                        FailureKind::Outage(outage) => return Err(outage.of(subscriber)),
                        FailureKind::Passing
                        | FailureKind::Permanent
                        | FailureKind::Newer
                        | FailureKind::Left => (reason, attempts),
                    },
                }
            }
            Err(reason) => (reason, 1),
        };
        let (reason, attempts) = failure;
        let kept =
            DeadLetter { reason, attempts: letter.attempts.saturating_add(attempts), ..letter.clone() };
        self.delivery_store().put_letter(&kept).await.map_err(|source| failed(subscriber.name, source))?;
        Ok(false)
    }

    /// Puts a commit among the dead letters that its stream has at a subscriber; `false` if there are none.
    async fn waits(&self, subscriber: &Subscriber, commit: &Commit) -> Result<bool, DeliveryError> {
        let name = subscriber.name;
        let parked = self.delivery.parked(name);
        // So that nobody removes the last of those letters meanwhile.
        let _held = parked.lock().await;
        if !has_letters(self.delivery, name, &commit.stream).await? {
            return Ok(false);
        }
        let put = self.delivery_store().put_letter(&letter(name, commit, None)).await;
        put.map_err(|source| failed(name, source))?;
        Ok(true)
    }

    /// Whether this program knows all events of a commit.
    pub(super) fn knows(&self, commit: &Commit) -> bool {
        commit.events.iter().all(|event| self.delivery.runtime.index.knows(&event.name))
    }

    /// Redrives the letters that could not be given to any subscriber.
    async fn redrive_kept(&self, pile: &str) -> Result<Redriven, DeliveryError> {
        let mut redriven = Redriven::default();
        let mut failing = HashSet::new();
        let mut after: Option<LetterId> = None;
        loop {
            let letters = self.page(pile, after.as_ref()).await?;
            let Some(last) = letters.last() else { return Ok(redriven) };
            after = Some(last.id.clone());
            for letter in &letters {
                redriven.left += 1;
                let Ok(commit) = intake::decode(&letter.record) else { continue };
                if !failing.contains(&commit.stream)
                    && self.knows(&commit)
                    && self.deliver_kept(pile, letter, &commit).await?
                {
                    redriven.left -= 1;
                    redriven.done += 1;
                } else {
                    failing.insert(commit.stream);
                }
            }
        }
    }

    /// Gives the commit of a letter that could not be given to any subscriber to the subscribers of its pile, and
    /// removes the letter; `false` if it stays.
    pub(super) async fn deliver_kept(
        &self,
        pile: &str,
        letter: &DeadLetter,
        commit: &Commit,
    ) -> Result<bool, DeliveryError> {
        let concerned = self.delivery.subscribers.iter().filter(|subscriber| {
            subscriber.wants(commit) && (pile != PROJECTIONS || subscriber.is_projection())
        });
        for subscriber in concerned {
            if !self.waits(subscriber, commit).await? && !self.deliver(subscriber, letter).await? {
                return Ok(false);
            }
        }
        self.delivery_store().remove_letter(&letter.id).await.map_err(|source| failed(pile, source))?;
        Ok(true)
    }
}
