use std::error::Error;
use std::fmt;

use crate::engine::StepError;
use crate::event::DecodeError;
use crate::handler::HandlerError;
use crate::projector::{Astray, Awaited, ProjectError, ROUNDS};
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
        Failure { reason, attempts, kind }
    }
}

/// What is to be done about a handler's error. One of its sources may tell: a call of the app may have met it.
fn kind_of(error: &HandlerError, reason: &str) -> FailureKind {
    let mut found: Option<&(dyn Error + 'static)> = Some(error.source());
    while let Some(source) = found {
        let store = source.downcast_ref::<StoreError>();
        // Whoever says that another try is pointless knows better.
        if store.is_some_and(StoreError::is_outage) && !error.is_permanent() {
            return FailureKind::Outage(Box::new(StoreError::Unavailable { source: reason.into() }));
        }
        let decode = match store {
            Some(StoreError::Decode(decode)) => Some(&**decode),
            _ => source.downcast_ref::<DecodeError>(),
        };
        if decode.is_some_and(DecodeError::is_newer) {
            return FailureKind::Newer;
        }
        found = source.source();
    }
    if error.is_permanent() { FailureKind::Permanent } else { FailureKind::Passing }
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
    /// What was given up before its end.
    pub(crate) fn stopped(reason: &str) -> Self {
        Self { reason: reason.to_owned(), attempts: 0, kind: FailureKind::Held(Timestamp::now()) }
    }

    /// What is done here, and has yet to come to another edition of the views.
    pub(crate) fn shared(Awaited(fold): &Awaited) -> Self {
        let reason = format!("another release has yet to take it into its views, of the fold {fold}");
        Self { reason, attempts: 0, kind: FailureKind::Held(Timestamp::now()) }
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
        Self { reason, attempts: 0, kind: FailureKind::Newer }
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
