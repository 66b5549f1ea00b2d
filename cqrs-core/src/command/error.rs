use std::convert::Infallible;

use crate::key::{KeyError, StreamKey};
use crate::projection::ViewKeyError;
use crate::store::StoreError;
use crate::version::Version;

/// Why a command did not become a commit. None of these leaves anything half-written.
///
/// `E` is the command's own error type. If that is an error, this is one too. Its text includes the cause, so
/// `source()` has nothing to add: for a rejection both are those of `E`.
///
/// [`is_transient`](Self::is_transient) says whether to send the same command again, and
/// [`http_status`](Self::http_status) how to answer an HTTP request that sent it.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::builder(MemoryEventStore::new()).build()?;
/// # let order = OrderKey::new(&Tenant::new("TENANT001")?, "20240101-001");
/// match app.execute(&order, CancelOrder).await {
///     Ok(done) if done.is_unchanged() => println!("it was cancelled before"),
///     Ok(done) => println!("cancelled at version {}", done.version),
///     Err(ExecuteError::Rejected(OrderError::NotOpen)) => println!("there is nothing to cancel"),
///     Err(ExecuteError::Conflict { actual, .. }) => println!("too many writers, now at {actual}"),
///     Err(ExecuteError::Store { command_id, source }) if source.is_transient() => {
///         println!("send it again as {command_id}");
///     }
///     Err(error) => return Err(error.into()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// A business rule said no.
    #[error(transparent)]
    Rejected(E),
    /// Other writers were faster at every attempt, or the stream is not at the expected version.
    #[error(
        "conflict: the command was decided for version {expected}, and the stream is at version {actual}"
    )]
    Conflict {
        /// The version the stream should have had.
        expected: Version,
        /// The version it had, as far as was seen.
        actual: Version,
    },
    /// The commit is larger than the store takes; nothing was sent.
    #[error("the commit takes {bytes} bytes, and the store takes at most {limit}; split the command")]
    TooLarge {
        /// Its size as the store counts it.
        bytes: usize,
        /// The most that fits.
        limit: usize,
    },
    /// Another command was sent under this command id before. Nothing was done: a new command needs a new id.
    #[error(
        "command id `{command_id}` belongs to another command, which became version {version} of stream {stream}; give \
         this one an id of its own"
    )]
    CommandIdTaken {
        /// The id.
        command_id: String,
        /// Where it was used.
        stream: StreamKey,
        /// The commit of the other command.
        version: Version,
    },
    /// A field of the aggregate is `unique`, and the value that the command gives it belongs to another instance. Nothing was written.
    #[error("the `{field}` belongs to stream {owner} already; choose another one")]
    NotUnique {
        /// The field.
        field: &'static str,
        /// The stream that has the value.
        owner: StreamKey,
    },
    /// A field of the aggregate is `unique`, and not all values that the streams have are reserved yet, so that it is
    /// unknown whether the value is free. Nothing was written.
    #[error(
        "`{field}` of `{aggregate}` is unique, and the streams that were there before are not reserved yet; let \
         `app.reserve::<{aggregate}>()` run once"
    )]
    Unreserved {
        /// The aggregate.
        aggregate: &'static str,
        /// The field.
        field: &'static str,
    },
    /// An option of the command has a value that cannot be stored; nothing was sent.
    #[error("`.{option}(…)` {reason}")]
    Option {
        /// The option's name: `command_id`.
        option: &'static str,
        /// What is wrong with its value, and what to do.
        reason: String,
    },
    /// A projection could never take the commit, because the key of a view cannot be stored; nothing was sent.
    #[error(transparent)]
    ViewKey(ViewKeyError),
    /// The key cannot be rendered.
    #[error(transparent)]
    Key(KeyError),
    /// The store failed. After [`StoreError::Unavailable`] or [`StoreError::Throttled`] the commit may
    /// have been written: send the command again under the same command id to find out, and to be sure that it
    /// happens once.
    #[error("command `{command_id}` could not be executed: {source}")]
    Store {
        /// The id to send it again under.
        command_id: String,
        /// What the store said.
        r#source: StoreError,
    },
}

impl<E> ExecuteError<E> {
    /// Whether the same command, sent again as it is and under the same id, may get another answer: after a conflict,
    /// an outage of the store, and while the values of a `unique` field are being reserved.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Unreserved { .. } => true,
            Self::Store { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    /// The status of an HTTP answer to the request that sent the command.
    ///
    /// | status | errors |
    /// | --- | --- |
    /// | 400 | [`Option`](Self::Option), [`Key`](Self::Key) |
    /// | 409 | [`Rejected`](Self::Rejected), [`Conflict`](Self::Conflict), [`NotUnique`](Self::NotUnique) |
    /// | 413 | [`TooLarge`](Self::TooLarge) |
    /// | 422 | [`CommandIdTaken`](Self::CommandIdTaken), [`ViewKey`](Self::ViewKey) |
    /// | 503 | [`Unreserved`](Self::Unreserved) |
    /// | that of the store's error | [`Store`](Self::Store): [`StoreError::http_status`] |
    ///
    /// ```
    /// use cqrs_core::{ExecuteError, StoreError};
    ///
    /// let rejected = ExecuteError::Rejected("the order is not open");
    /// assert_eq!(rejected.http_status(), 409);
    /// ```
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Option { .. } => 400,
            Self::Key(error) => error.http_status(),
            Self::Rejected(_) | Self::Conflict { .. } | Self::NotUnique { .. } => 409,
            Self::TooLarge { .. } => 413,
            Self::CommandIdTaken { .. } | Self::ViewKey(_) => 422,
            Self::Unreserved { .. } => 503,
            Self::Store { source, .. } => source.http_status(),
        }
    }

    /// The store's error, if the store failed.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store { source, .. } => Some(source),
            _ => None,
        }
    }

    pub(crate) fn store(command_id: &str, source: StoreError) -> Self {
        match source {
            StoreError::TooLarge { bytes, limit } => Self::TooLarge { bytes, limit },
            StoreError::Key(error) => Self::Key(error),
            source => Self::Store { command_id: command_id.to_owned(), source },
        }
    }

    /// The same error without the type of the rejection; or the rejection.
    pub(crate) fn without_rejection(self) -> Result<ExecuteError<Infallible>, E> {
        Ok(match self {
            Self::Rejected(rejection) => return Err(rejection),
            Self::Conflict { expected, actual } => ExecuteError::Conflict { expected, actual },
            Self::TooLarge { bytes, limit } => ExecuteError::TooLarge { bytes, limit },
            Self::CommandIdTaken { command_id, stream, version } => {
                ExecuteError::CommandIdTaken { command_id, stream, version }
            }
            Self::NotUnique { field, owner } => ExecuteError::NotUnique { field, owner },
            Self::Unreserved { aggregate, field } => ExecuteError::Unreserved { aggregate, field },
            Self::Option { option, reason } => ExecuteError::Option { option, reason },
            Self::ViewKey(error) => ExecuteError::ViewKey(error),
            Self::Key(error) => ExecuteError::Key(error),
            Self::Store { command_id, source } => ExecuteError::Store { command_id, source },
        })
    }
}
