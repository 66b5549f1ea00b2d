use std::collections::HashSet;
use std::error::Error;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish_batch::PublishBatchOutput;
use aws_sdk_sns::types::{BatchResultErrorEntry, MessageAttributeValue, PublishBatchRequestEntry};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::causes::chain;
use cqrs_core::delivery::{MAX_MESSAGE_BYTES, Message, PublishError, PublishFault, Publisher, RetryPolicy};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::limit::Limit;
use super::{batch, group};
use crate::names::is_fifo;

/// Publishes commits to a topic of SNS, standard or FIFO: the ARN of a FIFO topic ends in `.fifo`.
///
/// A request carries up to 10 messages. Each has the attributes `types` (`String.Array`, the types of its events), and, if known,
/// `tenant`, `entity` and `correlationId` (`String`); the filter policies of subscriptions use them. On a FIFO topic the group is
/// the stream, and the deduplication id is the commit's. On a standard topic the group is the tenant, or a digest of it: standard
/// queues take turns between tenants, so that a backlog of one does not delay the others (fair queues).
///
/// The topic's attribute `MaximumMessageSize` limits a message, and all messages of a request together: 256 KiB, or up to 1 MiB.
/// The publisher reads it once (`sns:GetTopicAttributes`), and again after a refusal, unless
/// [`SnsPublisher::with_max_message_bytes`] sets it. Without the right to read it, the publisher assumes 256 KiB. A larger commit
/// travels as its keys. SNS and SQS charge each 64 KB of a message as a request.
///
/// A message that SNS did not accept through no fault of its own is sent again, before anything later of its stream. Within one
/// request SNS may accept a later commit of a stream and not an earlier one; then they arrive in that order.
///
/// ```no_run
/// use cqrs_dynamo::SnsPublisher;
///
/// # async fn example(conf: &aws_config::SdkConfig) {
/// let sns = aws_sdk_sns::Client::new(conf);
/// let publisher = SnsPublisher::new(sns, "arn:aws:sns:eu-central-1:123456789012:shop-events");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SnsPublisher {
    client: Client,
    topic_arn: String,
    retry: RetryPolicy,
    time_limit: Duration,
    in_flight: usize,
    limit: Limit,
}

impl SnsPublisher {
    /// A publisher to a topic. [`SnsPublisher::with_time_limit`] applies in addition to the client's own time limits; the client
    /// of [`Broker::sns`](crate::Broker::sns) has such limits.
    #[must_use]
    pub fn new(client: Client, topic_arn: impl Into<String>) -> Self {
        Self {
            client,
            topic_arn: topic_arn.into(),
            retry: RetryPolicy { attempts: 5, base: Duration::from_millis(100), cap: Duration::from_secs(5) },
            time_limit: Duration::from_secs(30),
            in_flight: 4,
            limit: Limit::default(),
        }
    }

    /// The largest message that the topic takes, in bytes: its `MaximumMessageSize`. The topic is then not asked.
    #[must_use]
    pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        self.limit = Limit::given(bytes);
        self
    }

    /// How often a request is sent again, after the retries of the SDK. Default 5 times, up to 5 seconds apart.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// How long a request may take, including the retries of the SDK. Default 30 seconds.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How many requests may be in flight at once; commits of one stream never are at the same time. At least 1, default 4.
    #[must_use]
    pub fn with_requests_in_flight(mut self, requests: usize) -> Self {
        self.in_flight = requests.max(1);
        self
    }

    /// Sends one batch until all of it is accepted; fails with the index of the first message that is refused.
    async fn send(&self, messages: &[Message], batch: Range<usize>) -> Result<(), (usize, PublishFault)> {
        let mut left: Vec<usize> = batch.collect();
        let mut attempts = 0;
        while let Some(first) = left.first().copied() {
            attempts += 1;
            let (rest, fault) = match self.request(messages, &left).await {
                Ok(output) => rest(messages, &left, &output),
                Err(fault) => (left, Some(fault)),
            };
            left = rest;
            let Some(fault) = fault else { break };
            if !fault.is_transient() || attempts >= self.retry.attempts {
                if !fault.is_transient() {
                    // The topic's limit may be lower by now.
                    self.limit.forget();
                }
                return Err((left.first().copied().unwrap_or(first), fault));
            }
            tracing::warn!(topic = self.topic_arn, attempts, messages = left.len(), %fault, "publishing again");
            self.retry.pause(attempts).await;
        }
        Ok(())
    }

    async fn request(
        &self,
        messages: &[Message],
        places: &[usize],
    ) -> Result<PublishBatchOutput, PublishFault> {
        let entries: Result<Vec<_>, _> = places
            .iter()
            .filter_map(|place| Some((place, messages.get(*place)?)))
            .map(|(place, message)| self.entry(*place, message))
            .collect();
        let entries = entries.map_err(|error| PublishFault::Refused { source: Box::new(error) })?;
        let request = self
            .client
            .publish_batch()
            .topic_arn(&self.topic_arn)
            .set_publish_batch_request_entries(Some(entries))
            .send();
        match tokio::time::timeout(self.time_limit, request).await {
            Ok(answer) => answer.map_err(|error| fault(&self.topic_arn, error)),
            Err(late) => Err(PublishFault::Unavailable { source: Box::new(late) }),
        }
    }

    fn entry(
        &self,
        place: usize,
        message: &Message,
    ) -> Result<PublishBatchRequestEntry, aws_sdk_sns::error::BuildError> {
        let types = serde_json::Value::from(message.types.as_slice()).to_string();
        let mut entry = PublishBatchRequestEntry::builder()
            .id(place.to_string())
            .message(&message.body)
            .message_attributes("types", attribute("String.Array", types)?);
        for (name, value) in [
            ("tenant", message.tenant.as_deref()),
            ("entity", message.entity),
            ("correlationId", message.correlation_id.as_deref()),
        ] {
            if let Some(value) = value {
                entry = entry.message_attributes(name, attribute("String", value)?);
            }
        }
        if is_fifo(&self.topic_arn) {
            entry = entry.message_group_id(&message.group).message_deduplication_id(&message.id);
        } else if let Some(tenant) = &message.tenant {
            entry = entry.message_group_id(group::of_tenant(tenant));
        }
        entry.build()
    }
}

impl Publisher for SnsPublisher {
    async fn publish(&self, messages: &[Message]) -> Result<(), PublishError> {
        let max_bytes = self.limit.known().unwrap_or(MAX_MESSAGE_BYTES);
        let mut batches = batch::pack(messages, max_bytes).into_iter().peekable();
        let mut busy: HashSet<&str> = HashSet::new();
        let mut under_way = FuturesUnordered::new();
        let mut failed: Option<(usize, PublishFault)> = None;
        loop {
            while failed.is_none() && under_way.len() < self.in_flight {
                let free =
                    |batch: &Range<usize>| streams(messages, batch).all(|stream| !busy.contains(stream));
                let Some(batch) = batches.next_if(free) else { break };
                busy.extend(streams(messages, &batch));
                under_way.push(async { (batch.clone(), self.send(messages, batch).await) });
            }
            let Some((batch, sent)) = under_way.next().await else { break };
            for stream in streams(messages, &batch) {
                busy.remove(stream);
            }
            if let Err((place, fault)) = sent
                && failed.as_ref().is_none_or(|(first, _)| place < *first)
            {
                failed = Some((place, fault));
            }
        }
        match failed {
            None => Ok(()),
            Some((accepted, fault)) => Err(PublishError::new(accepted, fault)),
        }
    }

    async fn max_message_bytes(&self) -> Result<usize, PublishFault> {
        let mut attempts = 0;
        loop {
            if let Some(bytes) = self.limit.known() {
                return Ok(bytes);
            }
            attempts += 1;
            // Boxed: otherwise the future of every publishing program would contain this rare request of the SDK.
            let read = Box::pin(self.limit.read(&self.client, &self.topic_arn));
            let fault = match tokio::time::timeout(self.time_limit, read).await {
                Ok(Ok(bytes)) => return Ok(bytes),
                Ok(Err(error)) => fault(&self.topic_arn, error),
                Err(late) => PublishFault::Unavailable { source: Box::new(late) },
            };
            if !fault.is_transient() {
                // A role of an earlier release lacks the right to ask. If the topic itself is missing, publishing reports it.
                tracing::warn!(topic = self.topic_arn, %fault, "the topic's message size cannot be read; taking the default");
                return Ok(self.limit.assume());
            }
            if attempts >= self.retry.attempts {
                return Err(fault);
            }
            self.retry.pause(attempts).await;
        }
    }
}

fn streams<'a>(messages: &'a [Message], batch: &Range<usize>) -> impl Iterator<Item = &'a str> {
    messages.get(batch.clone()).unwrap_or_default().iter().map(|message| message.group.as_str())
}

fn attribute(
    kind: &str,
    value: impl Into<String>,
) -> Result<MessageAttributeValue, aws_sdk_sns::error::BuildError> {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build()
}

/// What was not accepted, in order, and why. An entry that the answer does not mention was not accepted.
fn rest(
    messages: &[Message],
    sent: &[usize],
    output: &PublishBatchOutput,
) -> (Vec<usize>, Option<PublishFault>) {
    let accepted: HashSet<&str> = output.successful().iter().filter_map(|entry| entry.id()).collect();
    let rest: Vec<usize> =
        sent.iter().copied().filter(|place| !accepted.contains(place.to_string().as_str())).collect();
    let failed = |place: &&usize, is: fn(&BatchResultErrorEntry) -> bool| {
        output.failed().iter().find(|entry| entry.id() == place.to_string() && is(entry)).cloned()
    };
    let said = |entry: &BatchResultErrorEntry| {
        format!("{}: {}", entry.code(), entry.message().unwrap_or("no message")).into()
    };
    // A message that would be refused again has to be reported, wherever it is in the batch.
    for place in &rest {
        let entry = failed(&place, BatchResultErrorEntry::sender_fault);
        if let (Some(entry), Some(message)) = (entry, messages.get(*place)) {
            let (stream, version) = (message.stream.clone(), message.version);
            return (rest, Some(PublishFault::CommitRefused { stream, version, source: said(&entry) }));
        }
    }
    let Some(first) = rest.first() else { return (rest, None) };
    let fault = match failed(&first, |_| true) {
        Some(entry) if entry.code().contains("Throttl") => PublishFault::Throttled { source: said(&entry) },
        Some(entry) => PublishFault::Unavailable { source: said(&entry) },
        None => PublishFault::Unavailable { source: "the answer does not mention the message".into() },
    };
    (rest, Some(fault))
}

/// What an error of the SDK means.
fn fault<E>(topic: &str, error: SdkError<E, HttpResponse>) -> PublishFault
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default();
    let status = error.raw_response().map(|response| response.status().as_u16());
    let refused = match &error {
        SdkError::ConstructionFailure(_) => true,
        // `Throttled`, `ThrottlingException`, `KMSThrottlingException`, …
        SdkError::ServiceError(_) if code.contains("Throttl") || status == Some(429) => {
            return PublishFault::Throttled { source: Box::new(error) };
        }
        SdkError::ServiceError(_) => status.is_some_and(|status| status < 500),
        _ => false,
    };
    if !refused {
        return PublishFault::Unavailable { source: Box::new(error) };
    }
    let said = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => chain(&error),
    };
    PublishFault::Refused { source: format!("topic `{topic}`: {said}").into() }
}
