use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::BrokerError;
use super::queue::{Letter, Queue, Receipt};

/// Messages of one queue that were received, and are neither deleted nor handed back: out of others' sight
/// for as long as [`Held::keep`] is polled.
pub(super) struct Held<'a> {
    queue: &'a Queue,
    visibility: Duration,
    receipts: Mutex<BTreeMap<String, Receipt>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(queue: &'a Queue, visibility: Duration) -> Self {
        Self { queue, visibility, receipts: Mutex::default() }
    }

    pub(super) fn of(queue: &'a Queue, visibility: Duration, letters: &[Letter]) -> Self {
        let held = Self::new(queue, visibility);
        held.add(letters);
        held
    }

    pub(super) async fn receive(&self, wait: Duration) -> Result<Vec<Letter>, BrokerError> {
        let letters = self.queue.receive(wait, self.visibility).await?;
        self.add(&letters);
        Ok(letters)
    }

    /// Deletes one, or as many as are given, from the queue.
    pub(super) async fn delete(&self, letters: &[&Letter]) {
        let receipts: Vec<_> = letters.iter().map(|letter| letter.receipt.clone()).collect();
        for receipt in &receipts {
            self.receipts().remove(&receipt.id);
        }
        self.queue.delete(&receipts).await;
    }

    /// Hides them again and again, at half of the time that they are hidden for.
    pub(super) async fn keep(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.visibility / 2).await;
            self.queue.hide(&self.all(), self.visibility).await;
        }
    }

    /// Hands back what is still held: after a time everybody may receive it.
    pub(super) async fn hand_back(&self, after: Duration) {
        self.queue.hide(&self.all(), after).await;
    }

    fn add(&self, letters: &[Letter]) {
        // One that is received twice is known by its last receipt.
        let receipts = letters.iter().map(|letter| (letter.receipt.id.clone(), letter.receipt.clone()));
        self.receipts().extend(receipts);
    }

    fn all(&self) -> Vec<Receipt> {
        self.receipts().values().cloned().collect()
    }

    fn receipts(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        // Every change is one insertion or removal: what a panicking holder left behind is whole.
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
