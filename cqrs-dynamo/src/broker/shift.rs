use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::StreamKey;
use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::Worked;
use super::held::Held;
use super::queue::{BATCH, ReceivedMessage};
use super::queue_worker::{Bundle, QueueWorker};

/// How much may wait in a worker for busy streams. Beyond that, messages of such a stream go back at once, so that those of other
/// streams can be received.
const MOST_WAITING: usize = 4_096;
const MOST_WAITING_BYTES: usize = 16 * 1024 * 1024;

/// What a worker has received from one queue and not finished, by stream.
///
/// Each stream is processed separately. Messages that arrive for a busy stream wait here, and go back if the messages in progress
/// go back. So a stream that hangs holds up only itself.
pub(super) struct Shift {
    worker: Arc<QueueWorker>,
    held: Arc<Held>,
    stop: watch::Receiver<bool>,
    at_work: JoinSet<Ended>,
    /// Messages that arrived for busy streams.
    waiting: HashMap<StreamKey, Option<Bundle>>,
    load: Load,
    worked: Worked,
}

/// The messages that wait.
#[derive(Debug, Default)]
struct Load {
    messages: usize,
    bytes: usize,
}

/// Finished work.
struct Ended {
    /// The stream whose work has ended.
    stream: Option<StreamKey>,
    worked: Worked,
    /// Its messages that are to go back.
    back: Vec<ReceivedMessage>,
    /// When they come back, if a handler says so.
    after: Option<Duration>,
}

impl Shift {
    pub(super) fn begin(worker: &Arc<QueueWorker>, held: &Arc<Held>, stop: watch::Receiver<bool>) -> Self {
        Self {
            worker: Arc::clone(worker),
            held: Arc::clone(held),
            stop,
            at_work: JoinSet::new(),
            waiting: HashMap::new(),
            load: Load::default(),
            worked: Worked::default(),
        }
    }

    /// Waits until more may be received: no other worker can take what is in hand. False if the worker is to stop.
    pub(super) async fn has_room(&mut self) -> bool {
        let most = self.worker.settings.batches.max(1) * BATCH;
        while self.at_work.len() >= most {
            tokio::select! {
                () = stopped(&mut self.stop) => return false,
                Some(ended) = self.at_work.join_next() => self.attend(ended),
            }
        }
        true
    }

    /// Attends to the work in hand until an event happens; `None` if the worker is to stop before.
    pub(super) async fn until<T>(&mut self, event: impl Future<Output = T>) -> Option<T> {
        let mut event = pin!(event);
        loop {
            tokio::select! {
                biased;
                // A result that has arrived is taken at once.
                happened = &mut event => return Some(happened),
                () = stopped(&mut self.stop) => return None,
                Some(ended) = self.at_work.join_next() => self.attend(ended),
            }
        }
    }

    /// Waits until something in hand is done; false if nothing is in hand.
    pub(super) async fn next_ended(&mut self) -> bool {
        let Some(ended) = self.at_work.join_next().await else { return false };
        self.attend(ended);
        true
    }

    /// Ends the work in hand.
    pub(super) async fn end(&mut self) -> Worked {
        while self.next_ended().await {}
        std::mem::take(&mut self.worked)
    }

    /// Begins to work on messages, each stream separately.
    pub(super) fn take(&mut self, messages: Vec<ReceivedMessage>) {
        let messages = self.held.add(messages);
        let received: Vec<_> = messages.iter().map(ReceivedMessage::received).collect();
        let mut messages: Vec<_> = messages.into_iter().map(Some).collect();
        for (places, batch) in self.worker.consumer.sort(&received) {
            let of_stream = places.into_iter().filter_map(|place| messages.get_mut(place)?.take());
            self.admit(Bundle { messages: of_stream.collect(), batch });
        }
    }

    fn admit(&mut self, bundle: Bundle) {
        match bundle.batch.stream().and_then(|stream| self.waiting.get_mut(stream)) {
            None => self.start(bundle),
            Some(_) if !self.load.has_room() => {
                self.hand_back(bundle.messages, None);
            }
            Some(waiting) => {
                self.load.add(&bundle);
                match waiting {
                    Some(waiting) => waiting.append(bundle),
                    None => *waiting = Some(bundle),
                }
            }
        }
    }

    fn start(&mut self, bundle: Bundle) {
        let stream = bundle.batch.stream().cloned();
        if let Some(stream) = &stream {
            self.waiting.insert(stream.clone(), None);
        }
        let (worker, held, stop) = (Arc::clone(&self.worker), Arc::clone(&self.held), self.stop.clone());
        let ids: Vec<_> = bundle.messages.iter().map(|message| message.receipt.id.clone()).collect();
        self.at_work.spawn(async move {
            let taken = AssertUnwindSafe(worker.take(&held, bundle, stop)).catch_unwind().await;
            let (worked, back, after) = taken.unwrap_or_else(|panic| {
                // Panics of subscribers are caught earlier. This one is ours: its messages come back when their time is over.
                let said = panic.downcast_ref::<&str>().copied().unwrap_or_default();
                tracing::error!(?stream, said, "the work on a stream panicked");
                held.forget(&ids);
                Default::default()
            });
            Ended { stream, worked, back, after }
        });
    }

    fn attend(&mut self, ended: Result<Ended, JoinError>) {
        let Ok(Ended { stream, worked, mut back, after }) = ended else { return };
        self.worked += worked;
        // From here on the stream is free: messages that come back are processed again.
        let waiting = stream.and_then(|stream| self.waiting.remove(&stream)).flatten();
        if let Some(waiting) = &waiting {
            self.load.remove(waiting);
        }
        match waiting {
            Some(waiting) if back.is_empty() && !*self.stop.borrow() => self.start(waiting),
            Some(waiting) => back.extend(waiting.messages),
            None => {}
        }
        if !back.is_empty() {
            self.hand_back(back, after);
        }
    }

    /// All at once: a commit that waits behind another one must not arrive before it.
    fn hand_back(&mut self, messages: Vec<ReceivedMessage>, after: Option<Duration>) {
        let receives = messages.iter().map(|message| message.receives).max().unwrap_or(1);
        let wait = match *self.stop.borrow() {
            // Another worker can take them at once, but not before the time that a handler asks for: each try counts.
            true => after.unwrap_or_default(),
            false => self.worker.settings.comes_back_after(receives, after),
        };
        let held = Arc::clone(&self.held);
        self.at_work.spawn(async move {
            held.hand_back(&messages.iter().collect::<Vec<_>>(), wait).await;
            let worked = Worked { returned: messages.len() as u64, ..Worked::default() };
            Ended { stream: None, worked, back: Vec::new(), after: None }
        });
    }
}

impl Bundle {
    fn append(&mut self, later: Self) {
        self.messages.extend(later.messages);
        self.batch.append(later.batch);
    }
}

impl Load {
    fn has_room(&self) -> bool {
        self.messages < MOST_WAITING && self.bytes < MOST_WAITING_BYTES
    }

    fn add(&mut self, bundle: &Bundle) {
        self.messages += bundle.messages.len();
        self.bytes += bytes(bundle);
    }

    fn remove(&mut self, bundle: &Bundle) {
        self.messages = self.messages.saturating_sub(bundle.messages.len());
        self.bytes = self.bytes.saturating_sub(bytes(bundle));
    }
}

/// The size of its bodies.
fn bytes(bundle: &Bundle) -> usize {
    bundle.messages.iter().map(|message| message.body.len()).sum()
}

/// Resolves when the worker is to stop, or is gone.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
