use std::time::Duration;

use cqrs_core::App;
use cqrs_core::delivery::{DeadLetter, DeadLetterStore, DeadLetters, LetterId, Redriven};

use super::dead_letter_queue::{self, DeadLetterQueue, WAIT};
use super::queue::Queue;
use super::{Broker, BrokerError};
use crate::topology;

/// The dead letters of an app behind a broker, in their own SQS queues: see [`Broker::dead_letter_queues`].
///
/// Listing receives them: during that time they are hidden from others, and the AWS console counts them as in flight. A FIFO
/// queue shows at most ten of each stream at once. A letter that failed again has the new reason (in a FIFO queue only the log
/// has it: a letter can keep its place there only unchanged).
///
/// A letter that another receiver has in hand is not listed, and discarding it is [`BrokerError::NoSuchLetter`]. A queue that
/// does not exist is [`BrokerError::Missing`].
#[derive(Debug, Clone)]
pub struct DeadLetterQueues {
    broker: Broker,
    app: App,
    wait: Duration,
}

impl DeadLetterQueues {
    /// The dead letters of all queues of an app's wiring.
    #[must_use]
    pub fn new(broker: &Broker, app: &App) -> Self {
        Self { broker: broker.clone(), app: app.clone(), wait: WAIT }
    }

    /// How long a receive waits before it takes the queue for empty, in whole seconds up to 20. Default 1 second: without
    /// waiting, SQS may miss some letters.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use cqrs_core::delivery::DeadLetters;
    /// # use cqrs_dynamo::{Broker, BrokerError, DeadLetterQueues};
    /// # async fn example(app: cqrs_core::App, broker: Broker) -> Result<(), BrokerError> {
    /// let queues = DeadLetterQueues::new(&broker, &app).wait(Duration::from_secs(5));
    /// let letters = DeadLetters::new(queues).list().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Whether the queue exists.
    pub(super) async fn check(&self, queue: &str) -> Result<(), BrokerError> {
        self.queue(queue).await.map(|_| ())
    }

    async fn queue(&self, queue: &str) -> Result<DeadLetterQueue, BrokerError> {
        let consumer = self.app.consumer(queue)?;
        Ok(DeadLetterQueue::new(consumer, self.find(queue).await?).wait(self.wait))
    }

    async fn find(&self, queue: &str) -> Result<Queue, BrokerError> {
        Queue::find(&self.broker.sqs, self.broker.dead_letters_name(queue)?).await
    }
}

impl DeadLetterStore for DeadLetterQueues {
    type Error = BrokerError;

    fn names(&self) -> Vec<String> {
        topology::events_by_queue(&self.app.wiring().subscribers).into_keys().map(str::to_owned).collect()
    }

    async fn of(&self, queue: &str) -> Result<Vec<DeadLetter>, BrokerError> {
        dead_letter_queue::list(queue, &self.find(queue).await?, self.wait).await
    }

    async fn redrive(&self, queue: &str) -> Result<Redriven, BrokerError> {
        self.queue(queue).await?.redrive().await
    }

    async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), BrokerError> {
        self.queue(&id.subscriber).await?.discard(id, reason).await
    }

    async fn discarded(&self, projection: &str) -> Result<Vec<DeadLetter>, BrokerError> {
        Ok(self.app.dead_letters().discarded(projection).await?)
    }

    /// For an orphaned queue. [`OrphanedQueue::hand_over`](super::OrphanedQueue::hand_over) moves its messages, and the dead
    /// letters with them.
    async fn hand_over(&self, old: &str, new: &str) -> Result<u64, BrokerError> {
        self.broker.orphan(&self.app, old).await?.hand_over_dead_letters(new).await
    }
}

impl Broker {
    /// The dead letters of the queues of an app, by queue: [`DeadLetters`] has the same methods as for [`App::dead_letters`].
    ///
    /// ```no_run
    /// # use cqrs_dynamo::{Broker, BrokerError};
    /// # async fn example(app: cqrs_core::App, broker: Broker) -> Result<(), BrokerError> {
    /// let letters = broker.dead_letter_queues(&app);
    /// for letter in letters.of("Mailer").await? {
    ///     println!("{} {:?} {}", letter.id.sk, letter.types(), letter.reason);
    /// }
    /// let redriven = letters.redrive("Mailer").await?;
    /// println!("{} done, {} left", redriven.done, redriven.left);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn dead_letter_queues(&self, app: &App) -> DeadLetters<DeadLetterQueues> {
        DeadLetters::new(DeadLetterQueues::new(self, app))
    }
}
