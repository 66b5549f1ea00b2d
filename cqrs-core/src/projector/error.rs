use std::error::Error;

use crate::event::DecodeError;
use crate::key::{KeyError, StreamKey};
use crate::store::StoreError;
use crate::version::Version;

/// How often a projection reads again because another process wrote the same view.
pub(crate) const ROUNDS: u32 = 10;

/// Why a projection did not take commits.
#[derive(Debug)]
pub(crate) enum ProjectError {
    /// The store failed.
    Store(StoreError),
    /// A commit or a view does not fit today's code.
    Permanent(Box<dyn Error + Send + Sync>),
    /// A delivered commit, or one taken before, is not the one in the store.
    Astray(Astray),
    /// Other writers were faster, again and again.
    Contended,
    /// The replay for which this was done is over, or another one has replaced it.
    Over,
}

/// A commit that is not in the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Astray {
    /// The last commit that views have taken from a stream.
    #[error(
        "the views contain a commit {version} of stream {stream} that is not in the store; was the events table restored to \
         an earlier point? `App::after_restore` brings the views back to the store; then redrive"
    )]
    Diverged { stream: StreamKey, version: Version },
    /// The commit that a view has reached, beyond the end of its stream.
    #[error(
        "the view is at version {version}, and stream {stream} ends at version {end}; was the events table restored to an \
         earlier point? `App::after_restore` brings the views back to the store"
    )]
    Ahead { stream: StreamKey, version: Version, end: Version },
    /// A commit from a message, beyond the end of its stream.
    #[error(
        "the store has no commit {version} of stream {stream}; was the events table restored to an earlier point, or does \
         the message belong to another one?"
    )]
    NotStored { stream: StreamKey, version: Version },
    /// A commit from a message, for which the store has another one.
    #[error(
        "the store has another commit {version} of stream {stream} than the message; was the events table restored to an \
         earlier point, or does the message belong to another one?"
    )]
    Foreign { stream: StreamKey, version: Version },
}

impl ProjectError {
    /// For app code that panicked at the key of a stream.
    pub(crate) fn panicked(stream: &StreamKey, text: &str) -> Self {
        Self::Permanent(format!("the key of stream {stream} cannot be read: it panicked: {text}").into())
    }
}

impl From<Astray> for ProjectError {
    fn from(error: Astray) -> Self {
        Self::Astray(error)
    }
}

impl From<StoreError> for ProjectError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DecodeError> for ProjectError {
    fn from(error: DecodeError) -> Self {
        Self::Permanent(Box::new(error))
    }
}

impl From<KeyError> for ProjectError {
    fn from(error: KeyError) -> Self {
        Self::Permanent(Box::new(error))
    }
}
