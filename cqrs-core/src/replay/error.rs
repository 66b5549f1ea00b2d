use std::error::Error;

use crate::causes::chain;
use crate::projection::Erased;
use crate::projector::ProjectError;
use crate::store::StoreError;

/// Why a replay stopped. Live views are whole, and the same call continues where it stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The store failed.
    #[error("the replay of `{projection}` stopped: a store could not be read or written: {source}")]
    Store {
        /// The projection.
        projection: &'static str,
        /// The error of the store.
        r#source: Box<StoreError>,
    },
    /// A commit, a key or a view does not fit today's code. What was rebuilt before stays; fix the code, and the replay
    /// continues.
    #[error("the replay of `{projection}` stopped: something stored does not fit this program: {}", chain(source.as_ref()))]
    Unreadable {
        /// The projection.
        projection: &'static str,
        /// What does not fit, and where.
        r#source: Box<dyn Error + Send + Sync>,
    },
    /// A replay of the projection for other tenants has begun, and is not over: it is running, or was interrupted.
    #[error(
        "a replay of `{projection}` for {} has begun and is not over; finish it by the same call, or begin anew with \
         `.restart()`",
        .tenant.as_ref().map_or_else(|| "all tenants".to_owned(), |tenant| format!("tenant `{tenant}`"))
    )]
    Busy {
        /// The projection.
        projection: &'static str,
        /// The tenant of the other replay; `None` for all.
        tenant: Option<String>,
    },
    /// Another replay of the projection was begun with `.restart()`, or has ended this one.
    #[error("the replay of `{projection}` stopped: another one has taken its place")]
    Superseded {
        /// The projection.
        projection: &'static str,
    },
    /// Live writers were faster, again and again.
    #[error("the replay of `{projection}` stopped: other writers were faster every time")]
    Contended {
        /// The projection.
        projection: &'static str,
    },
}

impl ReplayError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store { source, .. } => source.is_transient(),
            Self::Contended { .. } => true,
            Self::Unreadable { .. } | Self::Busy { .. } | Self::Superseded { .. } => false,
        }
    }

    /// The error of a store, if it was a store.
    pub(crate) fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store { source, .. } => Some(source),
            _ => None,
        }
    }

    pub(super) fn store(projection: Erased) -> impl Fn(StoreError) -> Self {
        move |source| match source {
            StoreError::Corrupt(_) | StoreError::Decode(_) | StoreError::Key(_) => {
                Self::Unreadable { projection: projection.name, source: Box::new(source) }
            }
            source => Self::Store { projection: projection.name, source: Box::new(source) },
        }
    }

    pub(super) fn superseded(projection: Erased) -> Self {
        Self::Superseded { projection: projection.name }
    }

    pub(super) fn project(projection: Erased) -> impl Fn(ProjectError) -> Self {
        move |error| match error {
            ProjectError::Store(source) => Self::store(projection)(source),
            ProjectError::Permanent(source) => Self::Unreadable { projection: projection.name, source },
            ProjectError::Astray(source) => {
                Self::Unreadable { projection: projection.name, source: Box::new(source) }
            }
            ProjectError::Contended => Self::Contended { projection: projection.name },
            ProjectError::Over => Self::superseded(projection),
        }
    }
}
