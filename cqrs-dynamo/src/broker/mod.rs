//! SNS and SQS between the store and the subscribers.
//!
//! ```text
//! relay ─ topic `events` ─┬─ queue `{queue}`, filtered by event type ─ worker
//!                         └─ …                       each with its dead letters, `{queue}-dlq`
//! ```

mod backlog;
mod creation;
mod dead_letter_queue;
mod dead_letter_queues;
mod envelope;
mod error;
mod handover;
mod held;
mod orphans;
mod queue;
mod queue_dead_letters;
mod queue_worker;
mod shift;
mod sns;
mod sparing;
mod sweeping;
mod worker;

pub use backlog::QueueBacklog;
pub use creation::{BrokerQueue, BrokerTopic};
pub use dead_letter_queues::DeadLetterQueues;
pub use error::BrokerError;
pub use handover::HandedOver;
pub use orphans::OrphanedQueue;
pub use queue_dead_letters::QueueDeadLetters;
pub use sns::SnsPublisher;
pub use worker::{Worked, Worker, WorkerSettings};

use aws_types::SdkConfig;
use cqrs_core::App;

use crate::aws;
use crate::names::Names;
use crate::table::time_limits;
use crate::topology::BrokerFault;
#[cfg(feature = "lambda")]
pub(crate) use dead_letter_queue::DeadLetterQueue;
#[cfg(feature = "lambda")]
pub(crate) use queue::Queue;
#[cfg(feature = "lambda")]
pub(crate) use queue::{Receipt, ReceivedMessage};
#[cfg(feature = "lambda")]
pub(crate) use sparing::sparing;

/// A topic of SNS and the queues of SQS behind it: one for every queue of an app's
/// [`Wiring`](cqrs_core::app::Wiring), each with a queue for its dead letters. Clones are cheap.
///
/// | what | name |
/// | --- | --- |
/// | topic | `{prefix}events` |
/// | queue | `{prefix}{queue}` |
/// | its dead letters | `{prefix}{queue}-dlq` |
///
/// The names of a FIFO broker end in `.fifo`.
///
/// A worker needs these rights: on its queues `sqs:GetQueueUrl`, `sqs:ReceiveMessage`, `sqs:DeleteMessage` and
/// `sqs:ChangeMessageVisibility` (and `sqs:GetQueueAttributes` for [`run_until_idle`](Worker::run_until_idle)); on their dead
/// letters all of these and `sqs:SendMessage`; and `dynamodb:Scan` on the events table if a projection is new. A program with
/// timers also needs `dynamodb:Query` and `dynamodb:DeleteItem` on their table, and the rights to execute commands. Redriving or
/// discarding needs the rights on the dead letters.
///
/// ```no_run
/// use cqrs_core::App;
/// use cqrs_dynamo::{Broker, Dynamo};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let dynamo = Dynamo::from_env().await?;
/// let app = App::builder(dynamo.event_store()).views(dynamo.views()).build()?;
/// let broker = Broker::from_conf(dynamo.sdk_config()).with_prefix("shop-prod-");
/// broker.create(&app).await?;
/// broker.worker(&app).run(async { /* until a signal arrives */ }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Broker {
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    names: Names,
    max_message_bytes: Option<u32>,
}

impl Broker {
    /// The standard AWS configuration: environment, profile, container or instance. `AWS_ENDPOINT_URL_SNS` and
    /// `AWS_ENDPOINT_URL_SQS` set other endpoints. Nothing is sent yet. With a [`Dynamo`](crate::Dynamo), use [its
    /// configuration](crate::Dynamo::sdk_config).
    ///
    /// Time limits are those of [`Dynamo::from_env`](crate::Dynamo::from_env); for SQS an attempt and a request may take 20
    /// seconds more, because a receive may wait that long for messages.
    ///
    /// # Errors
    /// [`BrokerError::NoRegion`].
    pub async fn from_env() -> Result<Self, BrokerError> {
        aws::configuration().await.map(|conf| Self::from_conf(&conf)).ok_or(BrokerError::NoRegion)
    }

    /// Uses a configuration of the AWS SDK, with its region, credentials, endpoint, retries, time limits and HTTP client. Time
    /// limits that it does not set are those of [`Broker::from_env`]; a limit on attempts or on operations must be longer than
    /// [`WorkerSettings::wait`].
    #[must_use]
    pub fn from_conf(conf: &SdkConfig) -> Self {
        Self {
            sns: aws_sdk_sns::Client::new(&time_limits::limited(conf)),
            sqs: aws_sdk_sqs::Client::new(&time_limits::limited_for_long_polls(conf)),
            names: Names::default(),
            max_message_bytes: None,
        }
    }

    /// Sets the prefix of every name: letters, digits, `-` and `_`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.names.prefix = prefix.into();
        self
    }

    /// Whether topic and queues are FIFO: the commits of one stream then always arrive in order. Default `false`: a standard
    /// topic costs less and has a higher throughput, and projections restore the order themselves.
    #[must_use]
    pub fn fifo(mut self, fifo: bool) -> Self {
        self.names.fifo = fifo;
        self
    }

    /// The largest message that [`Broker::create`] allows at the topic, in bytes: 1,024 to 1,048,576. Not set by default: a new
    /// topic takes 262,144, and an existing one keeps its limit.
    ///
    /// A larger commit travels as its keys, and each subscriber reads it from the events table. With 1,048,576 nearly every
    /// commit travels whole. A topic that takes more than 262,144 can have at most 100 subscriptions, only to SQS, Lambda or
    /// Firehose. SNS and SQS charge each 64 KB of a message as a request. With a limit of a few thousand bytes, even the keys and
    /// the event types of a commit may be too large: SNS refuses them, and the relay stops with an error.
    #[must_use]
    pub fn max_message_bytes(mut self, bytes: u32) -> Self {
        self.max_message_bytes = Some(bytes);
        self
    }

    /// Whether topic and queues are FIFO.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        self.names.fifo
    }

    /// The ARN of the existing topic.
    ///
    /// # Errors
    /// [`BrokerError::Missing`] if it does not exist, [`BrokerError::Faults`], [`BrokerError::Request`].
    pub async fn topic_arn(&self) -> Result<String, BrokerError> {
        let name = self.topic_name()?;
        // SNS cannot look up a topic by name, and creating it to get its ARN would need the right to create topics.
        let mut token = None;
        loop {
            let page = self.sns.list_topics().set_next_token(token).send().await;
            let page = page.map_err(|error| BrokerError::request("list the topics for", &name, error))?;
            let mut arns = page.topics.unwrap_or_default().into_iter().filter_map(|topic| topic.topic_arn);
            if let Some(arn) = arns.find(|arn| arn.rsplit(':').next() == Some(name.as_str())) {
                return Ok(arn);
            }
            token = page.next_token;
            if token.is_none() {
                return Err(BrokerError::Missing { kind: "topic", name });
            }
        }
    }

    /// Delivers the messages of an app's queues to its subscribers.
    pub fn worker(&self, app: &App) -> Worker {
        Worker::new(self, app)
    }

    fn topic_name(&self) -> Result<String, BrokerError> {
        BrokerError::check(BrokerFault::of_topic(&self.names))?;
        Ok(self.names.topic())
    }

    fn queue_name(&self, queue: &str) -> Result<String, BrokerError> {
        BrokerError::check(BrokerFault::of_queue(&self.names, queue))?;
        Ok(self.names.queue(queue))
    }

    fn dead_letters_name(&self, queue: &str) -> Result<String, BrokerError> {
        BrokerError::check(BrokerFault::of_queue(&self.names, queue))?;
        Ok(self.names.dead_letters(queue))
    }

    /// The SDK's client for SNS.
    #[must_use]
    pub fn sns(&self) -> &aws_sdk_sns::Client {
        &self.sns
    }

    /// The SDK's client for SQS.
    #[must_use]
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        &self.sqs
    }
}
