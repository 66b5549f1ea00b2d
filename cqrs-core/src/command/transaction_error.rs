use std::any::Any;
use std::fmt;

use super::{Command, Decide, ExecuteError};
use crate::key::{KeyError, StreamKey};
use crate::projection::ViewKeyError;
use crate::store::StoreError;
use crate::version::Version;

/// Why a transaction did not become commits. None of these leaves anything half-written. After [`Store`](Self::Store)
/// all commits may be stored, or none; after any other error none is.
///
/// ```rust,standalone_crate
/// # mod order { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/order.rs")); }
/// # use order::*;
/// # use cqrs_core::prelude::*;
/// # use cqrs_core::store::MemoryEventStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = App::builder(MemoryEventStore::new()).build()?;
/// # let tenant = Tenant::new("TENANT001")?;
/// # let (first, second) = (OrderKey::new(&tenant, "20240101-001"), OrderKey::new(&tenant, "20240101-002"));
/// # app.execute(&first, CreateOrder { customer_id: "CUST-001".into(), total: 15000 }).await?;
/// let both = app.transaction().execute(&first, CancelOrder).execute(&second, CancelOrder);
/// match both.await {
///     Ok(_) => println!("both are cancelled"),
///     Err(error) if error.rejection() == Some(&OrderError::NotOpen) => {
///         println!("none is cancelled: {error}");
///     }
///     Err(TransactionError::Store { command_id, source }) if source.is_transient() => {
///         println!("send it again as {command_id}");
///     }
///     Err(error) => return Err(error.into()),
/// }
/// # assert_eq!(app.load(&first).await?.version, Version::new(1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// A business rule said no to one of the commands.
    #[error(transparent)]
    Rejected(Rejected),
    /// Other writers were faster at every attempt, or a stream is not at the version that was expected.
    #[error(
        "conflict: the transaction was decided for version {expected} of stream {stream}, which is at version {actual}"
    )]
    Conflict {
        /// The stream that lost.
        stream: StreamKey,
        /// The version it should have had.
        expected: Version,
        /// The version it had, as far as was seen.
        actual: Version,
    },
    /// The transaction has no command, so there is nothing to do.
    #[error("the transaction has no command; add one with `.execute(…)`")]
    Empty,
    /// A stream takes part more than once. Each has at most one commit in a transaction.
    #[error(
        "stream {stream} takes part more than once; give it one command that does both, or send the second one after the \
         transaction"
    )]
    SameStream {
        /// The stream.
        stream: StreamKey,
    },
    /// A version is expected of a stream that takes no part.
    #[error(
        "`.expect_version(…)` is about stream {stream}, which takes no part; add `.unchanged(…)` or `.execute(…)` for it"
    )]
    NoPart {
        /// The stream.
        stream: StreamKey,
    },
    /// More streams take part, together with the values of `unique` fields that change, than one transaction of the store takes;
    /// nothing was sent.
    #[error("{items} items take part, and a transaction takes at most {limit}; split it")]
    TooMany {
        /// How many there are: one for each stream, and one for each value.
        items: usize,
        /// The most that fit.
        limit: usize,
    },
    /// One of the commits, or all of them together, take more bytes than the store takes; nothing was sent.
    #[error("{} {bytes} bytes, and the store takes at most {limit}; split the transaction", too_large(stream.as_ref()))]
    TooLarge {
        /// The stream of the commit; `None` if all commits together are too large.
        stream: Option<StreamKey>,
        /// The size as the store counts it.
        bytes: usize,
        /// The most that fits.
        limit: usize,
    },
    /// Something else was sent under this command id before. Nothing was done: a new transaction needs a new id.
    #[error(
        "command id `{command_id}` belongs to another command or transaction, which became version {version} of stream \
         {stream}; give this one an id of its own"
    )]
    CommandIdTaken {
        /// The id.
        command_id: String,
        /// Where it was used.
        stream: StreamKey,
        /// The commit that has it.
        version: Version,
    },
    /// A field of an aggregate is `unique`, and the value that a command gives it belongs to another instance. Nothing was written.
    #[error("the `{field}` of stream {stream} belongs to stream {owner} already; choose another one")]
    NotUnique {
        /// The stream whose command it was.
        stream: StreamKey,
        /// The field.
        field: &'static str,
        /// The stream that has the value.
        owner: StreamKey,
    },
    /// A field of an aggregate is `unique`, and not all values that the streams have are reserved yet. Nothing was written. See
    /// [`ExecuteError::Unreserved`].
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
    /// An option has a value that cannot be stored; nothing was sent.
    #[error("`.{option}(…)` {reason}")]
    Option {
        /// The option's name: `command_id`.
        option: &'static str,
        /// What is wrong with its value, and what to do.
        reason: String,
    },
    /// A projection could never take one of the commits, because the key of a view cannot be stored; nothing was sent.
    #[error(transparent)]
    ViewKey(ViewKeyError),
    /// A key cannot be rendered.
    #[error(transparent)]
    Key(KeyError),
    /// The store failed. After [`StoreError::Unavailable`] or [`StoreError::Throttled`] all commits may have been
    /// written: send the transaction again under the same command id to find out, and to be sure that it happens once.
    #[error("transaction `{command_id}` could not be executed: {source}")]
    Store {
        /// The id to send it again under.
        command_id: String,
        /// What the store said.
        r#source: StoreError,
    },
}

/// A command of a transaction that a business rule said no to.
pub struct Rejected {
    stream: StreamKey,
    command: &'static str,
    rejection: Box<dyn Any + Send + Sync>,
    /// Its text, if it is an error.
    text: Option<String>,
}

impl TransactionError {
    /// The rejection, if a command was rejected with one of this type: what its `#[command]` method returned.
    #[must_use]
    pub fn rejection<E: 'static>(&self) -> Option<&E> {
        match self {
            Self::Rejected(rejected) => rejected.rejection(),
            _ => None,
        }
    }

    /// Whether the same transaction, sent again as it is and under the same id, may get another answer: after a
    /// conflict, an outage of the store, and while the values of a `unique` field are being reserved.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Unreserved { .. } => true,
            Self::Store { source, .. } => source.is_transient(),
            _ => false,
        }
    }

    /// The status of an HTTP answer to the request that sent the transaction.
    ///
    /// | status | errors |
    /// | --- | --- |
    /// | 400 | [`Option`](Self::Option), [`Key`](Self::Key) |
    /// | 409 | [`Rejected`](Self::Rejected), [`Conflict`](Self::Conflict), [`NotUnique`](Self::NotUnique) |
    /// | 413 | [`TooLarge`](Self::TooLarge), [`TooMany`](Self::TooMany) |
    /// | 422 | [`CommandIdTaken`](Self::CommandIdTaken), [`ViewKey`](Self::ViewKey) |
    /// | 500 | [`Empty`](Self::Empty), [`SameStream`](Self::SameStream), [`NoPart`](Self::NoPart): a fault of the program |
    /// | 503 | [`Unreserved`](Self::Unreserved) |
    /// | that of the store's error | [`Store`](Self::Store): [`StoreError::http_status`] |
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Option { .. } => 400,
            Self::Key(error) => error.http_status(),
            Self::Rejected(_) | Self::Conflict { .. } | Self::NotUnique { .. } => 409,
            Self::TooLarge { .. } | Self::TooMany { .. } => 413,
            Self::CommandIdTaken { .. } | Self::ViewKey(_) => 422,
            Self::Empty | Self::SameStream { .. } | Self::NoPart { .. } => 500,
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
            StoreError::TooLarge { bytes, limit } => Self::TooLarge { stream: None, bytes, limit },
            StoreError::Key(error) => Self::Key(error),
            source => Self::Store { command_id: command_id.to_owned(), source },
        }
    }

    /// The error of one of the commands, as that of the transaction.
    pub(crate) fn of<A: Decide<C>, C: Command>(
        stream: &StreamKey,
        error: ExecuteError<A::Rejection>,
    ) -> Self {
        let text = A::error_text(&error);
        let stream = stream.clone();
        match error {
            ExecuteError::Rejected(rejection) => Self::Rejected(Rejected {
                stream,
                command: A::command_name(),
                rejection: Box::new(rejection),
                text,
            }),
            ExecuteError::Conflict { expected, actual } => Self::Conflict { stream, expected, actual },
            ExecuteError::TooLarge { bytes, limit } => Self::TooLarge { stream: Some(stream), bytes, limit },
            ExecuteError::CommandIdTaken { command_id, stream, version } => {
                Self::CommandIdTaken { command_id, stream, version }
            }
            ExecuteError::NotUnique { field, owner } => Self::NotUnique { stream, field, owner },
            ExecuteError::Unreserved { aggregate, field } => Self::Unreserved { aggregate, field },
            ExecuteError::Option { option, reason } => Self::Option { option, reason },
            ExecuteError::ViewKey(error) => Self::ViewKey(error),
            ExecuteError::Key(error) => Self::Key(error),
            ExecuteError::Store { command_id, source } => Self::Store { command_id, source },
        }
    }
}

impl Rejected {
    /// The stream whose command it was.
    #[must_use]
    pub fn stream(&self) -> &StreamKey {
        &self.stream
    }

    /// The type of the command, without its path: `Withdraw`.
    #[must_use]
    pub fn command(&self) -> &'static str {
        self.command.rsplit("::").next().unwrap_or(self.command)
    }

    /// What the `#[command]` method returned, if it is of this type.
    #[must_use]
    pub fn rejection<E: 'static>(&self) -> Option<&E> {
        self.rejection.downcast_ref()
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was rejected by stream {}", self.command(), self.stream)?;
        let text = self.text.as_ref().or_else(|| self.rejection::<String>());
        match text.map(String::as_str).or_else(|| self.rejection::<&str>().copied()) {
            Some(text) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("stream", &self.stream)
            .field("command", &self.command)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Rejected {}

fn too_large(stream: Option<&StreamKey>) -> String {
    match stream {
        Some(stream) => format!("the commit of stream {stream} takes"),
        None => "the commits take".to_owned(),
    }
}
