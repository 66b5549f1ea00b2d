//! Makes topic, queues and subscriptions, or updates existing ones to the app's wiring.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use cqrs_core::App;
use cqrs_core::app::Wiring;
use serde_json::{Value, json};

use super::queue::is_missing;
use super::{Broker, BrokerError};
use crate::topology::{self, BrokerFault, MAX_RECEIVES};

/// Fourteen days, the maximum: messages must not expire while they wait for a worker or a repair.
const RETENTION_SECONDS: &str = "1209600";
/// How often, and how many times, to look up a new queue.
const POLL: Duration = Duration::from_millis(500);
const POLLS: u32 = 20;

/// A topic with its queues, as [`Broker::create`] left them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerTopic {
    /// Where the relay publishes.
    pub arn: String,
    /// One for each queue of the app's wiring, by name.
    pub queues: Vec<BrokerQueue>,
}

/// A queue behind a topic, with its dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerQueue {
    /// Its name in the app's wiring, without prefix and suffix.
    pub queue: String,
    /// The URL of the queue.
    pub url: String,
    /// The ARN of the queue.
    pub arn: String,
    /// The URL of the queue of its dead letters.
    pub dead_letters_url: String,
    /// The ARN of the queue of its dead letters.
    pub dead_letters_arn: String,
    /// The ARN of its subscription to the topic.
    pub subscription_arn: String,
}

impl Broker {
    /// Makes what an app lacks: the topic, and for every queue of its wiring the queue, the queue of its dead letters, and a
    /// subscription to the event types that its subscribers listen to. What exists is updated to the same state. Queues that the
    /// wiring no longer has are left alone; [`Broker::orphans`] lists them.
    ///
    /// A subscription keeps the types that this program does not know, because a newer program listens to them. During a
    /// deployment or a rollback, both programs may call this in any order.
    ///
    /// On AWS a changed subscription may take up to 15 minutes to filter by the new types.
    ///
    /// # Errors
    /// [`BrokerError::Faults`] with everything that SNS and SQS would refuse, before anything is made; [`BrokerError::Request`].
    pub async fn create(&self, app: &App) -> Result<BrokerTopic, BrokerError> {
        // Nothing is made unless everything can be made.
        BrokerError::check(BrokerFault::all(&self.names, &app.wiring().subscribers, self.max_message_bytes))?;
        let arn = self.create_topic(self.names.topic()).await?;
        let subscriptions = self.subscriptions(&arn).await?;
        let wanted = topology::events_by_queue(&app.wiring().subscribers);
        let mut queues = Vec::with_capacity(wanted.len());
        for (queue, types) in wanted {
            let dead = self.create_queue(self.names.dead_letters(queue)).await?;
            // As in the template. It also shows which topic the queue belongs to: see `orphans.rs`.
            self.set_attributes(&dead, [(QueueAttributeName::Policy, may_send(&arn, &dead.arn))]).await?;
            let made = self.create_queue(self.names.queue(queue)).await?;
            let redrive =
                json!({ "deadLetterTargetArn": dead.arn, "maxReceiveCount": MAX_RECEIVES.to_string() });
            let policy = may_send(&arn, &made.arn);
            let attributes =
                [(QueueAttributeName::RedrivePolicy, redrive), (QueueAttributeName::Policy, policy)];
            self.set_attributes(&made, attributes).await?;
            let types: BTreeSet<String> = types.into_iter().map(str::to_owned).collect();
            let subscription_arn = match subscriptions.get(&made.arn) {
                Some(subscription) => {
                    let types = self.with_unknown(&made, subscription, app.wiring(), types).await?;
                    self.set_subscription(&made, subscription, &filter(&types)).await?
                }
                None => self.subscribe(&made, &arn, &filter(&types)).await?,
            };
            queues.push(BrokerQueue {
                queue: queue.to_owned(),
                url: made.url,
                arn: made.arn,
                dead_letters_url: dead.url,
                dead_letters_arn: dead.arn,
                subscription_arn,
            });
        }
        self.set_message_bytes(&arn).await?;
        Ok(BrokerTopic { arn, queues })
    }

    async fn create_topic(&self, name: String) -> Result<String, BrokerError> {
        let mut request = self.sns.create_topic().name(&name);
        if self.is_fifo() {
            request = request.attributes("FifoTopic", "true");
        }
        let created = request.send().await;
        let created = created.map_err(|error| BrokerError::request("create the topic", &name, error))?;
        Ok(created.topic_arn.unwrap_or_default())
    }

    /// After the queues: an old queue takes 262,144 bytes until its limit is raised, and SNS drops what a queue does not take.
    /// Not when the topic is created: an existing topic with another size would be an error.
    async fn set_message_bytes(&self, topic: &str) -> Result<(), BrokerError> {
        let Some(bytes) = self.max_message_bytes else { return Ok(()) };
        let request = self.sns.set_topic_attributes().topic_arn(topic);
        let request = request.attribute_name(topology::MESSAGE_BYTES_ATTRIBUTE);
        let set = request.attribute_value(bytes.to_string()).send().await;
        set.map_err(|error| BrokerError::request("set the message size of", topic, error))?;
        Ok(())
    }

    async fn create_queue(&self, name: String) -> Result<Made, BrokerError> {
        let mut request = self.sqs.create_queue().queue_name(&name);
        if self.is_fifo() {
            // Only this attribute cannot be set later. Any other attribute here would make an existing queue with
            // another value an error.
            request = request.attributes(QueueAttributeName::FifoQueue, "true");
        }
        let created = request.send().await;
        let created = created.map_err(|error| BrokerError::request("create the queue", &name, error))?;
        let url = created.queue_url.unwrap_or_default();
        for _ in 0..POLLS {
            let request = self.sqs.get_queue_attributes().queue_url(&url);
            match request.attribute_names(QueueAttributeName::QueueArn).send().await {
                Ok(found) => {
                    let arn = found.attributes.unwrap_or_default().remove(&QueueAttributeName::QueueArn);
                    return Ok(Made { name, url, arn: arn.unwrap_or_default() });
                }
                // A queue that was just created may not be visible to every request yet.
                Err(error) if is_missing(&error) => tokio::time::sleep(POLL).await,
                Err(error) => return Err(BrokerError::request("look up the queue", &name, error)),
            }
        }
        Err(BrokerError::Missing { kind: "queue", name })
    }

    async fn set_attributes(
        &self,
        queue: &Made,
        attributes: impl IntoIterator<Item = (QueueAttributeName, Value)>,
    ) -> Result<(), BrokerError> {
        let mut request = self
            .sqs
            .set_queue_attributes()
            .queue_url(&queue.url)
            .attributes(QueueAttributeName::MessageRetentionPeriod, RETENTION_SECONDS)
            // Always more than the topic's limit: a dead letter carries its reason in addition to the message.
            .attributes(QueueAttributeName::MaximumMessageSize, topology::QUEUE_MESSAGE_BYTES.to_string());
        if self.is_fifo() {
            // Each stream is a group, and streams need not wait for each other.
            request = request
                .attributes(QueueAttributeName::DeduplicationScope, "messageGroup")
                .attributes(QueueAttributeName::FifoThroughputLimit, "perMessageGroupId");
        }
        for (name, value) in attributes {
            request = request.attributes(name, value.to_string());
        }
        let set = request.send().await;
        set.map_err(|error| BrokerError::request("set the attributes of", &queue.name, error))?;
        Ok(())
    }

    /// The subscriptions of a topic, by the ARN of the queue.
    pub(super) async fn subscriptions(&self, topic: &str) -> Result<HashMap<String, String>, BrokerError> {
        let mut found = HashMap::new();
        let mut token = None;
        loop {
            let request = self.sns.list_subscriptions_by_topic().topic_arn(topic);
            let page = request.set_next_token(token).send().await;
            let page =
                page.map_err(|error| BrokerError::request("list the subscriptions of", topic, error))?;
            for subscription in page.subscriptions.unwrap_or_default() {
                if let (Some(endpoint), Some(arn)) = (subscription.endpoint, subscription.subscription_arn) {
                    found.insert(endpoint, arn);
                }
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn subscribe(&self, queue: &Made, topic: &str, filter: &str) -> Result<String, BrokerError> {
        let request = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(&queue.arn);
        // With its attributes from the start: messages before them would be unfiltered.
        let request = request.attributes(RAW, "true").attributes(FILTER, filter);
        let subscribed = request.return_subscription_arn(true).send().await;
        let subscribed =
            subscribed.map_err(|error| BrokerError::request("subscribe the queue", &queue.name, error))?;
        Ok(subscribed.subscription_arn.unwrap_or_default())
    }

    /// The types of an existing subscription, including those that this program does not know: a newer program listens to them.
    /// No redrive could bring back what the topic filters out now.
    async fn with_unknown(
        &self,
        queue: &Made,
        subscription: &str,
        wiring: &Wiring,
        mut types: BTreeSet<String>,
    ) -> Result<BTreeSet<String>, BrokerError> {
        let request = self.sns.get_subscription_attributes().subscription_arn(subscription).send();
        let found = request
            .await
            .map_err(|error| BrokerError::request("look up the subscription of", &queue.name, error))?;
        let filter = found.attributes.unwrap_or_default().remove(FILTER).unwrap_or_default();
        let filter: Value = serde_json::from_str(&filter).unwrap_or_default();
        let is_known = |name: &str| {
            wiring.events.iter().any(|event| event.name == name || event.aliases.contains(&name))
        };
        let before = filter.get("types").and_then(Value::as_array).into_iter().flatten();
        let unknown: Vec<_> = before.filter_map(Value::as_str).filter(|name| !is_known(name)).collect();
        if !unknown.is_empty() {
            tracing::info!(queue = queue.name, ?unknown, "the subscription keeps types of a newer program");
        }
        let room = topology::MAX_FILTERED.saturating_sub(types.len());
        types.extend(unknown.into_iter().take(room).map(str::to_owned));
        Ok(types)
    }

    /// An existing subscription with other attributes cannot be created again with these.
    async fn set_subscription(
        &self,
        queue: &Made,
        subscription: &str,
        filter: &str,
    ) -> Result<String, BrokerError> {
        for (name, value) in [(RAW, "true"), (FILTER, filter)] {
            let request = self.sns.set_subscription_attributes().subscription_arn(subscription);
            let set = request.attribute_name(name).attribute_value(value).send().await;
            set.map_err(|error| BrokerError::request("set the subscription of", &queue.name, error))?;
        }
        Ok(subscription.to_owned())
    }
}

fn filter(types: &BTreeSet<String>) -> String {
    json!({ "types": types }).to_string()
}

const RAW: &str = "RawMessageDelivery";
const FILTER: &str = "FilterPolicy";
/// A queue that exists.
struct Made {
    name: String,
    url: String,
    arn: String,
}

fn may_send(topic: &str, queue: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "topic",
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }],
    })
}
