use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use super::{DeliveryError, Subscriber};
use crate::command::{ExecuteError, TransactionError};
use crate::engine::{ScheduleError, StepError};
use crate::event::DecodeError;
use crate::handler::{HandlerError, StoreFault};
use crate::projector::{Astray, Awaited, ProjectError, ROUNDS, ReadError, ReadFailure};
use crate::replay::ReplayError;
use crate::runtime::RetryPolicy;
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
        if error.is_outage() {
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
            Self::Failed(error) => kind_of(&error, &reason),
            Self::Outage { source, .. } => FailureKind::Outage(source),
        };
        Failure { reason, attempts, kind, own_retry: None }
    }
}

/// What is to be done about a handler's error. One of its sources may tell: a call of the app may have met it.
fn kind_of(error: &HandlerError, reason: &str) -> FailureKind {
    let mut found: Option<&(dyn Error + 'static)> = Some(error.source());
    let mut fault = error.store_fault();
    while let (None, Some(source)) = (fault, found) {
        fault = fault_of(source);
        found = source.source();
    }
    match fault {
        Some(StoreFault::Newer) => FailureKind::Newer,
        // Whoever says that another try is pointless knows better.
        Some(StoreFault::Outage) if !error.is_permanent() => {
            FailureKind::Outage(Box::new(StoreError::Unavailable { source: reason.into() }))
        }
        _ if error.is_permanent() => FailureKind::Permanent,
        _ => FailureKind::Passing,
    }
}

/// What a store said, if the error is one of ours that holds it. They tell it in their texts, so it is not among their sources.
///
/// The answer to a command has as many types as there are rejections: it is known by [`Failed`](crate::runtime::Failed).
fn fault_of(error: &(dyn Error + 'static)) -> Option<StoreFault> {
    if let Some(decode) = error.downcast_ref::<DecodeError>() {
        return decode.is_newer().then_some(StoreFault::Newer);
    }
    let store = error.downcast_ref::<StoreError>();
    // Of a command that a process or a timer sends: it comes without its rejection.
    let store = store.or_else(|| error.downcast_ref::<ExecuteError<Infallible>>()?.store_error());
    let store = store.or_else(|| error.downcast_ref::<TransactionError>()?.store_error());
    let store = store.or_else(|| error.downcast_ref::<ScheduleError>()?.store_error());
    let store = store.or_else(|| error.downcast_ref::<ReadError>()?.store());
    let store = store.or_else(|| error.downcast_ref::<DeliveryError>()?.store_error());
    let store = store.or_else(|| error.downcast_ref::<ReplayError>()?.store_error());
    store.and_then(StoreFault::of)
}

impl From<HandlerError> for TryError {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error)
    }
}

impl From<ProjectError> for TryError {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Store(error) => Self::of("the commits cannot be read, or the views written", error),
            ProjectError::Permanent(error) => HandlerError::permanent(error).into(),
            // A replica of the store may be behind.
            ProjectError::Astray(error @ Astray::NotStored { .. }) => HandlerError::retry(error).into(),
            ProjectError::Astray(error) => HandlerError::permanent(error).into(),
            ProjectError::Contended => {
                HandlerError::retry(format!("other writers were faster {ROUNDS} times")).into()
            }
            ProjectError::Over => HandlerError::retry("the replay is over").into(),
        }
    }
}

impl From<StepError> for TryError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => {
                Self::of("the instances of the process cannot be read, or written", error)
            }
            StepError::Passing(source) => HandlerError::retry(source).into(),
            StepError::Permanent(error) => HandlerError::permanent(error).into(),
        }
    }
}

impl fmt::Display for TryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Outage { what, source } => write!(f, "{what}: {source}"),
        }
    }
}

/// A commit that could not be taken after all tries.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) kind: FailureKind,
    /// How its subscriber is retried, where it says so itself.
    pub(crate) own_retry: Option<RetryPolicy>,
}

/// What is to be done about a failure.
#[derive(Debug)]
pub(crate) enum FailureKind {
    /// Another try may work.
    Passing,
    /// Another try is pointless.
    Permanent,
    /// A newer program has to do it: this one does not know the event, or its schema.
    Newer,
    /// Another program is to try it first, of those that share the queue; not for ever.
    Left,
    /// Nothing failed, and it is to be delivered again: another run has the event until then at the latest, or the work was
    /// stopped.
    Held(Timestamp),
    /// Nothing of this kind works at present, whatever the commit.
    Outage(Box<StoreError>),
}

impl Failure {
    fn new(reason: String, kind: FailureKind) -> Self {
        Self { reason, attempts: 0, kind, own_retry: None }
    }

    /// The failure of this subscriber.
    pub(super) fn of(self, subscriber: &Subscriber) -> Self {
        Self { own_retry: subscriber.own_retry, ..self }
    }

    /// What was given up before its end.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self::new(reason.to_owned(), FailureKind::Held(Timestamp::now()))
    }

    /// What is done here, and has yet to come to another edition of the views.
    pub(crate) fn shared(Awaited(fold): &Awaited) -> Self {
        let reason = format!("another release has yet to take it into its views, of the fold {fold}");
        Self::new(reason, FailureKind::Held(Timestamp::now()))
    }

    /// What failed here, and another edition of the views may take.
    pub(crate) fn left(self, Awaited(fold): &Awaited) -> Self {
        let reason = format!("{}; another release has yet to try it, of the fold {fold}", self.reason);
        Self { reason, kind: FailureKind::Left, ..self }
    }

    /// Whether the commit becomes a dead letter when it has been tried as often as it may be.
    pub(crate) fn is_of_the_commit(&self) -> bool {
        matches!(self.kind, FailureKind::Passing | FailureKind::Permanent | FailureKind::Newer)
    }

    /// What this program does not know.
    pub(crate) fn newer(reason: String) -> Self {
        Self::new(reason, FailureKind::Newer)
    }
}
