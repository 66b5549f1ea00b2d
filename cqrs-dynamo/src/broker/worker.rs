use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::ops::AddAssign;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, RetryPolicy};
use cqrs_core::spi::has_timers;
use cqrs_core::supervisor::{Outage, Supervised, supervise};
use futures_util::future::{BoxFuture, join_all};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::dead_letter_queue::DeadLetterQueue;
use super::queue_worker::QueueWorker;
use super::sparing::sparing;
use super::{Broker, BrokerError, sweeping};

/// When a worker that found another one redriving asks again.
const TURN_AGAIN: Duration = Duration::from_secs(10);

/// Delivers the messages of an app's queues to its handlers and projections, in this process.
///
/// A finished message is deleted. A failed one comes back after a while. After as many failures as
/// [`Settings::delivery`](cqrs_core::app::Settings::delivery) allows, it goes to the queue's dead letters, and at once if another
/// attempt is pointless; the attribute `reason` says why. A handler with `retry(…)` has limits of its own. Several workers may share the queues.
///
/// Each stream is processed separately: one that hangs, or waits for a lease, holds up no other, and finished messages are
/// deleted at once.
///
/// If the program has commands that can wait, the worker also executes those that are due, independent of its
/// [`queues`](Worker::queues): it looks for them every [`Settings::timer_poll`](cqrs_core::app::Settings::timer_poll).
///
/// ```no_run
/// # use cqrs_dynamo::{Broker, BrokerError};
/// # async fn example(app: cqrs_core::App, broker: Broker) -> Result<(), BrokerError> {
/// let worked = broker
///     .worker(&app)
///     .queues(["Mailer"])
///     .settings(|settings| settings.batches = 1)
///     .run(async { /* until a signal arrives */ })
///     .await?;
/// println!("{} done, {} dead", worked.done, worked.dead);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "call `run()` or `run_until_idle()`"]
pub struct Worker {
    broker: Broker,
    app: App,
    queues: Option<Vec<String>>,
    settings: WorkerSettings,
}

/// Settings of a [`Worker`]. The defaults are meant for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerSettings {
    /// How long a receive waits for messages, in whole seconds up to 20. Default 20 seconds. With zero, an empty queue is asked
    /// again after [`Settings::poll`](cqrs_core::app::Settings::poll).
    pub wait: Duration,
    /// How long a received message stays hidden, in whole seconds up to 12 hours: after this time another worker takes over from
    /// one that died. Extended while a handler runs, up to its time limit. Default 30 seconds.
    pub visibility: Duration,
    /// How many streams may have messages in hand at the same time, per queue, in tens: at this limit, nothing is received until
    /// one is done. How many of them are processed at once is the `concurrency` of the queue's subscribers. Messages for a busy
    /// stream wait, up to 4,096 messages and 16 MB. Default 4.
    pub batches: usize,
    /// When a failed message comes back, in whole seconds: a random time up to this limit, which doubles with every receive.
    /// Default 5 seconds. A handler with `retry(…)` says itself when its events come back.
    pub backoff: Duration,
    /// The upper limit of `backoff`. Default 5 minutes. A message with over 400 receives comes back after an hour or more: after
    /// 1,000 receives SQS moves it to the dead letters.
    pub longest_backoff: Duration,
    /// How a failed receive is retried. [`Worker::run`] does not give up after `attempts`, [`Worker::run_until_idle`] does.
    /// Default 5 times, up to 30 seconds apart.
    pub receive: RetryPolicy,
    /// How long handlers may continue after the shutdown; then their messages go back. Default 20 seconds.
    pub grace: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(20),
            visibility: Duration::from_secs(30),
            batches: 4,
            backoff: Duration::from_secs(5),
            longest_backoff: Duration::from_secs(300),
            receive: RetryPolicy {
                attempts: 5,
                base: Duration::from_millis(250),
                cap: Duration::from_secs(30),
            },
            grace: Duration::from_secs(20),
        }
    }
}

impl WorkerSettings {
    /// When a message with this receive count comes back; `after` is what its handler says.
    pub(super) fn comes_back_after(&self, receives: u32, after: Option<Duration>) -> Duration {
        let backoff = RetryPolicy { attempts: 1, base: self.backoff, cap: self.longest_backoff };
        sparing(after.unwrap_or_else(|| backoff.wait(receives)), receives)
    }
}

/// What a worker did, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Worked {
    /// How many were finished and deleted.
    pub done: u64,
    /// How many went back into their queue: to be retried, to wait behind another one, or because the worker was stopped.
    pub returned: u64,
    /// How many became dead letters.
    pub dead: u64,
}

impl Worked {
    /// How many were received.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.done + self.returned + self.dead
    }
}

impl AddAssign for Worked {
    fn add_assign(&mut self, other: Self) {
        self.done += other.done;
        self.returned += other.returned;
        self.dead += other.dead;
    }
}

impl Worker {
    pub(super) fn new(broker: &Broker, app: &App) -> Self {
        Self { broker: broker.clone(), app: app.clone(), queues: None, settings: WorkerSettings::default() }
    }

    /// Works only on these queues, by their names in the app's wiring.
    pub fn queues<'a>(mut self, queues: impl IntoIterator<Item = &'a str>) -> Self {
        self.queues = Some(queues.into_iter().map(str::to_owned).collect());
        self
    }

    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut WorkerSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Works until `shutdown` is ready, then finishes what it holds, or gives it back after [`WorkerSettings::grace`]. A receive
    /// in flight is cancelled: its messages come back when their [`visibility`](WorkerSettings::visibility) is over. For
    /// services: if SQS is throttled or cannot be reached, it waits and continues.
    ///
    /// # Errors
    /// Only at the start: [`BrokerError::Missing`] and [`BrokerError::Faults`], and [`BrokerError::Delivery`] for a queue that
    /// the app does not have.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Worked, BrokerError> {
        self.work_until(Box::pin(shutdown)).await
    }

    /// In a box, so that the worker is compiled here, and not again in each program.
    fn work_until<'a>(
        &'a self,
        mut shutdown: BoxFuture<'a, ()>,
    ) -> BoxFuture<'a, Result<Worked, BrokerError>> {
        Box::pin(async move {
            let mut opening = Opening { worker: self, queues: None };
            supervise(&mut opening, &mut shutdown).await?;
            // It was stopped before it could begin.
            let Some(queues) = opening.queues else { return Ok(Worked::default()) };
            let letters = self.dead_letters(&queues)?;
            let (stop, stopping) = watch::channel(false);
            let mut tasks: JoinSet<_> = queues
                .into_iter()
                .map(|queue| queue.serve(self.app.settings().poll, stopping.clone()))
                .collect();
            let mut worked = Worked::default();
            tokio::select! {
                () = shutdown => {}
                never = self.keep_redriving(letters) => match never {},
                never = sweeping::keep_sweeping(&self.app) => match never {},
                // No queue ends before it is stopped, unless it panics.
                Some(ended) = tasks.join_next() => worked += ended.map_err(early)?,
            }
            stop.send_replace(true);
            while let Some(ended) = tasks.join_next().await {
                worked += ended.map_err(early)?;
            }
            Ok(worked)
        })
    }

    /// Works until its queues are empty, including messages in flight elsewhere: it waits for failed messages. Due commands are
    /// executed; it waits for the effects of their events as far as these are in the queues. For programs that end, and for
    /// tests.
    ///
    /// On AWS the counts of SQS lag behind: it may miss a message that was sent within the last minute.
    ///
    /// # Errors
    /// As [`Worker::run`], and [`BrokerError::Request`]; nothing is lost, and the next run continues.
    pub async fn run_until_idle(&self) -> Result<Worked, BrokerError> {
        let queues = self.open().await?;
        for letters in self.dead_letters(&queues)? {
            letters.redrive_newer(std::future::pending()).await?;
        }
        // Dropped with this future and not earlier: dropping it stops the queues.
        let (_stop, stopping) = watch::channel(false);
        let mut was_empty = false;
        let mut worked = Worked::default();
        loop {
            let mut tasks: JoinSet<_> =
                queues.iter().map(|queue| Arc::clone(queue).drain(stopping.clone())).collect();
            let mut pass = Worked::default();
            let mut failure = None;
            while let Some(ended) = tasks.join_next().await {
                match ended.map_err(early)? {
                    Ok(drained) => pass += drained,
                    Err(error) => failure = Some(error),
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
            worked += pass;
            let fired = if has_timers() { self.app.sweep().await?.fired } else { 0 };
            if pass.received() > 0 || fired > 0 {
                // The handlers of one queue may have filled another queue.
                was_empty = false;
                continue;
            }
            let mut left = 0;
            for queue in &queues {
                left += queue.backlog().await?;
            }
            // Twice: a message whose time runs out during the count may be missing in every count.
            if left == 0 && was_empty {
                for queue in &queues {
                    queue.settle(true).await;
                    queue.build().await?;
                }
                return Ok(worked);
            }
            was_empty = left == 0;
            tokio::time::sleep(self.app.settings().poll).await;
        }
    }

    async fn open(&self) -> Result<Vec<Arc<QueueWorker>>, BrokerError> {
        let names: BTreeSet<&str> = match &self.queues {
            Some(queues) => queues.iter().map(String::as_str).collect(),
            None => self.app.wiring().subscribers.iter().map(|subscriber| subscriber.queue).collect(),
        };
        let mut queues = Vec::with_capacity(names.len());
        for queue in names {
            queues.push(Arc::new(QueueWorker::open(&self.broker, &self.app, queue, self.settings).await?));
        }
        Ok(queues)
    }

    fn dead_letters(&self, queues: &[Arc<QueueWorker>]) -> Result<Vec<DeadLetterQueue>, BrokerError> {
        queues.iter().map(|queue| queue.dead_letters(&self.app)).collect()
    }

    /// Redrives what an older program did not know, once per queue: this program may know it.
    async fn keep_redriving(&self, letters: Vec<DeadLetterQueue>) -> Infallible {
        let queues = letters.into_iter().map(|letters| async move {
            let mut redriving = Redriving { letters, receive: self.settings.receive };
            if let Err(error) = supervise(&mut redriving, std::future::pending()).await {
                let queue = redriving.letters.queue();
                tracing::warn!(queue, %error, "the dead letters for a newer program cannot be read");
            }
        });
        join_all(queues).await;
        std::future::pending().await
    }
}

/// The look-up of a worker's queues.
struct Opening<'a> {
    worker: &'a Worker,
    queues: Option<Vec<Arc<QueueWorker>>>,
}

impl Supervised for Opening<'_> {
    type Error = BrokerError;
    const NAME: &'static str = "look-up of the queues";

    async fn work<S: Future<Output = ()> + Send>(&mut self, stop: Pin<&mut S>) -> Result<(), BrokerError> {
        tokio::select! {
            opened = self.worker.open() => self.queues = Some(opened?),
            () = stop => {}
        }
        Ok(())
    }

    fn outage(&self, error: &BrokerError) -> Option<Outage> {
        error.is_transient().then_some(Outage::Passing)
    }

    fn progress(&self) -> u64 {
        0
    }

    fn pause(&self, failures: u32) -> Duration {
        self.worker.settings.receive.wait(failures)
    }
}

/// The redrive of what an older program did not know, on one queue.
struct Redriving {
    letters: DeadLetterQueue,
    receive: RetryPolicy,
}

impl Supervised for Redriving {
    type Error = BrokerError;
    const NAME: &'static str = "redrive for a newer program";

    async fn work<S: Future<Output = ()> + Send>(&mut self, _: Pin<&mut S>) -> Result<(), BrokerError> {
        while self.letters.redrive_newer(std::future::pending()).await?.is_none() {
            tokio::time::sleep(TURN_AGAIN).await;
        }
        Ok(())
    }

    fn outage(&self, error: &BrokerError) -> Option<Outage> {
        error.is_transient().then_some(Outage::Passing)
    }

    fn progress(&self) -> u64 {
        0
    }

    fn pause(&self, failures: u32) -> Duration {
        self.receive.wait(failures)
    }
}

fn early(_: tokio::task::JoinError) -> BrokerError {
    BrokerError::Delivery(DeliveryError::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_handler_says_is_when_its_message_comes_back() {
        let settings = WorkerSettings::default();
        let said = Duration::from_secs(900);
        assert_eq!(settings.comes_back_after(1, Some(said)), said);
        assert!(settings.comes_back_after(1, None) <= settings.backoff);
        assert!(settings.comes_back_after(401, Some(said)) > said, "its receives are not used up");
    }
}
