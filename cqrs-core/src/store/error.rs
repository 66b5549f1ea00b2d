use std::error::Error;
use std::fmt;

use crate::causes::chain;
use crate::commit::{CorruptCommit, EncodeError};
use crate::event::DecodeError;
use crate::key::KeyError;

type Source = Box<dyn Error + Send + Sync>;

/// Why the store did not answer as asked.
///
/// | error | what to do |
/// | --- | --- |
/// | [`Throttled`](Self::Throttled), [`Unavailable`](Self::Unavailable) | try again later: [`is_transient`](Self::is_transient) |
/// | [`Denied`](Self::Denied) | fix the rights, the credentials or the table; the source says which |
/// | [`Refused`](Self::Refused) | what its [`RefusedKind`] says |
/// | [`Corrupt`](Self::Corrupt), [`Decode`](Self::Decode) | look at the item that it names; a newer program may have written it |
/// | [`Encode`](Self::Encode), [`TooLarge`](Self::TooLarge), [`Key`](Self::Key) | change what is sent; it was not sent |
///
/// A conflict of versions is not an error: it is an answer, [`Append::Taken`](super::Append::Taken).
///
/// Its text contains the whole chain of causes, down to what the client of the database said. The texts of all errors
/// of this crate do. Therefore [`Error::source`] is `None`, and code that prints chains, such as `{:#}` of anyhow,
/// repeats nothing. The causes are available as fields.
///
/// ```
/// use std::error::Error;
///
/// use cqrs_core::StoreError;
///
/// let error = StoreError::Unavailable { source: "connection reset".into() };
/// assert_eq!(
///     error.to_string(),
///     "the store cannot be reached, or did not answer; a write may have happened: connection reset",
/// );
/// assert!(error.source().is_none());
/// assert_eq!(error.http_status(), 503);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store asks for less, after the retries of its client. Try again later.
    #[error("the store throttles this request; try again later: {}", chain(source.as_ref()))]
    Throttled {
        /// What the client said.
        r#source: Source,
    },
    /// The store did not answer, or answered that it cannot at present. A write may have happened.
    #[error("the store cannot be reached, or did not answer; a write may have happened: {}", chain(source.as_ref()))]
    Unavailable {
        /// What the client said.
        r#source: Source,
    },
    /// The store denies every request of this kind, whatever it holds: missing rights, no credentials, a table that is
    /// missing or not active, a key that is disabled.
    #[error("the store denies this request: {}", chain(source.as_ref()))]
    Denied {
        /// What the client said.
        r#source: Source,
    },
    /// The store refuses the request, and would refuse it again.
    #[error("{kind}: {}", chain(source.as_ref()))]
    Refused {
        /// What to do about it.
        kind: RefusedKind,
        /// Why.
        r#source: Source,
    },
    /// A stored item cannot be read.
    #[error(transparent)]
    Corrupt(Box<CorruptCommit>),
    /// A stored event cannot be decoded, or the fold or the conversion panicked at it.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// An event or a view cannot be serialized.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The item is larger than the store takes; nothing was sent.
    #[error("the item takes {bytes} bytes, and the store takes at most {limit}")]
    TooLarge {
        /// Its size as the store counts it.
        bytes: usize,
        /// The most that fits.
        limit: usize,
    },
    /// A key that cannot be rendered.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What to do about a request that a store [refuses](StoreError::Refused).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedKind {
    /// The data does not fit: a number is out of range, or there are too many levels or items. Change what is sent.
    Data,
    /// The app, or one of its stores, lacks what the request needs, such as a view store or transactions. Give the app
    /// a store that has it.
    Unsupported,
    /// A table, an index or a setting is missing or wrong. Set the store up.
    Setup,
    /// Stored data does not have the form that this program reads. Look at the named item: it may need a replay, or a
    /// newer program.
    Unreadable,
    /// Anything else. The cause says what.
    Other,
}

impl fmt::Display for RefusedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "the store refuses what is to be stored",
            Self::Unsupported => "the store cannot do this",
            Self::Setup => "the store is not set up for this",
            Self::Unreadable => "something stored cannot be read",
            Self::Other => "the store refuses this request",
        })
    }
}

impl StoreError {
    /// A refusal, with the reason: a text, or an error.
    #[must_use]
    pub fn refused(kind: RefusedKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused { kind, source: source.into() }
    }

    /// The status of an HTTP answer to the request that led to this.
    ///
    /// | status | errors |
    /// | --- | --- |
    /// | 400 | [`Key`](Self::Key) |
    /// | 413 | [`TooLarge`](Self::TooLarge) |
    /// | 422 | [`Encode`](Self::Encode), [`Refused`](Self::Refused) with [`RefusedKind::Data`] |
    /// | 429 | [`Throttled`](Self::Throttled) |
    /// | 500 | [`Corrupt`](Self::Corrupt), [`Decode`](Self::Decode), other refusals |
    /// | 501 | [`Refused`](Self::Refused) with [`RefusedKind::Unsupported`] |
    /// | 503 | [`Unavailable`](Self::Unavailable), [`Denied`](Self::Denied) |
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Key(error) => error.http_status(),
            Self::TooLarge { .. } => 413,
            Self::Encode(_) | Self::Refused { kind: RefusedKind::Data, .. } => 422,
            Self::Throttled { .. } => 429,
            Self::Corrupt(_) | Self::Decode(_) => 500,
            Self::Refused { kind: RefusedKind::Unsupported, .. } => 501,
            Self::Refused { .. } => 500,
            Self::Unavailable { .. } | Self::Denied { .. } => 503,
        }
    }

    /// Whether the same request may work later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. })
    }

    /// Whether the data of the request was refused, so that other data may be taken. Nothing is stored.
    pub(crate) fn is_of_data(&self) -> bool {
        matches!(
            self,
            Self::TooLarge { .. } | Self::Encode(_) | Self::Refused { kind: RefusedKind::Data, .. }
        )
    }

    /// Whether no request of this kind works at present, whatever it holds: transient, or [`Denied`](Self::Denied).
    #[must_use]
    pub fn is_outage(&self) -> bool {
        self.is_transient() || matches!(self, Self::Denied { .. })
    }
}

// Boxed, because an error travels through every `Result`, and these two are as large as all others together.
impl From<CorruptCommit> for StoreError {
    fn from(corrupt: CorruptCommit) -> Self {
        Self::Corrupt(Box::new(corrupt))
    }
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}
