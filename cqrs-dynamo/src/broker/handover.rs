use std::collections::BTreeSet;

use cqrs_core::delivery::DeliveryError;
use futures_util::{StreamExt, stream};

use super::dead_letter_queue::{HIDDEN, Opened, WAIT, holding};
use super::held::Held;
use super::queue::Queue;
use super::{BrokerError, OrphanedQueue};
use crate::topology;

/// How many messages of a standard queue are moved at a time. Those of a FIFO queue are moved one by one.
const SENDS: usize = 10;

/// What happened to an orphaned queue's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HandedOver {
    /// How many messages went to the queue that takes over.
    pub messages: u64,
    /// How many dead letters went to its dead letters.
    pub dead_letters: u64,
    /// Approximately how many are left: a worker of the earlier version has them in hand, or no subscriber of the new queue
    /// listens to their events.
    pub left: u64,
}

impl OrphanedQueue {
    /// Moves the messages to another queue of the app, and the dead letters to that queue's dead letters, to be
    /// [redriven](cqrs_core::delivery::DeadLetters::redrive). Use it after a handler or a projection was renamed. After a
    /// rollback, the earlier program moves them back with the same call.
    ///
    /// The topic no longer sends to the orphaned queue; the other one gets later messages by its own subscription. Each message
    /// is sent before it is deleted, so a crash or an error in between loses nothing: repeat the call to continue. A message may
    /// then exist twice. What the topic has sent to both queues is also handled twice, unless the handler has `once`; an inbox
    /// belongs to the name of its handler, and does not know what was handled under the earlier name. The receive count of a
    /// message, and the time that it waits for a newer program, start again.
    ///
    /// A message stays where it is if no subscriber of the new queue listens to its events (in a FIFO queue with everything
    /// behind it in its stream). It is counted in [`HandedOver::left`]. Messages also stay while another receiver has a dead
    /// letter in hand: repeat the call later to move them.
    ///
    /// A renamed projection has new views under the new name. They need a replay, like those of any new projection. After a
    /// rollback, so do those of the old name. [`App::unreplayed`](cqrs_core::App::unreplayed) lists both.
    ///
    /// Streams that a dead letter holds back are held back on the new queue instead. Commits that the new queue has handled by
    /// then were handled before the dead letter. If the new queue belongs to a subscriber of the same name, it also gets what the
    /// delivery table has under the old name, by [`DeadLetters::hand_over`](cqrs_core::delivery::DeadLetters::hand_over).
    ///
    /// It needs `sns:Unsubscribe`; `sqs:ReceiveMessage`, `sqs:ChangeMessageVisibility`, `sqs:DeleteMessage` and
    /// `sqs:GetQueueAttributes` on the old queues; `sqs:GetQueueUrl` and `sqs:SendMessage` on the new ones; and write access to
    /// the delivery table.
    ///
    /// # Errors
    /// [`BrokerError::Delivery`] if the app has no queue `to`, [`BrokerError::Missing`] if it does not exist yet, and
    /// [`BrokerError::NotSubscribed`] if the topic does not send to it: nothing is moved then. [`BrokerError::Request`], and
    /// [`BrokerError::Delivery`] for the delivery table.
    pub async fn hand_over(&self, to: &str) -> Result<HandedOver, BrokerError> {
        let (broker, wiring) = (&self.broker, self.app.wiring());
        self.app.consumer(to)?;
        let queue = Queue::find(&broker.sqs, broker.queue_name(to)?).await?;
        let dead = Queue::find(&broker.sqs, broker.dead_letters_name(to)?).await?;
        let subscriptions = broker.subscriptions(&broker.topic_arn().await?).await?;
        if !subscriptions.keys().any(|endpoint| endpoint.rsplit(':').next() == Some(queue.name())) {
            return Err(BrokerError::NotSubscribed { queue: to.to_owned() });
        }
        self.unsubscribe().await?;
        let wanted = topology::events_by_queue(&wiring.subscribers).remove(to).unwrap_or_default();
        let mut handed_over = HandedOver::default();
        // Dead letters first: their streams are then held back before later messages arrive.
        if let Some(from) = &self.dead {
            handed_over.dead_letters = self.move_all(from, &dead, &wanted, Some(to)).await?;
        }
        // A letter that another receiver has in hand holds its stream back, and its stream is not known here.
        let in_hand = match &self.dead {
            Some(dead) => dead.described().await?.map_or(0, |described| described.in_hand),
            None => 0,
        };
        if let Some(from) = self.queue.as_ref().filter(|_| in_hand == 0) {
            handed_over.messages = self.move_all(from, &queue, &wanted, None).await?;
        }
        if wiring.subscribers.iter().any(|subscriber| subscriber.name == to) {
            self.app.dead_letters().hand_over(&self.name, to).await?;
        }
        let (messages, dead_letters) = self.count().await?;
        handed_over.left = messages + dead_letters;
        tracing::info!(
            queue = self.name,
            to,
            handed_over.messages,
            handed_over.dead_letters,
            handed_over.left,
            "queue handed over"
        );
        Ok(handed_over)
    }

    /// Moves only the dead letters to another queue of the app, and returns their number.
    pub(super) async fn hand_over_dead_letters(&self, to: &str) -> Result<u64, BrokerError> {
        self.app.consumer(to)?;
        let Some(from) = &self.dead else { return Ok(0) };
        let dead = Queue::find(&self.broker.sqs, self.broker.dead_letters_name(to)?).await?;
        let wanted = topology::events_by_queue(&self.app.wiring().subscribers).remove(to).unwrap_or_default();
        self.move_all(from, &dead, &wanted, Some(to)).await
    }

    /// Removes the subscription, the queue and the queue of its dead letters, if they are empty.
    ///
    /// It needs `sns:Unsubscribe`, `sqs:GetQueueAttributes`, `sqs:ReceiveMessage` and `sqs:DeleteQueue`, and read and write
    /// access to the delivery table. If a CloudFormation stack still has the queue in its template, remove it there.
    ///
    /// # Errors
    /// [`BrokerError::NotEmpty`]; if messages came only during the removal, the subscription is already gone.
    /// [`BrokerError::Request`].
    pub async fn remove(&self) -> Result<(), BrokerError> {
        let (messages, dead_letters) = self.count().await?;
        self.refuse_where(messages, dead_letters)?;
        self.unsubscribe().await?;
        // The counts of SQS lag behind: only a receive is reliable.
        let (messages, dead_letters) =
            (received(self.queue.as_ref()).await?, received(self.dead.as_ref()).await?);
        self.refuse_where(messages, dead_letters)?;
        self.delete().await
    }

    /// The same, with all messages and dead letters. The events are still in the store, but nothing records any more that the
    /// subscriber has not handled them.
    ///
    /// It needs `sqs:ChangeMessageVisibility` and `sqs:DeleteMessage` as well, and write access to the delivery table: streams
    /// that its dead letters hold back flow again if the queue ever comes back.
    ///
    /// # Errors
    /// [`BrokerError::Request`], [`BrokerError::Delivery`] for the delivery table; repeat the call to continue.
    pub async fn remove_with_messages(&self) -> Result<(), BrokerError> {
        self.unsubscribe().await?;
        let mut removed = 0;
        for queue in self.dead.iter().chain(&self.queue) {
            removed += self.discard_all(queue).await?;
        }
        tracing::warn!(queue = self.name, messages = removed, "orphaned queue removed with its messages");
        self.delete().await
    }

    fn refuse_where(&self, messages: u64, dead_letters: u64) -> Result<(), BrokerError> {
        match messages + dead_letters {
            0 => Ok(()),
            _ => Err(BrokerError::NotEmpty { queue: self.name.clone(), messages, dead_letters }),
        }
    }

    async fn unsubscribe(&self) -> Result<(), BrokerError> {
        let Some(subscription) = &self.subscription else { return Ok(()) };
        // If a rollback brings back a projection of this name with its own queue, it has missed what is committed from now on.
        self.app.note_absence(&self.name).await?;
        // SNS reports no error if the subscription does not exist.
        let sent = self.broker.sns.unsubscribe().subscription_arn(subscription).send().await;
        sent.map_err(|error| BrokerError::request("unsubscribe", &self.name, error))?;
        Ok(())
    }

    /// The queue first: until it is gone, SQS may still move messages to its dead letters.
    async fn delete(&self) -> Result<(), BrokerError> {
        for queue in self.queue.iter().chain(&self.dead) {
            queue.remove().await?;
        }
        Ok(())
    }

    /// The current number of messages, and of dead letters.
    async fn count(&self) -> Result<(u64, u64), BrokerError> {
        let mut counts = [0, 0];
        for (count, queue) in counts.iter_mut().zip([&self.queue, &self.dead]) {
            if let Some(queue) = queue {
                *count = queue.described().await?.map_or(0, |described| described.messages);
            }
        }
        let [messages, dead_letters] = counts;
        Ok((messages, dead_letters))
    }

    /// Moves what can be received into another queue, and counts it. Dead letters are parked on the new queue.
    async fn move_all(
        &self,
        from: &Queue,
        to: &Queue,
        wanted: &BTreeSet<&str>,
        parked_on: Option<&str>,
    ) -> Result<u64, BrokerError> {
        let held = Held::new(from, HIDDEN);
        let held = &held;
        holding(held, async {
            let mut moved = 0;
            loop {
                let letters = held.receive(WAIT).await?;
                if letters.is_empty() {
                    return Ok(moved);
                }
                // A message without a commit is moved as well: the new queue decides about it.
                let is_wanted = |opened: &Opened| {
                    opened.types.is_empty() || opened.types.iter().any(|name| wanted.contains(name.as_str()))
                };
                let letters: Vec<_> = letters.into_iter().map(Opened::from).filter(is_wanted).collect();
                let at_a_time = if from.is_fifo() { 1 } else { SENDS };
                let sends: Vec<_> =
                    letters.iter().map(|opened| self.send_on(opened, to, parked_on)).collect();
                let mut sends = stream::iter(sends).buffered(at_a_time);
                let (mut sent, mut failure) = (0, None);
                // In a FIFO queue nothing may overtake a message that could not be sent.
                while let Some(outcome) = sends.next().await {
                    match outcome {
                        Ok(()) => sent += 1,
                        Err(error) => {
                            failure = Some(error);
                            break;
                        }
                    }
                }
                drop(sends);
                moved += sent as u64;
                self.take_away(held, letters.get(..sent).unwrap_or_default()).await?;
                if let Some(error) = failure {
                    return Err(error);
                }
            }
        })
        .await
    }

    async fn send_on(&self, opened: &Opened, to: &Queue, parked_on: Option<&str>) -> Result<(), BrokerError> {
        let reason = opened.letter.reason();
        // A letter that SQS itself has moved here holds nothing back.
        if let (Some(queue), Some(_)) = (parked_on, reason) {
            self.app.dead_letters().park(&opened.id(queue)).await?;
        }
        to.send(&opened.letter, reason.unwrap_or_default()).await
    }

    async fn discard_all(&self, queue: &Queue) -> Result<u64, BrokerError> {
        let held = Held::new(queue, HIDDEN);
        let held = &held;
        holding(held, async {
            let mut removed = 0;
            loop {
                let letters = held.receive(WAIT).await?;
                if letters.is_empty() {
                    return Ok(removed);
                }
                removed += letters.len() as u64;
                let letters: Vec<_> = letters.into_iter().map(Opened::from).collect();
                self.take_away(held, &letters).await?;
            }
        })
        .await
    }

    /// Deletes letters, then what their commits hold back on the orphaned queue. In this order, a crash in between leaves a
    /// stream held back that is never read. In the other order, a worker of the earlier version might let it flow.
    async fn take_away(&self, held: &Held, letters: &[Opened]) -> Result<(), BrokerError> {
        held.delete(&letters.iter().map(|opened| &opened.letter).collect::<Vec<_>>()).await;
        let ids: Vec<_> = letters.iter().map(|opened| opened.id(&self.name)).collect();
        let unparked = stream::iter(ids)
            .map(|id| {
                let letters = self.app.dead_letters();
                async move { letters.unpark(&id).await }
            })
            .buffer_unordered(SENDS)
            .collect::<Vec<Result<(), DeliveryError>>>()
            .await;
        Ok(unparked.into_iter().collect::<Result<(), _>>()?)
    }
}

/// Whether a queue has a message, as a number; the message goes back at once.
async fn received(queue: Option<&Queue>) -> Result<u64, BrokerError> {
    let Some(queue) = queue else { return Ok(0) };
    let held = Held::new(queue, HIDDEN);
    let letters = holding(&held, held.receive(WAIT)).await?;
    Ok(letters.len() as u64)
}
