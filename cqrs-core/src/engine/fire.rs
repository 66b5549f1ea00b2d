use std::any::type_name;
use std::error::Error;
use std::pin::Pin;

use super::execution::Execution;
use super::{Caller, Intent, Outcome};
use crate::command::{Decide, ExecuteError, StoredCommand};
use crate::commit::StoredEvent;
use crate::event::upcaster;
use crate::panic::tried;
use crate::store::StoreError;
use crate::version::Version;

/// Executes a stored command.
pub(crate) type Fire = for<'a> fn(Caller<'a>, Intent, &'a StoredEvent) -> Firing<'a>;

/// Finds how the stored command of an entity is executed.
pub(crate) type Find = fn(&str, &str) -> Option<Fire>;

/// A stored command on its way.
pub(crate) type Firing<'a> = Pin<Box<dyn Future<Output = Result<Fired, FireError>> + Send + 'a>>;

/// What became of a stored command that was not rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fired {
    pub(crate) outcome: Outcome,
    pub(crate) version: Version,
}

/// Why a stored command did not become a commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FireError {
    /// Its data is not what this program stores.
    #[error("the command cannot be read: {0}")]
    Unreadable(String),
    /// A business rule said no, or the value of a `unique` field is taken.
    #[error("the command was rejected: {0}")]
    Rejected(String),
    /// Other writers of its stream were faster at every attempt.
    #[error(transparent)]
    Contended(Box<dyn Error + Send + Sync>),
    /// The same command may work later.
    #[error(transparent)]
    Passing(Box<dyn Error + Send + Sync>),
    /// The same command fails again.
    #[error(transparent)]
    Final(Box<dyn Error + Send + Sync>),
}

/// Reads a command and executes it. `stored` has a name of `C`.
pub(crate) async fn fire<A, C>(
    caller: Caller<'_>,
    intent: Intent,
    stored: &StoredEvent,
) -> Result<Fired, FireError>
where
    A: Decide<C>,
    C: StoredCommand,
{
    // The upcasters are code of the app.
    let read = tried(|| upcaster::read::<C>(stored.number(), stored.data.clone()));
    let command = read.map_err(FireError::Unreadable)?;
    let mut execution = Execution::new::<A, C>(caller, intent, &command);
    match execution.execute::<A, C>(&command).await {
        Ok(done) => Ok(Fired { outcome: done.outcome, version: done.version }),
        Err(error) => Err(FireError::of::<A, C>(error)),
    }
}

impl FireError {
    /// Whether only a newer program can read the command, or what its stream holds.
    pub(crate) fn is_newer(&self) -> bool {
        match self {
            Self::Unreadable(reason) => reason.ends_with(upcaster::NEWER),
            // Errors of ours end with the text of their cause.
            Self::Passing(error) => error.to_string().ends_with(upcaster::NEWER),
            Self::Rejected(_) | Self::Contended(_) | Self::Final(_) => false,
        }
    }

    fn of<A: Decide<C>, C: StoredCommand>(error: ExecuteError<A::Rejection>) -> Self {
        let text = A::error_text(&error);
        match error.without_rejection() {
            Ok(error) => Self::of_other(error),
            // A rejection that is not an error has no text except the name of its type.
            Err(_) => Self::Rejected(text.unwrap_or_else(|| type_name::<A::Rejection>().to_owned())),
        }
    }

    fn of_other(error: ExecuteError<std::convert::Infallible>) -> Self {
        match &error {
            ExecuteError::NotUnique { .. } => Self::Rejected(error.to_string()),
            // A stored command expects no version.
            ExecuteError::Conflict { .. } => Self::Contended(error.into()),
            // The values are reserved one after the other.
            ExecuteError::Unreserved { .. } => Self::Passing(error.into()),
            ExecuteError::Store { source, .. } if may_pass(source) => Self::Passing(error.into()),
            _ => Self::Final(error.into()),
        }
    }
}

/// An outage ends, and a newer program reads what this one does not know.
pub(super) fn may_pass(error: &StoreError) -> bool {
    error.is_outage() || matches!(error, StoreError::Decode(decode) if decode.is_newer())
}
