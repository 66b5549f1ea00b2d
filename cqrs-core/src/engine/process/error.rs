use crate::command::ExecuteError;
use crate::engine::fire::{FireError, may_pass};
use crate::key::KeyError;
use crate::store::{RefusedKind, StoreError};

/// Why an instance has not taken a step.
#[derive(Debug)]
pub(crate) enum StepError {
    /// A store is to blame.
    Store(StoreError),
    /// Other writers of a stream were faster at every attempt.
    Contended(Box<dyn std::error::Error + Send + Sync>),
    /// Another attempt may succeed. The source distinguishes an outage from an error with a limited number of attempts.
    Passing(Box<dyn std::error::Error + Send + Sync>),
    /// Another attempt is pointless.
    Permanent(Box<dyn std::error::Error + Send + Sync>),
}

impl StepError {
    pub(super) fn permanent(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Permanent(reason.into())
    }

    /// The reason, if the step itself is to blame, and neither the stores nor other writers; otherwise `None`.
    pub(super) fn of_the_step(&self) -> Option<String> {
        match self {
            Self::Permanent(error) => Some(error.to_string()),
            Self::Store(error @ (StoreError::TooLarge { .. } | StoreError::Refused { .. })) => {
                Some(error.to_string())
            }
            Self::Store(_) | Self::Contended(_) | Self::Passing(_) => None,
        }
    }
}

impl From<StepError> for FireError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) if may_pass(&error) => Self::Passing(Box::new(error)),
            StepError::Store(error) => Self::Final(Box::new(error)),
            StepError::Contended(source) => Self::Contended(source),
            StepError::Passing(source) => Self::Passing(source),
            StepError::Permanent(error) => Self::Final(error),
        }
    }
}

impl From<StepError> for StoreError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => error,
            StepError::Contended(source) | StepError::Passing(source) => Self::Unavailable { source },
            StepError::Permanent(source) => Self::refused(RefusedKind::Other, source),
        }
    }
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<KeyError> for StepError {
    fn from(error: KeyError) -> Self {
        Self::permanent(error)
    }
}

impl From<ExecuteError<String>> for StepError {
    fn from(error: ExecuteError<String>) -> Self {
        match error {
            ExecuteError::Store { source, .. } => Self::Store(source),
            ExecuteError::Rejected(reason) => Self::permanent(reason),
            ExecuteError::Conflict { .. } => {
                Self::Contended("other writers of the instance were faster".into())
            }
            error => Self::permanent(error.to_string()),
        }
    }
}
