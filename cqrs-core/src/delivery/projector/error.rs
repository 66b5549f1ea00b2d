use std::error::Error;

use crate::delivery::failure::TryError;
use crate::event::DecodeError;
use crate::handler::HandlerError;
use crate::key::{KeyError, StreamKey};
use crate::store::StoreError;

/// How often a projection reads again because another process wrote the same view.
pub(super) const ROUNDS: u32 = 10;

/// Why a projection did not take commits.
#[derive(Debug)]
pub(crate) enum ProjectError {
    /// The store did not do its work.
    Store(StoreError),
    /// A commit or a view does not fit today's code.
    Permanent(Box<dyn Error + Send + Sync>),
    /// Other writers were faster, again and again.
    Contended,
    /// The replay on whose behalf it was done is over, or another one took its place.
    Over,
}

impl ProjectError {
    /// For code of the app that panicked at the key of a stream.
    pub(crate) fn panicked(stream: &StreamKey, text: &str) -> Self {
        Self::Permanent(format!("the key of stream {stream} cannot be read: it panicked: {text}").into())
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

impl From<ProjectError> for TryError {
    fn from(error: ProjectError) -> Self {
        match error {
            ProjectError::Store(error) => Self::of("the commits cannot be read, or the views written", error),
            ProjectError::Permanent(error) => HandlerError::permanent(error).into(),
            ProjectError::Contended => {
                HandlerError::retry(format!("other writers were faster {ROUNDS} times")).into()
            }
            ProjectError::Over => HandlerError::retry("the replay is over").into(),
        }
    }
}
