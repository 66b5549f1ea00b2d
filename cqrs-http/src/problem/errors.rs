//! What the errors of an app are to a client.

use axum::http::StatusCode;
use cqrs_core::app::{CursorError, QueryError, ReadError};
use cqrs_core::commit::CommitTokenError;
use cqrs_core::{ExecuteError, KeyError, StoreError, TransactionError};

use super::Problem;
use crate::Rejection;

/// After how many seconds a throttled, conflicting or late request is worth another try.
const SOON: u32 = 1;
/// After how many seconds a request is worth another try when an operator has to act first.
const LATER: u32 = 30;

impl<R: Rejection> From<&ExecuteError<R>> for Problem {
    fn from(error: &ExecuteError<R>) -> Self {
        match error {
            ExecuteError::Rejected(rejection) => crate::rejection::problem(rejection),
            ExecuteError::Conflict { expected, actual } => conflict(expected.get(), actual.get()),
            ExecuteError::TooLarge { bytes, limit } => too_large(*bytes, *limit),
            ExecuteError::CommandIdTaken { .. } => key_reused(),
            ExecuteError::NotUnique { field, .. } => not_unique(field),
            ExecuteError::Unreserved { .. } => unreserved(error),
            ExecuteError::Option { option, reason } => wrong_option(option, reason),
            ExecuteError::ViewKey(_) => not_storable(error),
            ExecuteError::Key(error) => error.into(),
            ExecuteError::Store { source, .. } => source.into(),
            _ => internal(error),
        }
    }
}

impl From<&TransactionError> for Problem {
    /// A rejection says no more than that it is one: its type is known to the caller alone, who asks for it with
    /// [`TransactionError::rejection`].
    fn from(error: &TransactionError) -> Self {
        match error {
            TransactionError::Rejected(_) => Self::new(StatusCode::CONFLICT).of_type("rejected"),
            TransactionError::Conflict { expected, actual, .. } => conflict(expected.get(), actual.get()),
            TransactionError::TooMany { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE).of_type("too-large").detail(error.to_string())
            }
            TransactionError::TooLarge { bytes, limit, .. } => too_large(*bytes, *limit),
            TransactionError::CommandIdTaken { .. } => key_reused(),
            TransactionError::NotUnique { field, .. } => not_unique(field),
            TransactionError::Unreserved { .. } => unreserved(error),
            TransactionError::Option { option, reason } => wrong_option(option, reason),
            TransactionError::ViewKey(_) => not_storable(error),
            TransactionError::Key(error) => error.into(),
            TransactionError::Store { source, .. } => source.into(),
            _ => internal(error),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Throttled { .. } => Self::new(StatusCode::TOO_MANY_REQUESTS)
                .of_type("throttled")
                .detail("too many requests at present; try again later")
                .retry_after(SOON),
            StoreError::Unavailable { .. } => unavailable(SOON),
            StoreError::Denied { .. } => {
                tracing::error!(?error, "the store denies requests");
                unavailable(LATER)
            }
            StoreError::TooLarge { bytes, limit } => too_large(*bytes, *limit),
            StoreError::Encode(_) => not_storable(error),
            StoreError::Key(error) => error.into(),
            _ => internal(error),
        }
    }
}

impl From<&ReadError> for Problem {
    fn from(error: &ReadError) -> Self {
        match error {
            ReadError::TimeLimit { wanted, reached, .. } => {
                behind().member("wanted", wanted).member("reached", reached)
            }
            ReadError::OtherStream { .. } => {
                wrong_token("it is of a command on another stream than the one that the view is made of")
            }
            ReadError::OtherTenant { .. } | ReadError::NotStored { .. } => {
                wrong_token("there is no such commit")
            }
            ReadError::Store(error) => error.into(),
            _ => internal(error),
        }
    }
}

impl From<&QueryError> for Problem {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::Cursor { .. } => wrong_cursor(),
            QueryError::Behind(error) => error.into(),
            QueryError::Unshown { .. } => behind(),
            QueryError::Store(error) => error.into(),
            _ => internal(error),
        }
    }
}

impl From<&KeyError> for Problem {
    fn from(error: &KeyError) -> Self {
        Self::bad_request(
            "wrong-key",
            match error {
                KeyError::EmptyPart { part } => format!("`{part}` is empty"),
                KeyError::TooLong { bytes, limit, .. } => {
                    format!("the key takes {bytes} bytes, and at most {limit} are stored")
                }
                _ => "a part of the key is not of its type".to_owned(),
            },
        )
    }
}

impl From<&CursorError> for Problem {
    fn from(_: &CursorError) -> Self {
        wrong_cursor()
    }
}

impl From<&CommitTokenError> for Problem {
    fn from(error: &CommitTokenError) -> Self {
        wrong_token(error.reason)
    }
}

pub(crate) fn wrong_cursor() -> Problem {
    Problem::bad_request("wrong-cursor", "the cursor is not one of this list; begin with the first page")
}

pub(crate) fn wrong_token(reason: &str) -> Problem {
    Problem::bad_request("wrong-token", format!("the commit token cannot be used: {reason}"))
}

/// What nobody outside can mend. The reason goes into the log, and nowhere else.
pub(crate) fn internal<E: std::fmt::Debug>(error: &E) -> Problem {
    tracing::error!(?error, "a request could not be answered");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
}

fn conflict(expected: u64, actual: u64) -> Problem {
    let detail =
        format!("others were faster: this was decided for version {expected}, and version {actual} is there");
    let problem = Problem::new(StatusCode::CONFLICT).of_type("conflict").detail(detail);
    problem.member("expected", expected).member("actual", actual).retry_after(SOON)
}

fn too_large(bytes: usize, limit: usize) -> Problem {
    let detail = format!("it takes {bytes} bytes where it is stored, and at most {limit} fit");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE).of_type("too-large").detail(detail)
}

fn key_reused() -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
        .of_type("idempotency-key-reused")
        .detail("another command was sent with this key; a new command needs a new key")
}

fn not_unique(field: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT)
        .of_type("not-unique")
        .detail(format!("this `{field}` is taken; choose another one"))
        .member("field", field)
}

fn unreserved<E: std::fmt::Debug>(error: &E) -> Problem {
    tracing::error!(?error, "unique values are not reserved yet");
    unavailable(LATER)
}

fn wrong_option(option: &str, reason: &str) -> Problem {
    Problem::bad_request("wrong-option", format!("`{option}` {reason}"))
}

fn not_storable<E: std::fmt::Display>(error: &E) -> Problem {
    tracing::warn!(%error, "a command led to something that cannot be stored");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
        .of_type("not-storable")
        .detail("a value of the command cannot be stored: it is too long, empty, or no number")
}

fn unavailable(seconds: u32) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .of_type("unavailable")
        .detail("the store does not answer at present. A command may have happened: send it again with the same `Idempotency-Key`")
        .retry_after(seconds)
}

fn behind() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .of_type("behind")
        .detail("the commit of the token has not come so far; wait longer, or read without the token")
        .retry_after(SOON)
}
