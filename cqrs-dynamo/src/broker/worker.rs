use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::Future;
use std::ops::AddAssign;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::{DeliveryError, RetryPolicy};
use cqrs_core::spi::has_timers;
use cqrs_core::supervisor::{Outage, Supervised, supervise};
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::dead_letter_queue::DeadLetterQueue;
use super::queue_worker::QueueWorker;
use super::sparing::sparing;
use super::{Broker, BrokerError, sweeping};

/// When a worker asks again that found another one redriving.
const TURN_AGAIN: Duration = Duration::from_secs(10);

/// Takes what the queues of an app receive to its handlers and projections, in this process.
///
/// What is done is deleted. What fails comes back after a while, and goes to the queue's dead letters after
/// as many failures as [`Settings::delivery`](cqrs_core::app::Settings::delivery) allows, at once where
/// another try is pointless; the attribute `reason` says why. Several workers may share the queues.
///
/// Each stream is taken by itself: one that hangs, or waits for a lease, holds up no other one, and what is done is deleted
/// at once.
///
/// Where the program has commands that can wait, it executes those that are due as well, whatever
/// [`queues`](Worker::queues) it works on: it looks for them every [`Settings::timer_poll`](cqrs_core::app::Settings::timer_poll).
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

/// What can be tuned about a [`Worker`]. The defaults are meant for production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerSettings {
    /// How long a receive waits for messages, in whole seconds up to 20. Default 20 seconds. With none, an
    /// empty queue is asked again after [`Settings::poll`](cqrs_core::app::Settings::poll).
    pub wait: Duration,
    /// How long a message that was received stays out of others' sight, in whole seconds up to 12 hours: what
    /// it takes until the work of a worker that died is taken up. Extended for as long as a handler runs, which its time limit
    /// ends.
    /// Default 30 seconds.
    pub visibility: Duration,
    /// How many streams have messages in hand at the same time, per queue, in tens: with as many, nothing is received until one
    /// is done. How many of them are in work is the `concurrency` of the queue's subscribers. What comes for a stream in work
    /// waits for it, up to 4,096 messages and 16 MB. Default 4.
    pub batches: usize,
    /// When a message that failed comes back, in whole seconds: a random time up to this one, which doubles
    /// with every receive. Default 5 seconds.
    pub backoff: Duration,
    /// What `backoff` does not grow beyond. Default 5 minutes. A message that was received over 400 times comes back after an
    /// hour or more: SQS counts up to 1,000, and puts it away then.
    pub longest_backoff: Duration,
    /// How a receive that failed is tried again. [`Worker::run`] does not give up after its `attempts`,
    /// [`Worker::run_until_idle`] does. Default 5 times, up to 30 seconds apart.
    pub receive: RetryPolicy,
    /// How long handlers may go on after the shutdown; then their messages go back. Default 20 seconds.
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
    /// When a message comes back that has been received so often.
    pub(super) fn comes_back_after(&self, receives: u32) -> Duration {
        let backoff = RetryPolicy { attempts: 1, base: self.backoff, cap: self.longest_backoff };
        sparing(backoff.wait(receives), receives)
    }
}

/// What a worker did, in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Worked {
    /// How many were done and deleted.
    pub done: u64,
    /// How many went back into their queue: to be tried again, to wait behind another one, or because the
    /// worker was stopped.
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

    /// Works on these queues only, by their names in the app's wiring.
    pub fn queues<'a>(mut self, queues: impl IntoIterator<Item = &'a str>) -> Self {
        self.queues = Some(queues.into_iter().map(str::to_owned).collect());
        self
    }

    /// Changes the settings.
    pub fn settings(mut self, change: impl FnOnce(&mut WorkerSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Works until `shutdown` is ready, then finishes what it holds, or gives it back after
    /// [`WorkerSettings::grace`]. A receive on its way is given up: what it would have brought comes back
    /// when its [`visibility`](WorkerSettings::visibility) is over. For services: where SQS is throttled or
    /// cannot be reached it waits and goes on.
    ///
    /// # Errors
    /// Before it begins: [`BrokerError::Missing`] and [`BrokerError::Faults`], and [`BrokerError::Delivery`]
    /// for a queue that the app does not have.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Worked, BrokerError> {
        let mut shutdown = pin!(shutdown);
        let mut opening = Opening { worker: self, queues: None };
        supervise(&mut opening, shutdown.as_mut()).await?;
        // It was told to stop before it could begin.
        let Some(queues) = opening.queues else { return Ok(Worked::default()) };
        let letters = self.dead_letters(&queues)?;
        let (stop, stopping) = watch::channel(false);
        let mut tasks: JoinSet<_> =
            queues.into_iter().map(|queue| queue.serve(self.app.settings().poll, stopping.clone())).collect();
        let mut worked = Worked::default();
        tokio::select! {
            () = shutdown => {}
            never = self.keep_redriving(letters) => match never {},
            never = sweeping::keep_sweeping(&self.app) => match never {},
            // None ends before it is told to, unless it panics.
            Some(ended) = tasks.join_next() => worked += ended.map_err(early)?,
        }
        stop.send_replace(true);
        while let Some(ended) = tasks.join_next().await {
            worked += ended.map_err(early)?;
        }
        Ok(worked)
    }

    /// Works until its queues are empty, what others have in their hands included: a message that failed is
    /// waited for. Commands that are due are executed; what their events set off is waited for as far as it is in the queues. For
    /// programs that end, and for tests.
    ///
    /// On AWS the counts of SQS lag behind: a message that was sent within the last minute may be missed.
    ///
    /// # Errors
    /// As [`Worker::run`], and [`BrokerError::Request`]; nothing is lost, the next run goes on.
    pub async fn run_until_idle(&self) -> Result<Worked, BrokerError> {
        let queues = self.open().await?;
        for letters in self.dead_letters(&queues)? {
            letters.redrive_newer(std::future::pending()).await?;
        }
        // Dropped with this future, and not before: it would stop the queues.
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
                // One queue's handlers may have filled another's.
                was_empty = false;
                continue;
            }
            let mut left = 0;
            for queue in &queues {
                left += queue.backlog().await?;
            }
            // Twice: a message whose time runs out while the queue counts may be in none of its counts.
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

    /// Redrives what an older program did not know, once per queue: this one may.
    async fn keep_redriving(&self, letters: Vec<DeadLetterQueue>) -> Infallible {
        let queues = letters.into_iter().map(|letters| async move {
            let mut redriving = Redriving { letters, receive: self.settings.receive };
            if let Err(error) = supervise(&mut redriving, std::future::pending()).await {
                let queue = redriving.letters.queue();
                tracing::warn!(queue, %error, "the dead letters for a newer program are not looked at");
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
