//! The errors of an app as a client sees them. The error itself gives the status; this file has the words.

use std::fmt::Display;

use axum::http::StatusCode;
use cqrs_core::app::{CursorError, QueryError, ReadError};
use cqrs_core::commit::CommitTokenError;
use cqrs_core::{ExecuteError, KeyError, RefusedKind, StoreError, TransactionError};

use super::Problem;
use crate::Rejection;

/// After how many seconds a throttled, conflicting or late request is worth another attempt.
const SOON: u32 = 1;
/// After how many seconds a request is worth another attempt if an operator has to act first.
const LATER: u32 = 30;

impl<R: Rejection> From<&ExecuteError<R>> for Problem {
    fn from(error: &ExecuteError<R>) -> Self {
        let problem = of_status(error.http_status());
        match error {
            ExecuteError::Rejected(rejection) => crate::rejection::problem(rejection),
            ExecuteError::Conflict { expected, actual } => conflict(problem, expected.get(), actual.get()),
            ExecuteError::TooLarge { bytes, limit } => too_large(problem, *bytes, *limit),
            ExecuteError::CommandIdTaken { .. } => key_reused(problem),
            ExecuteError::NotUnique { field, .. } => not_unique(problem, field),
            ExecuteError::Unreserved { .. } => unreserved(problem, error),
            ExecuteError::Option { option, reason } => wrong_option(problem, option, reason),
            ExecuteError::ViewKey(_) => not_storable(problem, error),
            ExecuteError::Key(error) => error.into(),
            ExecuteError::Store { source, .. } => source.into(),
            _ => logged(problem, error),
        }
    }
}

impl From<&TransactionError> for Problem {
    /// For a rejection, the problem only says that it is one. Only the caller knows its type, and gets it with
    /// [`TransactionError::rejection`].
    fn from(error: &TransactionError) -> Self {
        let problem = of_status(error.http_status());
        match error {
            TransactionError::Rejected(_) => problem.of_type("rejected"),
            TransactionError::Conflict { expected, actual, .. } => {
                conflict(problem, expected.get(), actual.get())
            }
            TransactionError::TooMany { .. } => problem.of_type("too-large").detail(error.to_string()),
            TransactionError::TooLarge { bytes, limit, .. } => too_large(problem, *bytes, *limit),
            TransactionError::CommandIdTaken { .. } => key_reused(problem),
            TransactionError::NotUnique { field, .. } => not_unique(problem, field),
            TransactionError::Unreserved { .. } => unreserved(problem, error),
            TransactionError::Option { option, reason } => wrong_option(problem, option, reason),
            TransactionError::ViewKey(_) => not_storable(problem, error),
            TransactionError::Key(error) => error.into(),
            TransactionError::Store { source, .. } => source.into(),
            _ => logged(problem, error),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let problem = of_status(error.http_status());
        match error {
            StoreError::Throttled { .. } => {
                problem.of_type("throttled").detail("too many requests; try again later").retry_after(SOON)
            }
            StoreError::Unavailable { .. } => unavailable(problem, SOON),
            StoreError::Denied { .. } => {
                tracing::error!(%error, "the store denies requests");
                unavailable(problem, LATER)
            }
            StoreError::TooLarge { bytes, limit } => too_large(problem, *bytes, *limit),
            StoreError::Encode(_) | StoreError::Refused { kind: RefusedKind::Data, .. } => {
                not_storable(problem, error)
            }
            StoreError::Key(error) => error.into(),
            _ => logged(problem, error),
        }
    }
}

impl From<&ReadError> for Problem {
    fn from(error: &ReadError) -> Self {
        match error {
            ReadError::TimeLimit { wanted, reached, .. } => {
                behind(of_status(error.http_status())).member("wanted", wanted).member("reached", reached)
            }
            ReadError::OtherStream { .. } => {
                wrong_token("it belongs to a command on another stream than that of the view")
            }
            ReadError::OtherTenant { .. } | ReadError::NotStored { .. } => {
                wrong_token("there is no such commit")
            }
            ReadError::Store(error) => error.into(),
            _ => logged(of_status(error.http_status()), error),
        }
    }
}

impl From<&QueryError> for Problem {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::Cursor { .. } => wrong_cursor(),
            QueryError::Behind(error) => error.into(),
            QueryError::Unshown { .. } => behind(of_status(error.http_status())),
            QueryError::Store(error) => error.into(),
            _ => logged(of_status(error.http_status()), error),
        }
    }
}

impl From<&KeyError> for Problem {
    fn from(error: &KeyError) -> Self {
        of_status(error.http_status()).of_type("wrong-key").detail(match error {
            KeyError::EmptyPart { part } => format!("`{part}` is empty"),
            KeyError::TooLong { bytes, limit, .. } => {
                format!("the key takes {bytes} bytes, and at most {limit} are stored")
            }
            _ => "a part of the key is not of its type".to_owned(),
        })
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

/// A conflict of a request that does not say which version it expects: the client has done nothing wrong.
pub(crate) fn contended() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE)
        .of_type("conflict")
        .detail("too many others write to the same stream now; nothing was executed, so send it again")
        .retry_after(SOON)
}

pub(crate) fn wrong_cursor() -> Problem {
    Problem::bad_request("wrong-cursor", "the cursor is not one of this list; begin with the first page")
}

pub(crate) fn wrong_token(reason: &str) -> Problem {
    Problem::bad_request("wrong-token", format!("the commit token cannot be used: {reason}"))
}

/// A fault that no client can repair. The reason goes into the log, and nowhere else.
pub(crate) fn internal<E: Display>(error: &E) -> Problem {
    logged(Problem::new(StatusCode::INTERNAL_SERVER_ERROR), error)
}

fn logged<E: Display>(problem: Problem, error: &E) -> Problem {
    tracing::error!(%error, "a request could not be answered");
    problem
}

fn of_status(status: u16) -> Problem {
    Problem::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
}

fn conflict(problem: Problem, expected: u64, actual: u64) -> Problem {
    let detail =
        format!("others were faster: this was decided for version {expected}, and version {actual} is there");
    let problem = problem.of_type("conflict").detail(detail);
    problem.member("expected", expected).member("actual", actual).retry_after(SOON)
}

fn too_large(problem: Problem, bytes: usize, limit: usize) -> Problem {
    let detail = format!("it takes {bytes} bytes where it is stored, and at most {limit} fit");
    problem.of_type("too-large").detail(detail)
}

fn key_reused(problem: Problem) -> Problem {
    problem
        .of_type("idempotency-key-reused")
        .detail("another command was sent with this key; a new command needs a new key")
}

fn not_unique(problem: Problem, field: &str) -> Problem {
    problem
        .of_type("not-unique")
        .detail(format!("this `{field}` is taken; choose another one"))
        .member("field", field)
}

fn unreserved<E: Display>(problem: Problem, error: &E) -> Problem {
    tracing::error!(%error, "unique values are not reserved yet");
    unavailable(problem, LATER)
}

fn wrong_option(problem: Problem, option: &str, reason: &str) -> Problem {
    problem.of_type("wrong-option").detail(format!("`{option}` {reason}"))
}

fn not_storable<E: Display>(problem: Problem, error: &E) -> Problem {
    tracing::warn!(%error, "a command led to something that cannot be stored");
    problem
        .of_type("not-storable")
        .detail("a value of the command cannot be stored: it is too long, empty, or not a number")
}

fn unavailable(problem: Problem, seconds: u32) -> Problem {
    problem
        .of_type("unavailable")
        .detail("the store does not answer now. A command may have been executed: send it again with the same `Idempotency-Key`")
        .retry_after(seconds)
}

fn behind(problem: Problem) -> Problem {
    problem
        .of_type("behind")
        .detail("the commit of the token has not arrived here yet; wait longer, or read without the token")
        .retry_after(SOON)
}
