use crate::app::QueryError;
use crate::key::KeyError;
use crate::replay::ReplayError;
use crate::store::StoreError;

/// Why something could not be read by its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// No aggregate and no process of this program has the entity.
    #[error("no aggregate or process of this program has the entity `{entity}`; there are {known}")]
    UnknownEntity {
        /// What was asked for.
        entity: String,
        /// Those that there are.
        known: String,
    },
    /// This program has no such projection.
    #[error("this program has no projection `{projection}`; there are {known}")]
    UnknownProjection {
        /// What was asked for.
        projection: String,
        /// Those that there are.
        known: String,
    },
    /// A projection has no such index.
    #[error("`{projection}` has no index `{index}`; there are {known}")]
    UnknownIndex {
        /// The projection.
        projection: &'static str,
        /// What was asked for.
        index: String,
        /// Those that there are.
        known: String,
    },
    /// A value cannot be one of the field that it is given for.
    #[error("`{field}` cannot be {value}: {reason}")]
    Value {
        /// The field.
        field: String,
        /// What was given.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A key cannot be made of the texts.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A cursor is not one of this call.
    #[error("`{0}` is not a cursor of this list")]
    Cursor(String),
    /// The store failed, or something stored cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The views could not be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A view has no place in JSON.
    #[error("the view `{id}` of `{projection}` cannot be shown as JSON: {source}")]
    Unshown {
        /// The projection.
        projection: &'static str,
        /// The id of the view.
        id: String,
        /// What is wrong with it.
        r#source: serde_json::Error,
    },
    /// A replay failed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// How many characters of a wrong cursor go into a message.
const SHOWN: usize = 64;

impl InspectError {
    pub(super) fn cursor(text: &str) -> Self {
        Self::Cursor(text.chars().take(SHOWN).collect())
    }
}
