use std::future::Future;
use std::sync::Arc;

use serde_json::Value;
use tracing::Instrument;

use super::intake::{self, RELAY};
use super::{Delivery, DeliveryError, MAX_MESSAGE_BYTES, Message};
use crate::causes::chain;
use crate::key::StreamKey;
use crate::trace;
use crate::version::Version;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The topic that commits are published to, whichever broker has it.
pub trait Publisher: Send + Sync + 'static {
    /// Publishes messages. A message is sent only when all earlier ones of its stream have been
    /// accepted, or go in the same request.
    ///
    /// # Errors
    /// [`PublishError`] says how many the topic has accepted. Publishing the others again is safe, even if it has
    /// accepted some of them: consumers recognize a commit by its key.
    fn publish(&self, messages: &[Message]) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// The most bytes that one message may take, as [`Message::bytes`] counts: a larger commit travels as its keys.
    /// Called whenever there is something to publish, so the publisher should remember what a topic says.
    ///
    /// # Errors
    /// [`PublishFault`], if the topic cannot be asked; nothing is published.
    fn max_message_bytes(&self) -> impl Future<Output = Result<usize, PublishFault>> + Send {
        async { Ok(MAX_MESSAGE_BYTES) }
    }
}

/// A topic that did not accept all messages.
#[derive(Debug, thiserror::Error)]
#[error("the topic took {accepted} messages and not the next one: {fault}")]
#[non_exhaustive]
pub struct PublishError {
    /// How many were accepted, counted from the first up to the first that was not.
    pub accepted: usize,
    /// What happened then.
    pub fault: PublishFault,
}

/// Why a topic did not accept a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishFault {
    /// The broker asks for less. Try again later.
    #[error("the broker throttles this topic; try again later: {}", chain(source.as_ref()))]
    Throttled {
        /// What the client said.
        r#source: Source,
    },
    /// The broker did not answer, or answered that it cannot at present. Messages may have been accepted.
    #[error("the broker cannot be reached, or did not answer; messages may have been accepted: {}", chain(source.as_ref()))]
    Unavailable {
        /// What the client said.
        r#source: Source,
    },
    /// The broker refuses every request of this kind: a missing topic, missing rights, a missing key.
    #[error("the broker refuses the request: {}", chain(source.as_ref()))]
    Refused {
        /// What the client said.
        r#source: Source,
    },
    /// The broker refuses one commit, and would refuse it again.
    #[error("the broker refuses commit {version} of stream {stream}: {}", chain(source.as_ref()))]
    CommitRefused {
        /// The commit's stream.
        stream: StreamKey,
        /// Its version.
        version: Version,
        /// What the broker said.
        r#source: Source,
    },
}

impl PublishFault {
    /// Whether the same messages may be accepted later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. })
    }
}

impl PublishError {
    /// The first `accepted` messages were accepted, and the next one was not.
    #[must_use]
    pub fn new(accepted: usize, fault: PublishFault) -> Self {
        Self { accepted, fault }
    }
}

/// Records that were not all published.
#[derive(Debug, thiserror::Error)]
#[error("{accepted} records were published, and not the next one: {error}")]
#[non_exhaustive]
pub struct Interrupted {
    /// How many are done, counted from the first up to the first that is not.
    pub accepted: usize,
    /// What happened then.
    pub error: DeliveryError,
}

impl Interrupted {
    fn by(error: PublishError, accepted: usize) -> Self {
        Self { accepted, error: DeliveryError::Publish(Box::new(error)) }
    }
}

impl Delivery {
    /// Publishes records of the event store in their order.
    pub(crate) async fn publish(
        self: &Arc<Self>,
        publisher: &impl Publisher,
        records: &[Value],
    ) -> Result<(), Interrupted> {
        let mut messages = Vec::with_capacity(records.len());
        let mut places = Vec::with_capacity(records.len());
        let mut metadata = Vec::with_capacity(records.len());
        let mut max_bytes = None;
        let mut end = Ok(());
        for (place, record) in records.iter().enumerate() {
            match intake::take_in(&self.runtime, record, RELAY).await {
                Ok(Some(commit)) => {
                    let bytes = match max_bytes {
                        Some(bytes) => bytes,
                        None => publisher
                            .max_message_bytes()
                            .await
                            .map_err(|fault| Interrupted::by(PublishError { accepted: 0, fault }, place))?,
                    };
                    max_bytes = Some(bytes);
                    let message = || Message::carrying(&self.runtime, &commit, record, bytes);
                    messages.push(intake::span_of(&commit).in_scope(message));
                    places.push(place);
                    metadata.push(commit.metadata);
                }
                Ok(None) => {}
                Err(error) => {
                    end = Err(Interrupted { accepted: place, error });
                    break;
                }
            }
        }
        if messages.is_empty() {
            return end;
        }
        let taken_in = end.as_ref().err().map_or(records.len(), |end| end.accepted);
        let span = tracing::info_span!("publish", commits = messages.len());
        trace::take(&span, metadata.iter().map(|metadata| metadata.trace_context.as_deref()));
        match publisher.publish(&messages).instrument(span).await {
            Ok(()) => end,
            Err(error) => {
                let accepted = places.get(error.accepted).copied().unwrap_or(taken_in);
                Err(Interrupted::by(error, accepted))
            }
        }
    }
}
