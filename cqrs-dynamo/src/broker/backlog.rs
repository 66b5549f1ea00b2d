use std::sync::Arc;

use cqrs_core::delivery::Positions;
use cqrs_core::store::{Backlog, Waiting};
use cqrs_core::{RefusedKind, StoreError};
use tokio::sync::Mutex;

use super::queue::Queue;
use super::{Broker, BrokerError};
use crate::relay::{RelaySettings, reached};
use crate::store::{Dynamo, DynamoEventStore};

/// What waits in the queues of a broker, for [`App::projections`](cqrs_core::App::projections): see [`Broker::backlog`]. It
/// counts messages and receives nothing.
///
/// A queue takes two requests (`GetQueueAttributes`, for the queue and for its dead letters), and two more the first time
/// (`GetQueueUrl`). The counts of SQS are approximate and some seconds late. SQS does not report the age of the oldest message
/// here: the [`Template`](crate::template::Template) has an alarm on that.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::{Broker, Dynamo};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let dynamo = Dynamo::from_env().await?;
/// let broker = Broker::from_env().await?.with_prefix("shop-prod-");
/// let app = App::builder(&dynamo).backlog(broker.backlog().relay(&dynamo)).build()?;
/// for state in app.projections().await? {
///     println!("{}: {:?}, {} dead letters", state.projection, state.lag, state.dead_letters);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct QueueBacklog {
    broker: Broker,
    /// Where the relays keep their leases, and their name.
    relays: Option<(DynamoEventStore, String)>,
    /// By the name in the wiring, with the queue of dead letters: URLs are looked up once.
    found: Arc<Mutex<Vec<(String, Queue, Queue)>>>,
}

impl Broker {
    /// The messages that wait in its queues, for [`AppBuilder::backlog`](cqrs_core::app::AppBuilder::backlog).
    #[must_use]
    pub fn backlog(&self) -> QueueBacklog {
        QueueBacklog { broker: self.clone(), relays: None, found: Arc::default() }
    }
}

impl QueueBacklog {
    /// Also counts what a [`Relay`](crate::Relay) has not published yet: its leases show its position. This takes a
    /// `Query` of the delivery table, and reads the stream from that position on. With it, the lag in seconds is known
    /// if the queue is empty.
    ///
    /// Without it, only queues are counted. The same is true for a relay on Lambda, whose position only AWS knows; for that, the
    /// template has an alarm on the age of the relay's records.
    #[must_use]
    pub fn relay(self, dynamo: &Dynamo) -> Self {
        self.relay_named(dynamo, RelaySettings::default().name)
    }

    /// The same, if the relays have [another name](RelaySettings::name).
    #[must_use]
    pub fn relay_named(mut self, dynamo: &Dynamo, relays: impl Into<String>) -> Self {
        self.relays = Some((dynamo.event_store(), relays.into()));
        self
    }

    async fn queues(&self, queue: &str) -> Result<(Queue, Queue), BrokerError> {
        let mut found = self.found.lock().await;
        if let Some((_, main, dead)) = found.iter().find(|(name, ..)| name == queue) {
            return Ok((main.clone(), dead.clone()));
        }
        let main = Queue::find(&self.broker.sqs, self.broker.queue_name(queue)?).await?;
        let dead = Queue::find(&self.broker.sqs, self.broker.dead_letters_name(queue)?).await?;
        found.push((queue.to_owned(), main.clone(), dead.clone()));
        Ok((main, dead))
    }

    async fn count(&self, queue: &str) -> Result<Waiting, BrokerError> {
        let (main, dead) = self.queues(queue).await?;
        let (messages, dead_letters) = tokio::try_join!(main.backlog(), dead.backlog())?;
        Ok(Waiting::new(messages, dead_letters))
    }
}

impl Backlog for QueueBacklog {
    async fn waiting(&self, queue: &str) -> Result<Waiting, StoreError> {
        self.count(queue).await.map_err(|error| match error.is_transient() {
            true => StoreError::Unavailable { source: Box::new(error) },
            false => StoreError::refused(RefusedKind::Other, error),
        })
    }

    async fn relayed(&self) -> Result<Option<Positions>, StoreError> {
        match &self.relays {
            Some((events, relays)) => Ok(Some(reached(events, relays).await?)),
            None => Ok(None),
        }
    }
}
