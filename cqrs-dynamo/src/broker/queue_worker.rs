use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::{Consumer, StreamBatch, Verdict};
use cqrs_core::supervisor::{Outage, Supervised, supervise};
use tokio::sync::watch;

use super::dead_letter_queue::DeadLetterQueue;
use super::held::Held;
use super::queue::{Queue, ReceivedMessage};
use super::shift::{Shift, stopped};
use super::{Broker, BrokerError, Worked, WorkerSettings};

/// How long a settle may take.
const SETTLE: Duration = Duration::from_secs(10);

/// One queue of an app in a worker.
pub(super) struct QueueWorker {
    pub(super) consumer: Consumer,
    queue: Queue,
    dead: Queue,
    pub(super) settings: WorkerSettings,
}

/// Messages of one stream, or one message without a commit.
pub(super) struct Bundle {
    pub(super) messages: Vec<ReceivedMessage>,
    pub(super) batch: StreamBatch,
}

impl QueueWorker {
    pub(super) async fn open(
        broker: &Broker,
        app: &App,
        queue: &str,
        settings: WorkerSettings,
    ) -> Result<Self, BrokerError> {
        // With zero, a message would be received again while it is processed.
        let visibility = settings.visibility.max(Duration::from_secs(1));
        Ok(Self {
            consumer: app.consumer(queue)?,
            queue: Queue::find(&broker.sqs, broker.queue_name(queue)?).await?,
            dead: Queue::find(&broker.sqs, broker.dead_letters_name(queue)?).await?,
            settings: WorkerSettings { visibility, ..settings },
        })
    }

    /// Works until `stop`, then ends the work in progress. Waits out errors of the broker.
    pub(super) async fn serve(self: Arc<Self>, poll: Duration, mut stop: watch::Receiver<bool>) -> Worked {
        let held = self.held();
        let shift = Shift::begin(&self, &held, stop.clone());
        let mut serving = Serving { worker: &self, shift, poll, received: 0 };
        let work = async {
            // An outage of the broker does not end it.
            let _ = supervise(&mut serving, stopped(&mut stop)).await;
            serving.shift.end().await
        };
        keeping(&held, work).await
    }

    /// Works until nothing is received and nothing is in progress.
    pub(super) async fn drain(self: Arc<Self>, stop: watch::Receiver<bool>) -> Result<Worked, BrokerError> {
        let held = self.held();
        let mut shift = Shift::begin(&self, &held, stop);
        let work = async {
            let mut failed = 0;
            while shift.has_room().await {
                let Some(received) = shift.until(self.receive()).await else { break };
                match received {
                    Ok(messages) if messages.is_empty() => {
                        failed = 0;
                        if !shift.next_ended().await {
                            break;
                        }
                    }
                    Ok(messages) => {
                        failed = 0;
                        shift.take(messages);
                    }
                    Err(error) => {
                        failed += 1;
                        if !error.is_transient() || failed >= self.settings.receive.attempts {
                            shift.end().await;
                            return Err(error);
                        }
                        let _ = shift.until(self.settings.receive.pause(failed)).await;
                    }
                }
            }
            Ok(shift.end().await)
        };
        keeping(&held, work).await
    }

    /// Reports the state of its projections; more is known if nothing was received.
    pub(super) async fn settle(&self, may_be_empty: bool) {
        // A missing right shows up later.
        let is_empty = async { may_be_empty && self.queue.backlog().await.is_ok_and(|left| left == 0) };
        // A store that is down must not block the queue.
        let _ = tokio::time::timeout(SETTLE, self.consumer.settle(is_empty)).await;
    }

    /// Builds the views that need it.
    pub(super) async fn build(&self) -> Result<(), BrokerError> {
        Ok(self.consumer.build().await?)
    }

    /// Its dead letters.
    pub(super) fn dead_letters(&self, app: &App) -> Result<DeadLetterQueue, BrokerError> {
        Ok(DeadLetterQueue::new(app.consumer(self.consumer.queue())?, self.dead.clone()))
    }

    /// How many messages its queue has, including those in flight.
    pub(super) async fn backlog(&self) -> Result<u64, BrokerError> {
        self.queue.backlog().await
    }

    /// Delivers messages of one stream to the subscribers and carries out their verdicts. After `stop`, when the grace period is
    /// over, unfinished messages go back. Returns the messages that are to go back, and after how long if a handler says so.
    pub(super) async fn take(
        &self,
        held: &Held,
        bundle: Bundle,
        mut stop: watch::Receiver<bool>,
    ) -> (Worked, Vec<ReceivedMessage>, Option<Duration>) {
        let Bundle { messages, batch } = bundle;
        let verdicts = self.consumer.take_stream(batch, self.end_of_grace(&mut stop)).await;
        // They are of one stream, and come back together.
        let after = verdicts.iter().filter_map(Verdict::after).max();
        let (gone, back, worked) = self.sort_out(&messages, verdicts).await;
        if !gone.is_empty() {
            held.delete(&gone).await;
        }
        (worked, back.into_iter().cloned().collect(), after)
    }

    async fn receive(&self) -> Result<Vec<ReceivedMessage>, BrokerError> {
        self.queue.receive(self.settings.wait, self.settings.visibility).await
    }

    fn held(&self) -> Arc<Held> {
        Arc::new(Held::new(&self.queue, self.settings.visibility))
    }

    async fn end_of_grace(&self, stop: &mut watch::Receiver<bool>) {
        stopped(stop).await;
        tokio::time::sleep(self.settings.grace).await;
    }

    /// Sends dead messages to their queue; returns what is to be deleted, and what is to go back.
    async fn sort_out<'a>(
        &self,
        messages: &'a [ReceivedMessage],
        verdicts: Vec<Verdict>,
    ) -> (Vec<&'a ReceivedMessage>, Vec<&'a ReceivedMessage>, Worked) {
        let mut worked = Worked::default();
        let (mut gone, mut back) = (Vec::with_capacity(messages.len()), Vec::new());
        let mut refused = false;
        for (message, verdict) in messages.iter().zip(verdicts) {
            match verdict {
                Verdict::Done => {
                    worked.done += 1;
                    gone.push(message);
                }
                // Sent first, then deleted: a duplicate is better than a loss.
                Verdict::Dead { reason } if !refused => match self.dead.send(message, &reason).await {
                    Ok(()) => {
                        worked.dead += 1;
                        gone.push(message);
                    }
                    Err(error) => {
                        tracing::error!(queue = self.queue.name(), %error, reason, "a dead letter stays");
                        refused = true;
                        back.push(message);
                    }
                },
                // What follows a message that stays must not overtake it.
                Verdict::Dead { .. } | Verdict::Retry { .. } | Verdict::Wait { .. } => back.push(message),
            }
        }
        (gone, back, worked)
    }
}

/// Receives messages from a queue and works on them.
struct Serving<'a> {
    worker: &'a QueueWorker,
    shift: Shift,
    /// When to ask an empty queue again if receives do not wait.
    poll: Duration,
    /// How many receives succeeded.
    received: u64,
}

impl Supervised for Serving<'_> {
    type Error = BrokerError;
    const NAME: &'static str = "worker";

    /// The shift knows by itself when to stop.
    async fn work<S: Future<Output = ()> + Send>(&mut self, _: Pin<&mut S>) -> Result<(), BrokerError> {
        let Self { worker, shift, poll, received } = self;
        while shift.has_room().await {
            let Some(messages) = shift.until(worker.receive()).await else { break };
            let messages = messages?;
            *received += 1;
            let is_empty = messages.is_empty();
            shift.take(messages);
            if shift.until(worker.settle(is_empty)).await.is_none() {
                break;
            }
            let waits = is_empty && worker.settings.wait.is_zero();
            if waits && shift.until(tokio::time::sleep(*poll)).await.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn outage(&self, _: &BrokerError) -> Option<Outage> {
        Some(Outage::Passing)
    }

    fn progress(&self) -> u64 {
        self.received
    }

    fn pause(&self, failures: u32) -> Duration {
        self.worker.settings.receive.wait(failures)
    }

    async fn rest(&mut self, pause: Duration) {
        // Work in hand continues; the supervisor sees the stop.
        let _ = self.shift.until(tokio::time::sleep(pause)).await;
    }

    fn tell(&self, error: &BrokerError, _: Outage, wait: Duration) {
        tracing::warn!(queue = self.worker.queue.name(), %error, ?wait, "nothing received");
    }
}

/// Keeps the held messages hidden during some work.
async fn keeping<T>(held: &Held, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = held.keep() => match never {},
    }
}
