use std::error::Error;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use cqrs_core::causes::chain;
use cqrs_core::delivery::DeliveryError;

use crate::topology::BrokerFault;

/// Why the broker could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BrokerError {
    /// The configuration names no region.
    #[error("no AWS region is configured; set `AWS_REGION`, or a region in the profile of `AWS_PROFILE`")]
    NoRegion,
    /// What SNS or SQS would refuse: names, event types, settings.
    #[error("SNS or SQS would refuse the topic or the queues of this app:{}", listed(faults))]
    Faults {
        /// All of it, at least one.
        faults: Vec<BrokerFault>,
    },
    /// A topic or a queue does not exist.
    #[error(
        "{kind} `{name}` does not exist; `Broker::create` makes it, `Broker::with_prefix` selects another"
    )]
    Missing {
        /// `topic` or `queue`.
        kind: &'static str,
        /// The name, with its prefix.
        name: String,
    },
    /// A request failed, after the retries of the SDK.
    #[error("cannot {action} `{name}`: {said}")]
    Request {
        /// What the request was to do.
        action: &'static str,
        /// The topic or queue.
        name: String,
        /// The code and the message of the answer, or the connection error.
        said: String,
        /// Whether waiting may help.
        transient: bool,
        /// What the SDK says.
        r#source: Box<dyn Error + Send + Sync>,
    },
    /// No dead letter with this id could be received; another receiver may have it in hand.
    #[error("dead letter `{id}` cannot be received from `{name}`; list them again")]
    NoSuchLetter {
        /// The queue of the dead letters.
        name: String,
        /// The id asked for.
        id: String,
    },
    /// Subscribers of this program read the queue.
    #[error("queue `{queue}` is not orphaned: subscribers of this program read it")]
    NotOrphaned {
        /// The queue, as the wiring names it.
        queue: String,
    },
    /// There is no orphaned queue of this name, neither at the topic nor in SQS.
    #[error(
        "there is no orphaned queue `{queue}` behind this topic; `Broker::orphans` lists the orphaned queues"
    )]
    NoSuchOrphan {
        /// The queue, without prefix and suffix.
        queue: String,
    },
    /// The queue that is to take the messages over does not listen to the topic, so later messages would be lost.
    #[error(
        "queue `{queue}` does not listen to the topic; let `Broker::create` subscribe it before it takes over another one"
    )]
    NotSubscribed {
        /// The queue, as the wiring names it.
        queue: String,
    },
    /// An orphaned queue that is to be removed still has messages.
    #[error(
        "orphaned queue `{queue}` still has messages ({messages}) or dead letters ({dead_letters}); hand them over with \
         `OrphanedQueue::hand_over`, or remove them with it by `OrphanedQueue::remove_with_messages`"
    )]
    NotEmpty {
        /// The queue, without prefix and suffix.
        queue: String,
        /// The approximate number of messages.
        messages: u64,
        /// The approximate number of dead letters.
        dead_letters: u64,
    },
    /// The app has no such queue, or cannot be asked about its parked streams.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl BrokerError {
    /// Whether waiting may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Request { transient: true, .. })
    }

    pub(super) fn check(faults: Vec<BrokerFault>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self::Faults { faults }) }
    }

    pub(crate) fn request<E>(action: &'static str, name: &str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let said = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            _ => chain(&error),
        };
        let transient = is_transient(&error);
        Self::Request { action, name: name.to_owned(), said, transient, source: Box::new(error) }
    }
}

fn listed(faults: &[BrokerFault]) -> String {
    faults.iter().map(|fault| format!("\n  - {fault}")).collect()
}

fn is_transient<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.code().unwrap_or_default();
    let status = error.raw_response().map(|response| response.status().as_u16());
    match error {
        SdkError::ConstructionFailure(_) => false,
        // `RequestThrottled`, `ThrottlingException`, …; `OverLimit` means too many messages in flight.
        SdkError::ServiceError(_) => {
            code.contains("Throttl")
                || code == "OverLimit"
                || status.is_some_and(|status| status >= 500 || status == 429)
        }
        _ => true,
    }
}
