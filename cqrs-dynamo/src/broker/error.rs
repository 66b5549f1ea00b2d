use std::error::Error;

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
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
    /// A topic or a queue that is not there.
    #[error(
        "{kind} `{name}` is not there; `Broker::create` makes it, `Broker::with_prefix` leads to another"
    )]
    Missing {
        /// `topic` or `queue`.
        kind: &'static str,
        /// The name, with its prefix.
        name: String,
    },
    /// A request that failed, after the retries of the SDK.
    #[error("cannot {action} `{name}`: {said}")]
    Request {
        /// What was to be done.
        action: &'static str,
        /// With which topic or queue.
        name: String,
        /// The code and the message of the answer, or what became of the connection.
        said: String,
        /// Whether waiting may mend it.
        transient: bool,
        /// What the SDK says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No dead letter has this id; it may be in the hands of somebody else just now.
    #[error("there is no dead letter `{id}` to be received from `{name}`; list them again")]
    NoSuchLetter {
        /// The queue of the dead letters.
        name: String,
        /// The id asked for.
        id: String,
    },
    /// Subscribers that are linked into this program read the queue.
    #[error("queue `{queue}` is not orphaned: subscribers of this program read it")]
    NotOrphaned {
        /// The queue, as the wiring names it.
        queue: String,
    },
    /// Neither the topic nor SQS has an orphaned queue of this name.
    #[error(
        "there is no orphaned queue `{queue}` behind this topic; `Broker::orphans` lists those that there are"
    )]
    NoSuchOrphan {
        /// The queue, without prefix and suffix.
        queue: String,
    },
    /// The queue to which messages are to be handed over does not listen to the topic, so that nobody would get what comes
    /// next.
    #[error(
        "queue `{queue}` does not listen to the topic; let `Broker::create` subscribe it before it takes over another one"
    )]
    NotSubscribed {
        /// The queue, as the wiring names it.
        queue: String,
    },
    /// An orphaned queue that is to be removed has messages.
    #[error(
        "orphaned queue `{queue}` still has messages ({messages}) or dead letters ({dead_letters}); hand them over with \
         `OrphanedQueue::hand_over`, or remove them with it by `OrphanedQueue::remove_with_messages`"
    )]
    NotEmpty {
        /// The queue, without prefix and suffix.
        queue: String,
        /// How many messages, about.
        messages: u64,
        /// How many dead letters, about.
        dead_letters: u64,
    },
    /// The app has no such queue, or cannot be asked about its parked streams.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl BrokerError {
    /// Whether waiting may mend it.
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
            _ => DisplayErrorContext(&error).to_string(),
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
        // `RequestThrottled`, `ThrottlingException`, …; `OverLimit` is too much in flight at once.
        SdkError::ServiceError(_) => {
            code.contains("Throttl")
                || code == "OverLimit"
                || status.is_some_and(|status| status >= 500 || status == 429)
        }
        _ => true,
    }
}
