use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::RwLock;

use super::BrokerError;
use super::queue::{BATCH, Queue, Receipt, ReceivedMessage};

/// Messages of one queue that were received, and are neither deleted nor handed back. They stay hidden while [`Held::keep`] is
/// polled.
pub(super) struct Held {
    queue: Queue,
    visibility: Duration,
    receipts: Mutex<BTreeMap<String, Receipt>>,
    /// What is handed back must not be hidden afterwards: a hiding task takes the write lock, a releasing task the read lock.
    hiding: RwLock<()>,
}

impl Held {
    pub(super) fn new(queue: &Queue, visibility: Duration) -> Self {
        Self { queue: queue.clone(), visibility, receipts: Mutex::default(), hiding: RwLock::default() }
    }

    pub(super) async fn receive(&self, wait: Duration) -> Result<Vec<ReceivedMessage>, BrokerError> {
        let messages = self.queue.receive(wait, self.visibility).await?;
        for message in &messages {
            self.hold(message);
        }
        Ok(messages)
    }

    /// Holds what was received, and returns the messages that it did not hold before. A message that is received twice, because
    /// it was not hidden in time, is kept under its last receipt.
    pub(super) fn add(&self, messages: Vec<ReceivedMessage>) -> Vec<ReceivedMessage> {
        messages.into_iter().filter(|message| self.hold(message)).collect()
    }

    /// Whether it was not held before.
    fn hold(&self, message: &ReceivedMessage) -> bool {
        self.receipts().insert(message.receipt.id.clone(), message.receipt.clone()).is_none()
    }

    /// Deletes messages from the queue.
    pub(super) async fn delete(&self, messages: &[&ReceivedMessage]) {
        let _hiding = self.hiding.read().await;
        let receipts = self.remove(messages);
        self.queue.delete(&receipts).await;
    }

    /// Hands messages back: they can be received again after the given time.
    pub(super) async fn hand_back(&self, messages: &[&ReceivedMessage], after: Duration) {
        let _hiding = self.hiding.read().await;
        let receipts = self.remove(messages);
        self.queue.hide(&receipts, after).await;
    }

    /// Stops hiding messages: they come back when their time is over.
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

    /// Keeps extending the time that they are hidden for, at half of it.
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

    fn remove(&self, messages: &[&ReceivedMessage]) -> Vec<Receipt> {
        let mut receipts = self.receipts();
        messages.iter().filter_map(|message| receipts.remove(&message.receipt.id)).collect()
    }

    fn all(&self) -> Vec<Receipt> {
        self.receipts().values().cloned().collect()
    }

    fn receipts(&self) -> MutexGuard<'_, BTreeMap<String, Receipt>> {
        // Every change is one insertion or removal, so a panicking holder leaves consistent data behind.
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
