use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::RwLock;

use super::BrokerError;
use super::queue::{BATCH, Letter, Queue, Receipt};

/// Messages of one queue that were received, and are neither deleted nor handed back: out of others' sight
/// for as long as [`Held::keep`] is polled.
pub(super) struct Held {
    queue: Queue,
    visibility: Duration,
    receipts: Mutex<BTreeMap<String, Receipt>>,
    /// What is handed back must not be hidden after that: written by those who hide, read by those who let go.
    hiding: RwLock<()>,
}

impl Held {
    pub(super) fn new(queue: &Queue, visibility: Duration) -> Self {
        Self { queue: queue.clone(), visibility, receipts: Mutex::default(), hiding: RwLock::default() }
    }

    pub(super) async fn receive(&self, wait: Duration) -> Result<Vec<Letter>, BrokerError> {
        let letters = self.queue.receive(wait, self.visibility).await?;
        for letter in &letters {
            self.hold(letter);
        }
        Ok(letters)
    }

    /// Holds what was received; gives those that it did not hold before. One that is received twice, because it could not be
    /// hidden in time, is known by its last receipt.
    pub(super) fn add(&self, letters: Vec<Letter>) -> Vec<Letter> {
        letters.into_iter().filter(|letter| self.hold(letter)).collect()
    }

    /// Whether it was not held before.
    fn hold(&self, letter: &Letter) -> bool {
        self.receipts().insert(letter.receipt.id.clone(), letter.receipt.clone()).is_none()
    }

    /// Deletes one, or as many as are given, from the queue.
    pub(super) async fn delete(&self, letters: &[&Letter]) {
        let _hiding = self.hiding.read().await;
        let receipts = self.remove(letters);
        self.queue.delete(&receipts).await;
    }

    /// Hands some back: after a time everybody may receive them.
    pub(super) async fn hand_back(&self, letters: &[&Letter], after: Duration) {
        let _hiding = self.hiding.read().await;
        let receipts = self.remove(letters);
        self.queue.hide(&receipts, after).await;
    }

    /// Hides some no longer: they come back when their time is over.
    pub(super) fn forget(&self, ids: &[String]) {
        let mut receipts = self.receipts();
        for id in ids {
            receipts.remove(id);
        }
    }

    /// Hands back what is still held.
    pub(super) async fn hand_all_back(&self) {
        self.queue.hide(&self.all(), Duration::ZERO).await;
    }

    /// Hides them again and again, at half of the time that they are hidden for.
    pub(super) async fn keep(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.visibility / 2).await;
            for receipts in self.all().chunks(BATCH) {
                let _hiding = self.hiding.write().await;
                let held: Vec<_> = {
                    let known = self.receipts();
                    receipts.iter().filter_map(|receipt| known.get(&receipt.id).cloned()).collect()
                };
                self.queue.hide(&held, self.visibility).await;
            }
        }
    }

    fn remove(&self, letters: &[&Letter]) -> Vec<Receipt> {
        let mut receipts = self.receipts();
        letters.iter().filter_map(|letter| receipts.remove(&letter.receipt.id)).collect()
    }

    fn all(&self) -> Vec<Receipt> {
        self.receipts().values().cloned().collect()
    }

    fn receipts(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        // Every change is one insertion or removal: what a panicking holder left behind is whole.
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
