use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{DeadLetter, DeliveryStore, LetterId, Positions};
use crate::key::StreamKey;
use crate::store::StoreError;
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
}

impl MemoryDeliveryStore {
    fn content(&self) -> MutexGuard<'_, Content> {
        // Every change is one insertion or removal: what a panicking holder left behind is whole.
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

    async fn parked(&self, queue: &str) -> Result<HashSet<StreamKey>, StoreError> {
        let content = self.content();
        let parked = content.parked.iter().filter(|(name, _, _)| name == queue);
        Ok(parked.map(|(_, stream, _)| stream.clone()).collect())
    }
}
