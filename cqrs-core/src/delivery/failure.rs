use std::error::Error;
use std::fmt;

use crate::handler::HandlerError;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// Why one try did not work.
#[derive(Debug)]
pub(crate) enum TryError {
    /// The subscriber did not do its work.
    Failed(HandlerError),
    /// What the delivery itself needs cannot be had at present: the views, the inbox. No commit is to blame for it.
    Outage { what: &'static str, source: Box<StoreError> },
}

impl TryError {
    /// What a store of the delivery said.
    pub(crate) fn of(what: &'static str, error: StoreError) -> Self {
        if error.is_transient() {
            return Self::Outage { what, source: Box::new(error) };
        }
        Self::Failed(HandlerError::retry(error))
    }

    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_permanent())
    }

    /// The failure after so many tries.
    pub(crate) fn after(self, attempts: u32) -> Failure {
        let reason = self.to_string();
        let kind = match self {
            Self::Failed(error) if error.is_permanent() => FailureKind::Permanent,
            Self::Failed(_) => FailureKind::Passing,
            Self::Outage { source, .. } => FailureKind::Outage(source),
        };
        Failure { reason, attempts, kind }
    }
}

impl From<HandlerError> for TryError {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for TryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Outage { what, source } => write!(f, "{what}: {}", chain(source)),
        }
    }
}

/// A commit that could not be taken after all tries.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) kind: FailureKind,
}

/// What is to be done about a failure.
#[derive(Debug)]
pub(crate) enum FailureKind {
    /// Another try may work.
    Passing,
    /// Another try is pointless.
    Permanent,
    /// Nothing failed, and it is to be delivered again: another run has the event until then at the latest, or the work was
    /// stopped.
    Held(Timestamp),
    /// Nothing of this kind works at present, whatever the commit.
    Outage(Box<StoreError>),
}

impl Failure {
    /// What was given up before its end.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self { reason: reason.to_owned(), attempts: 0, kind: FailureKind::Held(Timestamp::now()) }
    }

    /// Whether the commit becomes a dead letter when it has been tried as often as it may be.
    pub(crate) fn is_of_the_commit(&self) -> bool {
        matches!(self.kind, FailureKind::Passing | FailureKind::Permanent)
    }

    /// Whether the commit becomes a dead letter after so many tries of a broker.
    pub(crate) fn is_final(&self, receives: u32, attempts: u32) -> bool {
        match self.kind {
            FailureKind::Passing => receives >= attempts,
            FailureKind::Permanent => true,
            FailureKind::Held(_) | FailureKind::Outage(_) => false,
        }
    }
}

/// An error with everything behind it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
