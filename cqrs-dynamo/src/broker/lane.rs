use std::sync::Arc;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::{Consumer, Verdict};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::held::Held;
use super::queue::{Letter, Queue};
use super::{Broker, BrokerError, Worked, WorkerSettings};

/// One queue of an app in a worker.
pub(super) struct Lane {
    consumer: Consumer,
    queue: Queue,
    dead: Queue,
    settings: WorkerSettings,
}

impl Lane {
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
        let mut worked = Worked::default();
        let mut batches = JoinSet::new();
        let mut failed = 0;
        loop {
            // A place has to be free before messages are asked for: whatever waits here, nobody else can
            // take.
            while batches.len() >= self.settings.batches.max(1) {
                worked += ended(batches.join_next().await);
            }
            let received = tokio::select! {
                // What has arrived is taken, and not left to its time.
                biased;
                received = self.receive() => received,
                () = stopped(&mut stop) => break,
            };
            let pause = match received {
                Ok(letters) if letters.is_empty() => {
                    failed = 0;
                    if self.settings.wait.is_zero() { poll } else { Duration::ZERO }
                }
                Ok(letters) => {
                    failed = 0;
                    batches.spawn(Arc::clone(&self).take(letters, stop.clone()));
                    continue;
                }
                Err(error) => {
                    failed += 1;
                    let wait = self.settings.receive.wait(failed);
                    tracing::warn!(queue = self.queue.name(), %error, ?wait, "nothing received");
                    wait
                }
            };
            let _ = tokio::time::timeout(pause, stopped(&mut stop)).await;
        }
        while let Some(batch) = batches.join_next().await {
            worked += ended(Some(batch));
        }
        worked
    }

    /// Works, a batch after the other, until nothing is received.
    pub(super) async fn drain(self: Arc<Self>, stop: watch::Receiver<bool>) -> Result<Worked, BrokerError> {
        let mut worked = Worked::default();
        let mut failed = 0;
        loop {
            match self.receive().await {
                Ok(letters) if letters.is_empty() => return Ok(worked),
                Ok(letters) => {
                    failed = 0;
                    worked += Arc::clone(&self).take(letters, stop.clone()).await;
                }
                Err(error) => {
                    failed += 1;
                    if !error.is_transient() || failed >= self.settings.receive.attempts {
                        return Err(error);
                    }
                    self.settings.receive.pause(failed).await;
                }
            }
        }
    }

    /// How many messages its queue has, those in somebody's hands included.
    pub(super) async fn backlog(&self) -> Result<u64, BrokerError> {
        self.queue.backlog().await
    }

    async fn receive(&self) -> Result<Vec<Letter>, BrokerError> {
        self.queue.receive(self.settings.wait, self.settings.visibility).await
    }

    /// Takes a batch to the subscribers and does what they say. Where `stop` comes, and the time of grace is
    /// over before they are, what they have not done goes back.
    async fn take(self: Arc<Self>, letters: Vec<Letter>, mut stop: watch::Receiver<bool>) -> Worked {
        let received: Vec<_> = letters.iter().map(Letter::received).collect();
        let held = Held::of(&self.queue, self.settings.visibility, &letters);
        let verdicts = tokio::select! {
            verdicts = self.consumer.take_until(&received, self.end_of_grace(&mut stop)) => verdicts,
            never = held.keep() => match never {},
        };
        let (gone, back, worked) = self.sort_out(&letters, verdicts).await;
        held.delete(&gone).await;
        if let Some(receives) = back.iter().map(|letter| letter.receives).max() {
            // All at once: a commit that waits behind another one must not be there before it. Whoever stops
            // keeps nobody else waiting.
            let wait = match *stop.borrow() {
                true => Duration::ZERO,
                false => self.settings.comes_back_after(receives),
            };
            held.hand_back(wait).await;
        }
        worked
    }

    async fn end_of_grace(&self, stop: &mut watch::Receiver<bool>) {
        stopped(stop).await;
        tokio::time::sleep(self.settings.grace).await;
    }

    /// Sends the dead ones on; returns what is to be deleted, and what is to go back.
    async fn sort_out<'a>(
        &self,
        letters: &'a [Letter],
        verdicts: Vec<Verdict>,
    ) -> (Vec<&'a Letter>, Vec<&'a Letter>, Worked) {
        let mut worked = Worked::default();
        let (mut gone, mut back) = (Vec::with_capacity(letters.len()), Vec::new());
        let mut refused = false;
        for (letter, verdict) in letters.iter().zip(verdicts) {
            match verdict {
                Verdict::Done => {
                    worked.done += 1;
                    gone.push(letter);
                }
                // Sent first, deleted then: there twice is better than nowhere.
                Verdict::Dead { reason } if !refused => match self.dead.send(letter, &reason).await {
                    Ok(()) => {
                        worked.dead += 1;
                        gone.push(letter);
                    }
                    Err(error) => {
                        tracing::error!(queue = self.queue.name(), %error, reason, "a dead letter stays");
                        refused = true;
                        back.push(letter);
                    }
                },
                // What follows a letter that stays may be of its stream, and must not get there before it.
                Verdict::Dead { .. } | Verdict::Retry { .. } => back.push(letter),
            }
        }
        worked.returned = back.len() as u64;
        (gone, back, worked)
    }
}

/// Resolves when the worker is to stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn ended(batch: Option<Result<Worked, tokio::task::JoinError>>) -> Worked {
    match batch {
        Some(Ok(worked)) => worked,
        Some(Err(error)) => {
            // Handlers that panic are caught before. The messages come back when their time is over.
            tracing::error!(%error, "the task of a batch ended early");
            Worked::default()
        }
        None => Worked::default(),
    }
}
