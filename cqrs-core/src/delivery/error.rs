use super::{PublishError, PublishFault};
use crate::store::StoreError;

/// Why the delivery stopped. Nothing is lost: the next run continues at the stored positions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The change feed cannot be read.
    #[error("the change feed cannot be read: {0}")]
    Feed(Box<StoreError>),
    /// Positions or dead letters cannot be kept.
    #[error("the positions and dead letters of `{subscriber}` cannot be read or written: {source}")]
    Store {
        /// The subscriber.
        subscriber: String,
        /// What the store said.
        r#source: Box<StoreError>,
    },
    /// The views of a projection, or the inbox of a handler with `once`, are not available at present. No commit is to
    /// blame, so none becomes a dead letter. The same applies to a fault elsewhere that a handler or a process met: only
    /// that stream waits as long as a run has other work.
    #[error("`{subscriber}` cannot continue: {source}")]
    Outage {
        /// The subscriber.
        subscriber: String,
        /// What the store said.
        r#source: Box<StoreError>,
    },
    /// The topic does not take the commits.
    #[error("the commits cannot be published: {0}")]
    Publish(Box<PublishError>),
    /// A subscriber's task ended before its work was done.
    #[error("the task of a subscriber ended early")]
    Stopped,
    /// No subscriber has this name.
    #[error("no subscriber is called `{name}`; there are: {known}")]
    UnknownSubscriber {
        /// The name asked for.
        name: String,
        /// All names.
        known: String,
    },
    /// No subscriber has this queue.
    #[error("no subscriber listens to a queue called `{name}`; there are: {known}")]
    UnknownQueue {
        /// The name asked for.
        name: String,
        /// All names.
        known: String,
    },
}

impl DeliveryError {
    /// Whether another run may succeed later, without a change of the program. A service waits for that.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Publish(source) => source.fault.is_transient(),
            Self::Feed(source) | Self::Store { source, .. } => source.is_transient(),
            // It began, so what is denied now was allowed before.
            Self::Outage { .. } => true,
            Self::Stopped | Self::UnknownSubscriber { .. } | Self::UnknownQueue { .. } => false,
        }
    }

    /// Whether nothing of this kind works at present, whatever the commit: [transient](Self::is_transient), or denied by a store
    /// or by the topic. A service that was at work waits for that, too: what is denied now was allowed before.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Publish(source) => !matches!(source.fault, PublishFault::CommitRefused { .. }),
            Self::Feed(source) | Self::Store { source, .. } => source.is_outage(),
            _ => self.is_transient(),
        }
    }

    /// The error of a store, if it was a store.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Feed(source) | Self::Store { source, .. } | Self::Outage { source, .. } => Some(source),
            _ => None,
        }
    }
}
