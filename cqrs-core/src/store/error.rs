use std::error::Error;

use crate::commit::{CorruptCommit, EncodeError};
use crate::event::DecodeError;
use crate::key::KeyError;

type Source = Box<dyn Error + Send + Sync>;

/// Why the store did not answer as asked.
///
/// | error | what to do |
/// | --- | --- |
/// | [`Throttled`](Self::Throttled), [`Unavailable`](Self::Unavailable) | try again later: [`is_transient`](Self::is_transient) |
/// | [`Denied`](Self::Denied) | mend the rights, the credentials or the table; the source says what |
/// | [`Refused`](Self::Refused) | mend what is asked for; the source says what |
/// | [`Corrupt`](Self::Corrupt), [`Decode`](Self::Decode) | look at the item that it names; a newer program may have written it |
/// | [`Encode`](Self::Encode), [`TooLarge`](Self::TooLarge), [`Key`](Self::Key) | change what is sent; it was not sent |
///
/// A conflict of versions is none of them: it is an answer, [`Append::Taken`](super::Append::Taken).
///
/// ```
/// use cqrs_core::StoreError;
///
/// fn status(error: &StoreError) -> u16 {
///     match error {
///         StoreError::Throttled { .. } => 429,
///         error if error.is_transient() => 503,
///         StoreError::TooLarge { .. } | StoreError::Encode(_) | StoreError::Key(_) => 400,
///         _ => 500,
///     }
/// }
/// assert_eq!(status(&StoreError::TooLarge { bytes: 500_000, limit: 409_600 }), 400);
/// assert_eq!(status(&StoreError::Unavailable { source: "connection reset".into() }), 503);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store asks for less, after the retries of its client. Try again later.
    #[error("the store throttles this request; try again later")]
    Throttled {
        /// What the client said.
        #[source]
        source: Source,
    },
    /// The store did not answer, or answered that it cannot at present. A write may have happened.
    #[error("the store cannot be reached, or did not answer; a write may have happened")]
    Unavailable {
        /// What the client said.
        #[source]
        source: Source,
    },
    /// The store denies every request of this kind, whatever it holds: missing rights, no credentials, a table that is
    /// missing or not active, a key that is disabled.
    #[error("the store denies this request")]
    Denied {
        /// What the client said.
        #[source]
        source: Source,
    },
    /// The store refuses the request, and would refuse it again: bad input.
    #[error("the store refuses this request")]
    Refused {
        /// What the client said.
        #[source]
        source: Source,
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

impl StoreError {
    /// Whether the same request may work later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unavailable { .. })
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
