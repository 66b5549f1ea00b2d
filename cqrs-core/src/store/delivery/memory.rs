use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Claim, DeadLetter, DeliveryStore, Finish, Inbox, InboxId, InboxLease, LetterId};
use crate::commit::{Commit, CommitDigest};
use crate::key::StreamKey;
use crate::store::{Positions, StoreError};
use crate::timestamp::Timestamp;
use crate::version::Version;

const PAGE: usize = 100;

/// A delivery store in memory, for tests. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryDeliveryStore {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    positions: BTreeMap<String, Positions>,
    letters: BTreeMap<LetterId, DeadLetter>,
    parked: BTreeSet<(String, StreamKey, Version)>,
    /// How often the subscribers of a queue have failed at a commit.
    attempts: HashMap<(String, CommitDigest), u32>,
    inbox: BTreeMap<InboxId, Receipt>,
}

/// An inbox record.
#[derive(Debug)]
struct Receipt {
    owner: String,
    /// `None` once the event has been handled.
    leased_until: Option<Timestamp>,
    expires: Timestamp,
}

impl MemoryDeliveryStore {
    fn content(&self) -> MutexGuard<'_, Content> {
        // Every change is one insertion or removal, so the data that a panicking holder left behind is complete.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeliveryStore for MemoryDeliveryStore {
    async fn positions(&self, subscriber: &str) -> Result<Positions, StoreError> {
        Ok(self.content().positions.get(subscriber).cloned().unwrap_or_default())
    }

    async fn save_position(&self, subscriber: &str, shard: &str, position: &str) -> Result<(), StoreError> {
        let mut content = self.content();
        let positions = content.positions.entry(subscriber.to_owned()).or_default();
        positions.insert(shard.to_owned(), position.to_owned());
        Ok(())
    }

    async fn put_letter(&self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.content().letters.insert(letter.id.clone(), letter.clone());
        Ok(())
    }

    async fn letters(
        &self,
        subscriber: &str,
        after: Option<&LetterId>,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let content = self.content();
        let letters = content.letters.values();
        let wanted = letters.filter(|letter| {
            letter.id.subscriber == subscriber && after.is_none_or(|after| letter.id > *after)
        });
        Ok(wanted.take(PAGE).cloned().collect())
    }

    async fn remove_letter(&self, id: &LetterId) -> Result<(), StoreError> {
        self.content().letters.remove(id);
        Ok(())
    }

    async fn park(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        self.content().parked.insert((queue.to_owned(), stream.clone(), version));
        Ok(())
    }

    async fn unpark(&self, queue: &str, stream: &StreamKey, version: Version) -> Result<(), StoreError> {
        self.content().parked.remove(&(queue.to_owned(), stream.clone(), version));
        Ok(())
    }

    async fn count_attempt(&self, queue: &str, commit: &Commit, _: Timestamp) -> Result<u32, StoreError> {
        let mut content = self.content();
        let attempts = content.attempts.entry((queue.to_owned(), commit.digest())).or_default();
        *attempts = attempts.saturating_add(1);
        Ok(*attempts)
    }

    async fn forget_attempts(&self, queue: &str, commit: &Commit) -> Result<(), StoreError> {
        self.content().attempts.remove(&(queue.to_owned(), commit.digest()));
        Ok(())
    }

    async fn parked(&self, queue: &str, among: &[StreamKey]) -> Result<HashSet<StreamKey>, StoreError> {
        let content = self.content();
        let is_parked = |stream: &&StreamKey| {
            content.parked.iter().any(|(name, parked, _)| name == queue && parked == *stream)
        };
        Ok(among.iter().filter(is_parked).cloned().collect())
    }
}

impl Inbox for MemoryDeliveryStore {
    async fn claim(&self, id: &InboxId, lease: &InboxLease) -> Result<Claim, StoreError> {
        let mut content = self.content();
        let found = content.inbox.get(id).filter(|receipt| receipt.expires > lease.now);
        match found.map(|receipt| (receipt.leased_until, receipt.owner == lease.owner)) {
            Some((None, _)) => return Ok(Claim::Done),
            Some((Some(until), false)) if until > lease.now => return Ok(Claim::Busy { until }),
            Some((Some(_), _)) | None => {}
        }
        let receipt =
            Receipt { owner: lease.owner.clone(), leased_until: Some(lease.until), expires: lease.expires };
        content.inbox.insert(id.clone(), receipt);
        Ok(Claim::Claimed)
    }

    async fn finish(&self, id: &InboxId, lease: &InboxLease) -> Result<Finish, StoreError> {
        match self.content().inbox.get_mut(id).filter(|receipt| receipt.owner == lease.owner) {
            Some(receipt) => {
                receipt.leased_until = None;
                Ok(Finish::Done)
            }
            None => Ok(Finish::Lost),
        }
    }

    async fn release(&self, id: &InboxId, lease: &InboxLease) -> Result<(), StoreError> {
        let mut content = self.content();
        let held = content
            .inbox
            .get(id)
            .is_some_and(|receipt| receipt.owner == lease.owner && receipt.leased_until.is_some());
        if held {
            content.inbox.remove(id);
        }
        Ok(())
    }
}
