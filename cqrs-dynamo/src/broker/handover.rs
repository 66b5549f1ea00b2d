use std::collections::BTreeSet;

use cqrs_core::delivery::DeliveryError;
use futures_util::{StreamExt, stream};

use super::dead_letter_queue::{HIDDEN, Opened, WAIT, holding};
use super::held::Held;
use super::queue::Queue;
use super::{BrokerError, OrphanedQueue};
use crate::topology;

/// How many messages of a standard queue are on their way at a time. Those of a FIFO queue go one by one.
const SENDS: usize = 10;

/// What became of an orphaned queue's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct HandedOver {
    /// How many messages went to the queue that takes over.
    pub messages: u64,
    /// How many dead letters went to its dead letters.
    pub dead_letters: u64,
    /// How many are left, about: in the hands of a worker of the earlier version, or of events that nobody on the new queue
    /// listens to.
    pub left: u64,
}

impl OrphanedQueue {
    /// Gives the messages to another queue of the app, and the dead letters to that queue's dead letters, to be
    /// [redriven](cqrs_core::delivery::DeadLetters::redrive): after a handler or a projection was renamed. After a rollback, the
    /// earlier program gives them back by the same call.
    ///
    /// The topic no longer sends to the orphaned queue: what comes next, the other one gets by its own subscription. Each
    /// message is sent before it is deleted, so a crash or an error in between loses nothing, and the same call goes on; a
    /// message may be there twice. What the topic has sent to both queues is handled twice as well, unless the handler has
    /// `once`; an inbox belongs to the name of its handler, and does not know what was handled under the earlier name. Messages
    /// count their receives, and the time that they wait for a newer program, anew.
    ///
    /// A message of events that no subscriber of the new queue listens to stays where it is (in a FIFO queue with what follows it
    /// in its stream), and is counted in [`HandedOver::left`]. While somebody has a dead letter in hand, the messages stay, too:
    /// the same call moves them later.
    ///
    /// A projection that was renamed has views of its own under the new name, and they need a replay, as any new projection does;
    /// so do those of the old name after a rollback, and [`App::unreplayed`](cqrs_core::App::unreplayed) tells so.
    ///
    /// Streams that a dead letter holds back are held back on the new queue instead; what the new queue has handled of them by then
    /// it has handled before the dead letter. Where the new queue is that of a subscriber
    /// of the same name, it also gets what is kept in the delivery table under the old name, by
    /// [`DeadLetters::hand_over`](cqrs_core::delivery::DeadLetters::hand_over).
    ///
    /// It needs `sns:Unsubscribe`; `sqs:ReceiveMessage`, `sqs:ChangeMessageVisibility`, `sqs:DeleteMessage` and
    /// `sqs:GetQueueAttributes` on the old queues; `sqs:GetQueueUrl` and `sqs:SendMessage` on the new ones; and to write to the
    /// delivery table.
    ///
    /// # Errors
    /// [`BrokerError::Delivery`] where the app has no queue `to`, [`BrokerError::Missing`] where it was not made yet and
    /// [`BrokerError::NotSubscribed`] where the topic does not send to it: nothing has happened then.
    /// [`BrokerError::Request`], and [`BrokerError::Delivery`] for the delivery table.
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
        // First what came first. Streams that are held back are so before their later messages get there.
        if let Some(from) = &self.dead {
            handed_over.dead_letters = self.move_all(from, &dead, &wanted, Some(to)).await?;
        }
        // One that somebody has in hand holds its stream back, and nobody here knows which.
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

    /// Gives the dead letters alone to another queue of the app; how many there were.
    pub(super) async fn hand_over_dead_letters(&self, to: &str) -> Result<u64, BrokerError> {
        self.app.consumer(to)?;
        let Some(from) = &self.dead else { return Ok(0) };
        let dead = Queue::find(&self.broker.sqs, self.broker.dead_letters_name(to)?).await?;
        let wanted = topology::events_by_queue(&self.app.wiring().subscribers).remove(to).unwrap_or_default();
        self.move_all(from, &dead, &wanted, Some(to)).await
    }

    /// Removes the subscription, the queue and the queue of its dead letters, if they are empty.
    ///
    /// It needs `sns:Unsubscribe`, `sqs:GetQueueAttributes`, `sqs:ReceiveMessage` and `sqs:DeleteQueue`, and to read and write the
    /// delivery table. A queue that a stack of
    /// CloudFormation has still in its template is the stack's to remove.
    ///
    /// # Errors
    /// [`BrokerError::NotEmpty`]; where messages came only while it was being removed, the subscription is gone by then.
    /// [`BrokerError::Request`].
    pub async fn remove(&self) -> Result<(), BrokerError> {
        let (messages, dead_letters) = self.count().await?;
        self.refuse_where(messages, dead_letters)?;
        self.unsubscribe().await?;
        // The counts of SQS lag behind: only a receive tells.
        let (messages, dead_letters) =
            (received(self.queue.as_ref()).await?, received(self.dead.as_ref()).await?);
        self.refuse_where(messages, dead_letters)?;
        self.delete().await
    }

    /// The same, with all messages and dead letters. The events are in the store still; that the subscriber has not handled
    /// them is not known any more.
    ///
    /// It needs `sqs:ChangeMessageVisibility` and `sqs:DeleteMessage` as well, and to write to the delivery table: streams that
    /// its dead letters hold back flow again, should the queue ever come back.
    ///
    /// # Errors
    /// [`BrokerError::Request`], [`BrokerError::Delivery`] for the delivery table; the same call goes on.
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
        // A projection of this name, with a queue of its own, that comes back by a rollback has missed what is committed from now on.
        self.app.note_absence(&self.name).await?;
        // One that is not there is no error to SNS.
        let sent = self.broker.sns.unsubscribe().subscription_arn(subscription).send().await;
        sent.map_err(|error| BrokerError::request("unsubscribe", &self.name, error))?;
        Ok(())
    }

    /// The queue first: its dead letters are where SQS would put what it cannot deliver.
    async fn delete(&self) -> Result<(), BrokerError> {
        for queue in self.queue.iter().chain(&self.dead) {
            queue.remove().await?;
        }
        Ok(())
    }

    /// How many messages there are now, and how many dead letters.
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

    /// Moves what can be received into another queue, and counts it. Dead letters are parked on the queue whose they become.
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
                // What is no commit's goes along: its fate is for the new queue to tell.
                let is_wanted = |opened: &Opened| {
                    opened.types.is_empty() || opened.types.iter().any(|name| wanted.contains(name.as_str()))
                };
                let letters: Vec<_> = letters.into_iter().map(Opened::from).filter(is_wanted).collect();
                let at_a_time = if from.is_fifo() { 1 } else { SENDS };
                let sends: Vec<_> =
                    letters.iter().map(|opened| self.send_on(opened, to, parked_on)).collect();
                let mut sends = stream::iter(sends).buffered(at_a_time);
                let (mut sent, mut failure) = (0, None);
                // In a FIFO queue nothing may overtake what could not be sent.
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
        // What SQS has put away by itself holds nothing back.
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

    /// Deletes letters, and what their commits hold back on the orphaned queue. In this order a crash in between leaves a stream
    /// held back that nobody reads; in the other one a worker of the earlier version might let it flow.
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

/// Whether a queue has a message, as a number; it goes back at once.
async fn received(queue: Option<&Queue>) -> Result<u64, BrokerError> {
    let Some(queue) = queue else { return Ok(0) };
    let held = Held::new(queue, HIDDEN);
    let letters = holding(&held, held.receive(WAIT)).await?;
    Ok(letters.len() as u64)
}
