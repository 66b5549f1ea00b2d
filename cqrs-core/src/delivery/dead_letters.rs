use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::failure::{Failure, FailureKind};
use super::intake::{self, RELAY};
use super::queue::{failed, has_letters, letter, stream_of};
use super::{Delivery, DeliveryError, Publisher, Subscriber};
use crate::commit::Commit;
use crate::key::StreamKey;
use crate::projector::{Origin, discards};
use crate::store::{DeadLetter, LetterId};
use crate::version::Version;

/// The dead letters of an app's subscribers: list them, redrive them, drop them.
///
/// Beside the subscribers there is `@relay`: records that are corrupt, or of a type that no aggregate of this
/// program applies. [`App::dead_letters`] has an example.
#[derive(Debug)]
pub struct DeadLetters<'a> {
    delivery: &'a Arc<Delivery>,
}

impl<'a> DeadLetters<'a> {
    pub(crate) fn new(delivery: &'a Arc<Delivery>) -> Self {
        Self { delivery }
    }

    /// All dead letters, by subscriber, stream and version.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn list(&self) -> Result<Vec<DeadLetter>, DeliveryError> {
        let mut found = Vec::new();
        let names = self.delivery.subscribers.iter().map(|subscriber| subscriber.name);
        for name in names.chain([RELAY]) {
            found.extend(self.of(name).await?);
        }
        Ok(found)
    }

    /// Delivers the dead letters of a subscriber again, in the order of each stream. What succeeds is removed;
    /// at the first failure of a stream the rest of it stays. Returns how many were removed.
    ///
    /// For `@relay` that is: a program that knows the type by now gives the commit to all its subscribers. Nobody could tell
    /// who would have to wait for such a commit, so later ones of its stream did not: **a handler gets it after those it has
    /// seen**, and can tell by the version; only where the stream has dead letters at the handler, it is put among them in
    /// its place. Views are in order all the same. Where a handler cannot bear that, discard the letter.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`], [`DeliveryError::Outage`]; what is not removed
    /// stays as it was.
    pub async fn redrive(&self, subscriber: &str) -> Result<usize, DeliveryError> {
        if subscriber == RELAY {
            return self.redrive_relay().await;
        }
        self.redrive_of(&*self.find(subscriber)?, |_| true).await
    }

    /// Redrives what other programs did not know, in case that this one does.
    pub(crate) async fn redrive_newer(&self) -> Result<(), DeliveryError> {
        if self.of(RELAY).await?.iter().any(DeadLetter::is_newer) {
            self.redrive_relay().await?;
        }
        for subscriber in &self.delivery.subscribers {
            let letters = self.of(subscriber.name).await?;
            let streams = streams_with_newer(&letters);
            if !streams.is_empty() {
                let redriven = self.redrive_of(subscriber, |stream| streams.contains(stream)).await?;
                let (subscriber, streams) = (subscriber.name, streams.len());
                tracing::info!(
                    subscriber,
                    streams,
                    redriven,
                    "dead letters that an older program did not know"
                );
            }
        }
        Ok(())
    }

    /// Redrives the letters of some streams.
    async fn redrive_of(
        &self,
        subscriber: &Subscriber,
        is_wanted: impl Fn(&StreamKey) -> bool,
    ) -> Result<usize, DeliveryError> {
        let delivery_store = self.delivery.runtime.delivery_store();
        let parked = self.delivery.parked(subscriber.name);
        let mut failing = HashSet::new();
        let mut removed = 0;
        loop {
            let before = removed;
            let letters = {
                let _held = parked.lock().await;
                self.of(subscriber.name).await?
            };
            for letter in letters {
                let stream = stream_of(&letter);
                if failing.contains(&stream) || !stream.as_ref().is_none_or(&is_wanted) {
                    continue;
                }
                if self.deliver(subscriber, &letter).await? {
                    delivery_store
                        .remove_letter(&letter.id)
                        .await
                        .map_err(|source| failed(subscriber.name, source))?;
                    removed += 1;
                } else {
                    failing.insert(stream);
                }
            }
            // The delivery may have put more behind them meanwhile.
            if removed == before {
                return Ok(removed);
            }
        }
    }

    /// Publishes the dead letters of `@relay` that this program can read, in the order of each stream: the redrive of a
    /// relay to a topic. What the topic accepts is removed. Returns how many were removed. As in a [redrive](Self::redrive) of
    /// `@relay`, later commits of their streams have been published before them.
    ///
    /// # Errors
    /// [`DeliveryError::Publish`], [`DeliveryError::Store`].
    pub async fn publish(&self, publisher: &impl Publisher) -> Result<usize, DeliveryError> {
        let mut letters = self.of(RELAY).await?;
        letters.retain(|letter| intake::decode(&letter.record).is_ok());
        let records: Vec<_> = letters.iter().map(|letter| letter.record.clone()).collect();
        let published = self.delivery.publish(publisher, &records).await;
        let accepted = published.as_ref().err().map_or(records.len(), |interrupted| interrupted.accepted);
        for letter in letters.iter().take(accepted) {
            self.delivery
                .runtime
                .delivery_store()
                .remove_letter(&letter.id)
                .await
                .map_err(|source| failed(RELAY, source))?;
        }
        published.map(|()| accepted).map_err(|interrupted| interrupted.error)
    }

    /// Removes a dead letter without delivering it. Those behind it stay until they are redriven; where there are
    /// none, the stream flows on.
    ///
    /// A handler never sees the commit. A projection goes on without it: when a later commit comes and this one still
    /// cannot be applied, the view passes it over, with what else was discarded of its stream, and so does every replay. It
    /// is not struck from the history: where the code has been repaired since, a view that has not passed it over yet, and
    /// a replay, contain it. A letter of `@relay` that is discarded is passed over by every projection.
    /// [`DeadLetters::discarded`] lists what is passed over.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), DeliveryError> {
        tracing::warn!(subscriber = id.subscriber, pk = id.pk, sk = id.sk, reason, "dead letter discarded");
        // First, so that a view whose letter is gone is not stuck.
        if let Ok((stream, version)) = StreamKey::parse_commit(&id.pk, &id.sk) {
            let concerned = self.delivery.subscribers.iter().filter(|subscriber| {
                subscriber.is_projection() && [subscriber.name, RELAY].contains(&id.subscriber.as_str())
            });
            for projection in concerned {
                let kept =
                    discards::keep(&self.delivery.runtime, projection.name, &stream, version, reason).await;
                kept.map_err(|source| failed(projection.name, source))?;
            }
        }
        self.delivery
            .runtime
            .delivery_store()
            .remove_letter(id)
            .await
            .map_err(|source| failed(&id.subscriber, source))
    }

    /// Puts the dead letters of a subscriber that was renamed under its new name, to be redriven, and what it discarded.
    /// Returns how many dead letters there were. Nobody may deliver to either of the two meanwhile.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`] for the new name, [`DeliveryError::Store`]; nothing is lost, and the same call
    /// goes on.
    pub async fn hand_over(&self, old: &str, new: &str) -> Result<usize, DeliveryError> {
        let new = self.find(new)?;
        // First what is to be passed over: a redrive that is early does not stumble over it.
        let discarded = self.of(&discards::pile(old)).await?;
        self.move_to(&discards::pile(new.name), discarded).await?;
        let letters = self.of(old).await?;
        self.move_to(new.name, letters).await
    }

    /// Holds a stream back on one queue of a broker, on account of one commit that is among the dead letters of that queue, or
    /// is about to be. For those who move messages of a broker: a [`Consumer`](super::Consumer) does so by itself. The queue
    /// need not be there any more. Again is no error.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn park(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), DeliveryError> {
        self.delivery
            .runtime
            .delivery_store()
            .park(queue, stream, version)
            .await
            .map_err(|source| failed(queue, source))
    }

    /// Takes back what [`DeadLetters::park`], or a consumer, did for one commit; the stream flows again when nothing else
    /// holds it back. Where nothing did, nothing happens.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn unpark(
        &self,
        queue: &str,
        stream: &StreamKey,
        version: Version,
    ) -> Result<(), DeliveryError> {
        self.delivery
            .runtime
            .delivery_store()
            .unpark(queue, stream, version)
            .await
            .map_err(|source| failed(queue, source))
    }

    async fn move_to(&self, name: &str, letters: Vec<DeadLetter>) -> Result<usize, DeliveryError> {
        let moved = letters.len();
        for letter in letters {
            let id = LetterId { subscriber: name.to_owned(), ..letter.id.clone() };
            let handed_over = async {
                self.delivery
                    .runtime
                    .delivery_store()
                    .put_letter(&DeadLetter { id, ..letter.clone() })
                    .await?;
                self.delivery.runtime.delivery_store().remove_letter(&letter.id).await
            };
            handed_over.await.map_err(|source| failed(name, source))?;
        }
        Ok(moved)
    }

    /// The commits that a projection passes over because they were discarded, with the reasons. Their records are not
    /// kept: the store has them.
    ///
    /// # Errors
    /// [`DeliveryError::UnknownSubscriber`], [`DeliveryError::Store`].
    pub async fn discarded(&self, projection: &str) -> Result<Vec<DeadLetter>, DeliveryError> {
        let projection = self.find(projection)?;
        discards::all(&self.delivery.runtime, projection.name)
            .await
            .map_err(|source| failed(projection.name, source))
    }

    /// The dead letters of one subscriber, by stream and version. It need not be there any more: after a subscriber was
    /// renamed, its letters are found under the old name; [`DeadLetters::hand_over`] puts them under the new one.
    ///
    /// # Errors
    /// [`DeliveryError::Store`].
    pub async fn of(&self, subscriber: &str) -> Result<Vec<DeadLetter>, DeliveryError> {
        let mut found: Vec<DeadLetter> = Vec::new();
        loop {
            let after = found.last().map(|letter| &letter.id);
            let page = self.delivery.runtime.delivery_store().letters(subscriber, after).await;
            let page = page.map_err(|source| failed(subscriber, source))?;
            if page.is_empty() {
                return Ok(found);
            }
            found.extend(page);
        }
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
                let retry = self.delivery.runtime.settings.delivery;
                let done = AtomicUsize::new(0);
                // What the store had when the letter was written.
                let origin = Origin::Message;
                let commits = std::slice::from_ref(&commit);
                match subscriber.deliver(self.delivery, commits, origin, retry, &done).await {
                    None => return Ok(true),
                    Some(Failure { reason, attempts, kind }) => match kind {
                        // Nothing new is known about the letter.
                        FailureKind::Held(_) => return Ok(false),
                        FailureKind::Outage(source) => {
                            return Err(DeliveryError::Outage {
                                subscriber: subscriber.name.to_owned(),
                                source,
                            });
                        }
                        FailureKind::Passing | FailureKind::Permanent | FailureKind::Newer => {
                            (reason, attempts)
                        }
                    },
                }
            }
            Err(reason) => (reason, 1),
        };
        let (reason, attempts) = failure;
        let kept = DeadLetter { reason, attempts: letter.attempts + attempts, ..letter.clone() };
        self.delivery
            .runtime
            .delivery_store()
            .put_letter(&kept)
            .await
            .map_err(|source| failed(subscriber.name, source))?;
        Ok(false)
    }

    /// Puts a commit among the dead letters that its stream has at a subscriber; false where there are none.
    async fn waits(&self, subscriber: &Subscriber, commit: &Commit) -> Result<bool, DeliveryError> {
        let name = subscriber.name;
        let parked = self.delivery.parked(name);
        // Nobody takes the last of those letters away meanwhile.
        let _held = parked.lock().await;
        if !has_letters(self.delivery, name, &commit.stream).await? {
            return Ok(false);
        }
        let put = self.delivery.runtime.delivery_store().put_letter(&letter(name, commit, None)).await;
        put.map_err(|source| failed(name, source))?;
        Ok(true)
    }

    async fn redrive_relay(&self) -> Result<usize, DeliveryError> {
        let mut removed = 0;
        let mut failing = HashSet::new();
        'letters: for letter in self.of(RELAY).await? {
            let Ok(commit) = intake::decode(&letter.record) else { continue };
            if failing.contains(&commit.stream)
                || !commit.events.iter().all(|event| self.delivery.runtime.index.knows(&event.name))
            {
                failing.insert(commit.stream);
                continue;
            }
            for subscriber in self.delivery.subscribers.iter().filter(|subscriber| subscriber.wants(&commit))
            {
                if !self.waits(subscriber, &commit).await? && !self.deliver(subscriber, &letter).await? {
                    failing.insert(commit.stream);
                    continue 'letters;
                }
            }
            self.delivery
                .runtime
                .delivery_store()
                .remove_letter(&letter.id)
                .await
                .map_err(|source| failed(RELAY, source))?;
            removed += 1;
        }
        Ok(removed)
    }
}

/// The streams whose first letter that was tried is for a newer program. Letters stand in the order of streams and versions.
fn streams_with_newer(letters: &[DeadLetter]) -> HashSet<StreamKey> {
    let mut found = HashSet::new();
    let mut before = None;
    for letter in letters.iter().filter(|letter| letter.attempts > 0) {
        let stream = stream_of(letter);
        if letter.is_newer() && stream != before {
            found.extend(stream.clone());
        }
        before = stream;
    }
    found
}
