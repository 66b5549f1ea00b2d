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

/// How long it may take to find out what there is to tell.
const SETTLE: Duration = Duration::from_secs(10);

/// One queue of an app in a worker.
pub(super) struct QueueWorker {
    pub(super) consumer: Consumer,
    queue: Queue,
    dead: Queue,
    pub(super) settings: WorkerSettings,
}

/// Messages of one stream, or one that is no commit's.
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
        // With none at all, a message would be received again while it is in work.
        let visibility = settings.visibility.max(Duration::from_secs(1));
        Ok(Self {
            consumer: app.consumer(queue)?,
            queue: Queue::find(&broker.sqs, broker.queue_name(queue)?).await?,
            dead: Queue::find(&broker.sqs, broker.dead_letters_name(queue)?).await?,
            settings: WorkerSettings { visibility, ..settings },
        })
    }

    /// Works until `stop`, then ends what is in work. What goes wrong with the broker is waited out.
    pub(super) async fn serve(self: Arc<Self>, poll: Duration, mut stop: watch::Receiver<bool>) -> Worked {
        let held = self.held();
        let shift = Shift::begin(&self, &held, stop.clone());
        let mut serving = Serving { worker: &self, shift, poll, received: 0 };
        let work = async {
            // No outage of the broker ends it.
            let _ = supervise(&mut serving, stopped(&mut stop)).await;
            serving.shift.end().await
        };
        keeping(&held, work).await
    }

    /// Works until nothing is received and nothing is in work.
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

    /// Tells what can be told about its projections, the more where nothing was received.
    pub(super) async fn settle(&self, may_be_empty: bool) {
        // Who may not ask is told later.
        let is_empty = async { may_be_empty && self.queue.backlog().await.is_ok_and(|left| left == 0) };
        // No store that is down may keep the queue waiting for it.
        let _ = tokio::time::timeout(SETTLE, self.consumer.settle(is_empty)).await;
    }

    /// Builds the views that are to be built.
    pub(super) async fn build(&self) -> Result<(), BrokerError> {
        Ok(self.consumer.build().await?)
    }

    /// Its dead letters.
    pub(super) fn dead_letters(&self, app: &App) -> Result<DeadLetterQueue, BrokerError> {
        Ok(DeadLetterQueue::new(app.consumer(self.consumer.queue())?, self.dead.clone()))
    }

    /// How many messages its queue has, those in somebody's hands included.
    pub(super) async fn backlog(&self) -> Result<u64, BrokerError> {
        self.queue.backlog().await
    }

    /// Takes messages of one stream to the subscribers and does what they say. Where `stop` comes, and the time of grace
    /// is over before they are, what they have not done goes back. Those that are to go back are returned.
    pub(super) async fn take(
        &self,
        held: &Held,
        bundle: Bundle,
        mut stop: watch::Receiver<bool>,
    ) -> (Worked, Vec<ReceivedMessage>) {
        let Bundle { messages, batch } = bundle;
        let verdicts = self.consumer.take_stream(batch, self.end_of_grace(&mut stop)).await;
        let (gone, back, worked) = self.sort_out(&messages, verdicts).await;
        if !gone.is_empty() {
            held.delete(&gone).await;
        }
        (worked, back.into_iter().cloned().collect())
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

    /// Sends the dead ones on; returns what is to be deleted, and what is to go back.
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
                // Sent first, deleted then: there twice is better than nowhere.
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
                // What follows a message that stays must not get there before it.
                Verdict::Dead { .. } | Verdict::Retry { .. } | Verdict::Wait { .. } => back.push(message),
            }
        }
        (gone, back, worked)
    }
}

/// The receiving of messages from a queue, and the work on them.
struct Serving<'a> {
    worker: &'a QueueWorker,
    shift: Shift,
    /// When an empty queue is asked again that is not waited for.
    poll: Duration,
    /// How many receives went well.
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
        // What is in hand goes on; a stop is seen by who supervises.
        let _ = self.shift.until(tokio::time::sleep(pause)).await;
    }

    fn tell(&self, error: &BrokerError, _: Outage, wait: Duration) {
        tracing::warn!(queue = self.worker.queue.name(), %error, ?wait, "nothing received");
    }
}

/// Keeps what is held out of others' sight during some work.
async fn keeping<T>(held: &Held, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = held.keep() => match never {},
    }
}
