use cqrs_core::App;
use cqrs_core::delivery::{DeadLetter, DeadLetters, LetterId, Redriven};

use super::{Broker, BrokerError, DeadLetterQueues};

/// The dead letters of one queue, with the methods of [`Broker::dead_letter_queues`].
#[derive(Debug)]
pub struct QueueDeadLetters {
    letters: DeadLetters<DeadLetterQueues>,
    queue: String,
}

impl QueueDeadLetters {
    /// As [`DeadLetters::of`].
    ///
    /// # Errors
    /// [`BrokerError::Request`].
    pub async fn list(&self) -> Result<Vec<DeadLetter>, BrokerError> {
        self.letters.of(&self.queue).await
    }

    /// As [`DeadLetters::redrive`].
    ///
    /// # Errors
    /// [`BrokerError::Request`]; nothing is lost: letters that are not deleted come back.
    pub async fn redrive(&self) -> Result<Redriven, BrokerError> {
        self.letters.redrive(&self.queue).await
    }

    /// As [`DeadLetters::discard`].
    ///
    /// # Errors
    /// [`BrokerError::NoSuchLetter`], [`BrokerError::Request`], [`BrokerError::Delivery`].
    pub async fn discard(&self, id: &LetterId, reason: &str) -> Result<(), BrokerError> {
        self.letters.discard(id, reason).await
    }
}

impl Broker {
    /// The dead letters of one queue of an app.
    ///
    /// # Errors
    /// [`BrokerError::Missing`] if the queue does not exist, [`BrokerError::Delivery`] if the app has no queue of this name,
    /// [`BrokerError::Faults`], [`BrokerError::Request`].
    #[deprecated(
        note = "use `dead_letter_queues`, whose methods take the queue as those of `App::dead_letters` take the subscriber"
    )]
    pub async fn dead_letters(&self, app: &App, queue: &str) -> Result<QueueDeadLetters, BrokerError> {
        let queues = DeadLetterQueues::new(self, app);
        queues.check(queue).await?;
        Ok(QueueDeadLetters { letters: DeadLetters::new(queues), queue: queue.to_owned() })
    }
}
