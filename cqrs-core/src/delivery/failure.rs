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

/// Why one attempt failed.
#[derive(Debug)]
pub(crate) enum TryError {
    /// The subscriber did not do its work.
    Failed(HandlerError),
    /// Something that the delivery itself needs is not available at present: the views, the inbox. No commit is to
    /// blame for it.
    Outage { what: &'static str, source: Box<StoreError> },
    /// Other writers were faster every time. No commit is to blame for that either.
    Contended(String),
}

impl TryError {
    /// The error of a store of the delivery.
    pub(crate) fn of(what: &'static str, error: StoreError) -> Self {
        if error.is_outage() {
            return Self::Outage { what, source: Box::new(error) };
        }
        Self::Failed(HandlerError::retry(error))
    }

    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_permanent())
    }

    /// Whether a call of the subscriber met a fault elsewhere, which other streams need not meet.
    pub(crate) fn is_met(&self) -> bool {
        match self {
            Self::Failed(error) => outage_of(error).is_some(),
            Self::Contended(_) => true,
            Self::Outage { .. } => false,
        }
    }

    /// The failure after this number of attempts.
    pub(crate) fn after(self, attempts: u32) -> Failure {
        let reason = self.to_string();
        let kind = match self {
            Self::Failed(error) => kind_of(&error, &reason),
            Self::Outage { source, .. } => {
                FailureKind::Outage(Outage { source, place: OutagePlace::Delivery })
            }
            Self::Contended(_) => FailureKind::Outage(Outage::met(OutagePlace::Stream, &reason)),
        };
        Failure { reason, attempts, kind, own_retry: None }
    }
}

/// What is to be done about a handler's error.
fn kind_of(error: &HandlerError, reason: &str) -> FailureKind {
    match (outage_of(error), fault_in(error)) {
        (_, Some(StoreFault::Newer)) => FailureKind::Newer,
        (Some(place), _) => FailureKind::Outage(Outage::met(place, reason)),
        _ if error.is_permanent() => FailureKind::Permanent,
        _ => FailureKind::Passing,
    }
}

/// Where the fault is that caused a handler's error; none if the handler itself failed. An error that says that another
/// attempt is pointless knows better.
fn outage_of(error: &HandlerError) -> Option<OutagePlace> {
    match fault_in(error)? {
        _ if error.is_permanent() => None,
        StoreFault::Outage => Some(OutagePlace::Call),
        StoreFault::Contended => Some(OutagePlace::Stream),
        StoreFault::Newer => None,
    }
}

/// The fault of a store in an error or in one of its sources: a call of the app may have met it.
fn fault_in(error: &HandlerError) -> Option<StoreFault> {
    let mut found: Option<&(dyn Error + 'static)> = Some(error.source());
    let mut fault = error.store_fault();
    while let (None, Some(source)) = (fault, found) {
        fault = fault_of(source);
        found = source.source();
    }
    fault
}

/// The fault of a store, if the error is one of ours that contains a store's error. They have it in their texts, so it
/// is not among their sources.
///
/// The error of a command has as many types as there are rejections: it is recognized by
/// [`Failed`](crate::runtime::Failed).
fn fault_of(error: &(dyn Error + 'static)) -> Option<StoreFault> {
    if let Some(decode) = error.downcast_ref::<DecodeError>() {
        return decode.is_newer().then_some(StoreFault::Newer);
    }
    let store = error.downcast_ref::<StoreError>();
    // The error of a command that a process or a timer sends: it comes without its rejection.
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
            ProjectError::Contended => Self::Contended(format!("other writers were faster {ROUNDS} times")),
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
            StepError::Contended(source) => Self::Contended(source.to_string()),
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
            Self::Contended(reason) => f.write_str(reason),
        }
    }
}

/// A commit that could not be taken after all attempts.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) kind: FailureKind,
    /// The retry policy of its subscriber, if it has its own.
    pub(crate) own_retry: Option<RetryPolicy>,
}

/// What is to be done about a failure.
#[derive(Debug)]
pub(crate) enum FailureKind {
    /// Another attempt may succeed.
    Passing,
    /// Another attempt is pointless.
    Permanent,
    /// A newer program has to do it: this one does not know the event, or its schema.
    Newer,
    /// Another program of those that share the queue is to try it first; not for ever.
    Left,
    /// Nothing failed, and the commit is to be delivered again: another run has the event until this time at the
    /// latest, or the work was stopped.
    Held(Timestamp),
    /// A fault elsewhere: no commit is to blame.
    Outage(Outage),
}

/// A fault elsewhere.
#[derive(Debug)]
pub(crate) struct Outage {
    /// What the store said, or would have.
    pub(crate) source: Box<StoreError>,
    pub(crate) place: OutagePlace,
}

/// Where a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutagePlace {
    /// In a store that the delivery itself needs, for other streams too.
    Delivery,
    /// In a store that a call of the subscriber met. Other streams need not meet it.
    Call,
    /// In no store: a stream or a view has too many writers.
    Stream,
}

impl Outage {
    fn met(place: OutagePlace, reason: &str) -> Self {
        Self { source: Box::new(StoreError::Unavailable { source: reason.into() }), place }
    }

    /// The error of a run that cannot continue because of it.
    pub(crate) fn of(self, subscriber: &Subscriber) -> DeliveryError {
        DeliveryError::Outage { subscriber: subscriber.name.to_owned(), source: self.source }
    }
}

impl Failure {
    fn new(reason: String, kind: FailureKind) -> Self {
        Self { reason, attempts: 0, kind, own_retry: None }
    }

    /// The failure of this subscriber.
    pub(super) fn of(self, subscriber: &Subscriber) -> Self {
        Self { own_retry: subscriber.own_retry, ..self }
    }

    /// The failure of work that was stopped before its end.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self::new(reason.to_owned(), FailureKind::Held(Timestamp::now()))
    }

    /// The failure of a commit that is done here, and has yet to come to another edition of the views.
    pub(crate) fn shared(Awaited(fold): &Awaited) -> Self {
        let reason = format!("another release has yet to take it into its views, of the fold {fold}");
        Self::new(reason, FailureKind::Held(Timestamp::now()))
    }

    /// The failure of a commit that failed here, and that another edition of the views may take.
    pub(crate) fn left(self, Awaited(fold): &Awaited) -> Self {
        let reason = format!("{}; another release has yet to try it, of the fold {fold}", self.reason);
        Self { reason, kind: FailureKind::Left, ..self }
    }

    /// Whether the commit becomes a dead letter when it has been tried as often as it may be.
    pub(crate) fn is_of_the_commit(&self) -> bool {
        matches!(self.kind, FailureKind::Passing | FailureKind::Permanent | FailureKind::Newer)
    }

    /// The failure of a commit that this program does not know.
    pub(crate) fn newer(reason: String) -> Self {
        Self::new(reason, FailureKind::Newer)
    }
}
