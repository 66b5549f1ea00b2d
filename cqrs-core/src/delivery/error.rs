use crate::store::StoreError;

/// Why the delivery stopped. Nothing is lost: the next run goes on at the kept positions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The change feed cannot be read.
    #[error("the change feed cannot be read")]
    Feed(#[source] Box<StoreError>),
    /// Positions or dead letters cannot be kept.
    #[error("the positions and dead letters of `{subscriber}` cannot be read or written")]
    Ledger {
        /// The subscriber.
        subscriber: String,
        /// What the store said.
        #[source]
        source: Box<StoreError>,
    },
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
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Feed(source) | Self::Ledger { source, .. } => source.is_transient(),
            Self::Stopped | Self::UnknownSubscriber { .. } | Self::UnknownQueue { .. } => false,
        }
    }
}
